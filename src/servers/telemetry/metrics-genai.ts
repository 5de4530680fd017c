import {Histogram, type Registry} from 'prom-client';
import type {ServedRequest} from './access-log.ts';
import {createLabelLimit} from './label-limit.ts';

const provider = 'azure.ai.openai';
// OpenTelemetry gives these bounds.
const durationBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const firstTokenBounds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const tokenBounds = [
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
];
const labels = [
  'gen_ai_operation_name',
  'gen_ai_provider_name',
  'gen_ai_request_model',
  'gen_ai_response_model',
  'server',
  'kind',
] as const;
// OpenTelemetry's word for each of our doors that speaks to a model; the Responses API is a chat to it.
const operations: Readonly<Record<string, string>> = {
  chat: 'chat',
  responses: 'chat',
  embeddings: 'embeddings',
};
// Model names at most; a label's combinations are its product with the others, of which there are few.
const mostModels = 100;

/** Counts requests to models under OpenTelemetry's GenAI names; other requests are no business of these metrics. */
export function createGenAiMetrics(registry: Registry): (request: ServedRequest) => void {
  const registers = [registry];
  const tokens = new Histogram({
    name: 'gen_ai_client_token_usage',
    help: 'Tokens of a request, by type.',
    labelNames: [...labels, 'gen_ai_token_type'],
    buckets: tokenBounds,
    registers,
  });
  const duration = new Histogram({
    name: 'gen_ai_server_request_duration_seconds',
    help: 'From the arrival of a request to the last byte of its answer.',
    labelNames: [...labels, 'error_type'],
    buckets: durationBounds,
    registers,
  });
  const firstToken = new Histogram({
    name: 'gen_ai_server_time_to_first_token_seconds',
    help: 'From the arrival of a request to the first piece of a streamed answer with something of the model in it.',
    labelNames: labels,
    buckets: firstTokenBounds,
    registers,
  });
  const limitModel = createLabelLimit(mostModels);
  const limitError = createLabelLimit(mostModels);
  return ({server, kind, durationMs, notes}) => {
    const operation = operations[notes.operation ?? ''];
    if (operation === undefined) return;
    const about = {
      gen_ai_operation_name: operation,
      gen_ai_provider_name: provider,
      gen_ai_request_model: limitModel(notes.requestModel),
      gen_ai_response_model: limitModel(notes.responseModel),
      server,
      kind,
    };
    duration.observe({...about, error_type: limitError(notes.error)}, durationMs / 1000);
    if (notes.firstTokenMs !== undefined) firstToken.observe(about, notes.firstTokenMs / 1000);
    if (notes.inputTokens !== undefined)
      tokens.observe({...about, gen_ai_token_type: 'input'}, notes.inputTokens);
    if (notes.outputTokens !== undefined)
      tokens.observe({...about, gen_ai_token_type: 'output'}, notes.outputTokens);
  };
}
