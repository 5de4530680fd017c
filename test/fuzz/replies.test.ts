import fc from 'fast-check';
import {it} from 'vitest';
import type {AzureClient} from '../../src/azure/client.ts';
import {normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {toCallError, toInnerError} from '../../src/azure/errors.ts';
import {createAzureModel} from '../../src/azure/model.ts';
import {parseReplyBody} from '../../src/azure/reply-body.ts';
import {readFacts} from '../../src/azure/reply-facts.ts';
import type {ReplyHeaders} from '../../src/azure/reply-headers.ts';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import {createEquivalenceJudge} from '../../src/judge/equivalence-judge.ts';
import {factsOfOutcome} from '../../src/metrics/rollout-facts.ts';
import {encodeRollout} from '../../src/store/encode-record.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {completedOutcome, rolloutOf} from '../store/outcomes.ts';
import {anyJson, cases, expectNoBug, fuzzTimeoutMs, garbled, mutated} from './cases.ts';

const chat: JsonObject = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      message: {
        role: 'assistant',
        content: 'a <think>b</think> c [[A=B]]',
        refusal: null,
        annotations: [],
        tool_calls: [{id: 't', type: 'function', function: {name: 'f', arguments: '{}'}}],
      },
      logprobs: {content: [{token: 'a', logprob: -1, bytes: [97], top_logprobs: []}]},
      content_filter_results: {hate: {filtered: false, severity: 'safe'}},
    },
  ],
  prompt_filter_results: [{prompt_index: 0, content_filter_results: {}}],
  usage: {
    prompt_tokens: 1,
    completion_tokens: 2,
    total_tokens: 3,
    completion_tokens_details: {reasoning_tokens: 1},
  },
};
const response: JsonObject = {
  id: 'r',
  object: 'response',
  status: 'completed',
  error: null,
  incomplete_details: null,
  output: [
    {type: 'reasoning', id: 'x', summary: [{type: 'summary_text', text: 's'}]},
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [{type: 'output_text', text: '[[A=B]]', annotations: []}],
    },
    {type: 'function_call', id: 'f', call_id: 'c', name: 'n', arguments: '{}'},
  ],
  usage: {input_tokens: 1, output_tokens: 2, total_tokens: 3, input_tokens_details: {cached_tokens: 0}},
};
const error: JsonObject = {
  error: {
    code: '429',
    message: 'retry after 5 seconds',
    type: 't',
    param: 'temperature',
    innererror: {code: 'ResponsibleAIPolicyViolation', content_filter_result: {hate: {filtered: true}}},
  },
};
const chunk = (delta: JsonValue, more: JsonObject = {}): JsonObject => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{index: 0, delta, finish_reason: null, ...more}],
});
const chatEvents: readonly JsonObject[] = [
  chunk({role: 'assistant', content: ''}),
  chunk({content: '<think>a'}),
  chunk({content: '</think> [[A=B]]'}),
  chunk({tool_calls: [{index: 0, id: 't', type: 'function', function: {name: 'f', arguments: '{"a'}}]}),
  chunk({tool_calls: [{index: 0, function: {arguments: '":1}'}}]}),
  chunk({}, {finish_reason: 'stop'}),
  {id: 'c', choices: [], usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}},
  error,
];
const item = {type: 'message', id: 'm', role: 'assistant', content: []};
const responsesEvents: readonly JsonObject[] = [
  {type: 'response.created', response: {...response, status: 'in_progress', output: []}},
  {type: 'response.output_item.added', output_index: 0, item},
  {
    type: 'response.content_part.added',
    output_index: 0,
    content_index: 0,
    item_id: 'm',
    part: {type: 'output_text', text: ''},
  },
  {type: 'response.output_text.delta', output_index: 0, content_index: 0, item_id: 'm', delta: 'a'},
  {type: 'response.output_text.done', output_index: 0, content_index: 0, item_id: 'm', text: 'a'},
  {type: 'response.output_item.done', output_index: 0, item},
  {type: 'response.function_call_arguments.delta', output_index: 1, item_id: 'f', delta: '{'},
  {type: 'response.completed', response},
  {type: 'response.failed', response: {...response, status: 'failed', error: {code: 'x', message: 'y'}}},
  {type: 'error', code: 'server_error', message: 'm'},
];

const bodies = fc
  .oneof(fc.constantFrom(chat, response, error).chain(mutated), anyJson)
  .map((value) => JSON.stringify(value))
  .chain((text) =>
    fc.oneof({weight: 4, arbitrary: fc.constant(text)}, {weight: 1, arbitrary: garbled(text)}),
  );

function streamsOf(events: readonly JsonObject[]): fc.Arbitrary<string> {
  const data = fc
    .oneof(fc.constantFrom(...events), fc.constantFrom(...events).chain(mutated), anyJson)
    .map((value) => JSON.stringify(value));
  const frame = fc.oneof(
    {weight: 8, arbitrary: data.map((text) => `data: ${text}\n\n`)},
    {weight: 1, arbitrary: data.chain(garbled).map((text) => `data: ${text}\n\n`)},
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'data: [DONE]\n\n',
        ': comment\n\n',
        'event: error\ndata: {}\n\n',
        'data:\n\n',
        'retry: 1\n',
        '\u0000',
        '\r\n',
      ),
    },
  );
  const whole = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return fc.oneof(
    fc.array(frame, {maxLength: 8}).map((frames) => frames.join('')),
    // In order, with one frame put between, changed or left out.
    fc
      .tuple(fc.nat(whole.length), fc.nat(2), frame)
      .map(([at, left, text]) => [...whole.slice(0, at), text, ...whole.slice(at + left)].join('')),
  );
}

const headerText = fc.oneof(
  fc.string({maxLength: 20}),
  fc.constantFrom(
    '0',
    '-1',
    '1e9',
    'NaN',
    '60',
    '1s',
    '6m0s',
    'Wed, 21 Oct 2026 07:28:00 GMT',
    '99999999999999999999',
    '89.3%',
  ),
);
const headers: fc.Arbitrary<ReplyHeaders> = fc.dictionary(
  fc.constantFrom(
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-limit-tokens',
    'x-ratelimit-remaining-requests',
    'x-ratelimit-reset-tokens',
    'x-should-retry',
    'apim-request-id',
    'openai-processing-ms',
    'azure-openai-deployment-utilization',
    'x-ms-spillover-from-deployment',
    'content-type',
  ),
  fc.oneof(headerText, fc.array(headerText, {minLength: 1, maxLength: 2})),
  {maxKeys: 4},
);

const context = {
  url: 'https://a/b',
  deployment: 'd',
  apiVersion: '2024-10-21',
  credential: 'api-key' as const,
  redact: (text: string) => text,
  nowMs: 1_000,
};
const endpoint = normalizeEndpoint({
  baseUrl: 'https://a.openai.azure.com',
  apiVersion: '2025-04-01-preview',
});

interface Answer {
  readonly text: string;
  readonly headers: ReplyHeaders;
  readonly api: 'chat' | 'responses';
  readonly stream: boolean;
  readonly pieceBytes: number;
}

/** A client whose every reply is the given one, read as the real client reads it. */
function clientOf({text, headers: replied, pieceBytes}: Answer): AzureClient {
  const bytes = Buffer.from(text);
  const facts = readFacts(replied, 1);
  return {
    post: async () => {
      const reply = {status: 200, headers: replied, body: bytes};
      return Promise.resolve({body: parseReplyBody(reply, () => context), bytes, headers: replied, facts});
    },
    stream: () =>
      Promise.resolve({kind: 'events', chunks: piecesOf(bytes, pieceBytes), facts, headers: replied}),
    describeInnerError: (_, inner, given) => toInnerError(inner, given, context),
    close: () => Promise.resolve(),
  };
}

async function* piecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** The model's answer, judged by the same, as it would be recorded and counted. */
async function useAnswer(answer: Answer): Promise<void> {
  const model = createAzureModel(
    {endpoint, deployment: 'd', family: 'gpt-4o', api: answer.api, stream: answer.stream},
    {
      client: clientOf(answer),
      clock: createFakeClock(),
      createId: (prefix) => `${prefix}_1`,
      onNote: () => undefined,
    },
  );
  const reply = await model.respond({input: 'x'}, {cancellation: neverCancelled});
  const judge = createEquivalenceJudge(
    {judgeResponsesCreateParams: {}, judgePromptTemplate: '{generated_answer}'},
    model.respond,
    {},
  );
  const verification = await judge({expected_answer: 'x'}, reply.response, {cancellation: neverCancelled});
  const outcome = completedOutcome(rolloutOf(0), {...reply, verification});
  encodeRollout(outcome);
  factsOfOutcome(outcome);
}

const apis = fc.constantFrom('chat' as const, 'responses' as const);

it(
  'whatever a whole reply holds, it is an answer or a failure with a code',
  async () => {
    await fc.assert(
      fc.asyncProperty(bodies, headers, apis, async (text, replied, api) => {
        await expectNoBug(() => useAnswer({text, headers: replied, api, stream: false, pieceBytes: 1}));
      }),
      cases(300),
    );
  },
  fuzzTimeoutMs,
);

it.each([
  {api: 'chat' as const, events: chatEvents},
  {api: 'responses' as const, events: responsesEvents},
])(
  'whatever a stream of $api brings, in whatever pieces, it is an answer or a failure with a code',
  async ({api, events}) => {
    await fc.assert(
      fc.asyncProperty(
        streamsOf(events),
        headers,
        fc.integer({min: 1, max: 200}),
        async (text, replied, pieceBytes) => {
          await expectNoBug(() => useAnswer({text, headers: replied, api, stream: true, pieceBytes}));
        },
      ),
      cases(200),
    );
  },
  fuzzTimeoutMs,
);

it(
  'whatever a refusal says, it has a code, and waits no negative time',
  () => {
    fc.assert(
      fc.property(bodies, headers, fc.integer({min: 300, max: 599}), (text, replied, status) => {
        const failed = toCallError({status, headers: replied, body: Buffer.from(text)}, context);
        return failed.code.startsWith('ERR_MODEL') && !((failed.retryAfterMs ?? 0) < 0);
      }),
      cases(200),
    );
  },
  fuzzTimeoutMs,
);
