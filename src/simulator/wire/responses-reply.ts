import {asJsonArray, asJsonObject, asNumber, type JsonObject, type JsonValue} from '../../core/json.ts';
import type {Call} from '../generation/call.ts';
import type {Choice, Generation} from '../generation/generation.ts';
import {digest, randomFor} from '../generation/request-hash.ts';
import {resultsFor, safeOutput, safePrompt} from './filter-results.ts';
import {logprobsOf} from './logprobs.ts';

/** How far a response has come. */
export interface ResponseState {
  readonly status: 'in_progress' | 'completed' | 'incomplete';
  readonly output: readonly JsonObject[];
  /** Undefined until it is finished. */
  readonly generation: Generation | undefined;
}

/** A finished Responses object. */
export function finishedResponse(call: Call, generation: Generation, created: number): JsonObject {
  const output = outputItems(call, generation);
  return responseObject(call, {status: responseStatus(generation), output, generation}, created);
}

/** `completed`, or `incomplete` when the maximum or the filter cut the answer off. */
export function responseStatus({choices}: Generation): 'completed' | 'incomplete' {
  const reason = choices[0]?.finishReason;
  return reason === 'length' || reason === 'content_filter' ? 'incomplete' : 'completed';
}

/** The Responses object in a state; the request's settings are in it with their defaults. */
export function responseObject(call: Call, state: ResponseState, created: number): JsonObject {
  const {body, hash, deployment} = call;
  const {status, output, generation} = state;
  const running = generation === undefined;
  const given = (name: string, fallback: JsonValue): JsonValue => body[name] ?? fallback;
  return {
    id: `resp_${hash.slice(0, 50)}`,
    object: 'response',
    created_at: created,
    status,
    background: false,
    completed_at: status === 'completed' ? created : null,
    content_filters: running ? null : contentFilters(call, generation),
    error: null,
    incomplete_details: status === 'incomplete' && !running ? {reason: incompleteReason(generation)} : null,
    instructions: given('instructions', null),
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    model: deployment.settings.model,
    output,
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: given('prompt_cache_key', null),
    prompt_cache_retention: given('prompt_cache_retention', null),
    reasoning: reasoningSettings(call),
    safety_identifier: given('safety_identifier', null),
    service_tier: running ? 'auto' : 'default',
    store: given('store', true),
    temperature: given('temperature', 1),
    text: {format: {type: 'text'}, verbosity: 'medium', ...asJsonObject(body['text'])},
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: given('top_logprobs', 0),
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    usage: running ? null : responseUsage(generation),
    user: given('user', null),
    metadata: given('metadata', {}),
  };
}

/** The output of a finished response: its reasoning, its message, its calls. */
export function outputItems(call: Call, {choices, reasoningTokens}: Generation): JsonObject[] {
  const [choice] = choices;
  if (choice === undefined) return [];
  const {text, refusal, toolCalls, finishReason} = choice;
  const cut = finishReason === 'length' || finishReason === 'content_filter';
  const saysNothing =
    text === '' && refusal === undefined && (toolCalls.length > 0 || (cut && reasoningTokens > 0));
  const status = cut ? 'incomplete' : 'completed';
  return [
    ...(reasoningTokens > 0 ? [reasoningItem(call)] : []),
    ...(saysNothing ? [] : [messageItem(call, choice, status)]),
    ...toolCalls.map(({id, name, argumentsText}) => ({
      id: `fc_${id.slice('call_'.length)}`,
      type: 'function_call',
      status,
      arguments: argumentsText,
      call_id: id,
      name,
    })),
  ];
}

function reasoningSettings({body, deployment}: Call): JsonObject {
  const asked = asJsonObject(body['reasoning']);
  const effort = deployment.family.reasoning ? 'medium' : null;
  return {effort: asked?.['effort'] ?? effort, summary: asked?.['summary'] ?? null};
}

function messageItem(call: Call, choice: Choice, status: string): JsonObject {
  const part =
    choice.refusal === undefined
      ? {type: 'output_text', annotations: [], logprobs: outputLogprobs(call, choice), text: choice.text}
      : {type: 'refusal', refusal: choice.refusal};
  return {id: `msg_${call.hash.slice(8, 58)}`, type: 'message', status, content: [part], role: 'assistant'};
}

function outputLogprobs({body, hash}: Call, {text}: Choice): readonly JsonObject[] {
  if (!asJsonArray(body['include']).includes('message.output_text.logprobs')) return [];
  return logprobsOf(text, asNumber(body['top_logprobs']) ?? 0, randomFor(hash, 'logprobs'));
}

function reasoningItem({body, hash}: Call): JsonObject {
  const summary = asJsonObject(body['reasoning'])?.['summary'] ?? null;
  const encrypted = asJsonArray(body['include']).includes('reasoning.encrypted_content');
  return {
    id: `rs_${hash.slice(4, 54)}`,
    type: 'reasoning',
    summary:
      summary === null ? [] : [{type: 'summary_text', text: 'Thought about the question before answering.'}],
    ...(encrypted ? {encrypted_content: `gAAAA${digest(`${hash} reasoning`)}`} : {}),
  };
}

function incompleteReason({choices}: Generation): string {
  return choices[0]?.finishReason === 'content_filter' ? 'content_filter' : 'max_output_tokens';
}

function contentFilters({prompt}: Call, {choices}: Generation): readonly JsonObject[] {
  const promptLength = prompt.messages.reduce((sum, {text}) => sum + text.length, 0);
  const [choice] = choices;
  return [
    filterEntry('prompt', safePrompt, {blocked: false, end: promptLength}),
    filterEntry('completion', resultsFor(safeOutput, choice?.blockedBy), {
      blocked: choice?.blockedBy !== undefined,
      end: choice?.text.length ?? 0,
    }),
  ];
}

function filterEntry(
  source: string,
  results: JsonObject,
  {blocked, end}: {blocked: boolean; end: number},
): JsonObject {
  return {
    blocked,
    source_type: source,
    content_filter_raw: null,
    content_filter_results: results,
    content_filter_offsets: {start_offset: 0, end_offset: end, check_offset: 0},
  };
}

function responseUsage({promptTokens, completionTokens, reasoningTokens}: Generation): JsonObject {
  return {
    input_tokens: promptTokens,
    input_tokens_details: {cached_tokens: 0},
    output_tokens: completionTokens,
    output_tokens_details: {reasoning_tokens: reasoningTokens},
    total_tokens: promptTokens + completionTokens,
  };
}
