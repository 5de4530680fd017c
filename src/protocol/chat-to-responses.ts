import {asJsonArray, asJsonObject, asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import {outcomeOfChoice} from './choice-to-output.ts';
import {contentFiltersOf, refusedPromptFilters} from './content-filters.ts';
import {malformedReply} from './model-reply-errors.ts';
import type {MutableJson} from './mutable-json.ts';
import {toResponsesUsage} from './usage.ts';

/** What a Responses object holds that a chat completion does not. */
export interface ToResponseOptions {
  /** The Responses parameters that were asked with; echoed. */
  readonly request: JsonObject;
  readonly id: string;
  /** Makes an id for an output item: `createId('msg')` gives `msg_…`. */
  readonly createId: (prefix: string) => string;
  /** Unix seconds, for replies that do not say when they were made. */
  readonly createdAt: number;
}

/**
 * Translates a chat completion into a Responses object with every member of the API, null where nothing is known.
 * `output` is the choice with the lowest index; with n > 1 the others follow in `alternatives`, an addition of ours:
 * `{index, status, incomplete_details, output, content_filters}`. Fails with `ERR_MODEL_MALFORMED`, to be tried again.
 */
export function toResponse(completion: JsonObject, options: ToResponseOptions): JsonObject {
  const choices = choicesOf(completion);
  const [first] = choices;
  if (first === undefined) throw malformedReply('a chat completion without choices');
  const {createId} = options;
  const response = headedShell(completion, options, outcomeOfChoice(first, createId));
  response['usage'] = toResponsesUsage(completion['usage']);
  response['content_filters'] = contentFiltersOf(completion, first);
  if (completion['system_fingerprint'] != null)
    response['system_fingerprint'] = completion['system_fingerprint'];
  if (completion['missing_done'] === true) response['missing_done'] = true;
  if (choices.length > 1)
    response['alternatives'] = choices.slice(1).map((choice) => alternative(choice, createId));
  return response;
}

/** The response as it stands before its answer. `head` is the frame of a chat stream that says model and time. */
export function pendingResponse(head: JsonObject, options: ToResponseOptions): JsonObject {
  return headedShell(head, options, {status: 'in_progress', incompleteDetails: null, output: []});
}

/** The response to a call that failed after it had begun: without output, with `error` (`{code, message}`) and the usage that is known. */
export function failedResponse(head: JsonObject, error: JsonObject, options: ToResponseOptions): JsonObject {
  const response = headedShell(head, options, {status: 'failed', incompleteDetails: null, output: []});
  response['error'] = error;
  response['usage'] = toResponsesUsage(head['usage']);
  return response;
}

/**
 * The answer to a prompt that the content filter refused: incomplete for `content_filter`, without output, with the
 * filter's findings as far as the error body gives them. Usage is null: the service does not say.
 */
export function promptFilteredResponse(error: JsonObject, options: ToResponseOptions): JsonObject {
  const outcome = {status: 'incomplete', incompleteDetails: {reason: 'content_filter'}, output: []};
  const response = responseShell(options, outcome, options.createdAt);
  response['content_filters'] = refusedPromptFilters(asJsonObject(error['error']) ?? error);
  return response;
}

function choicesOf(completion: JsonObject): readonly JsonObject[] {
  const choices = asJsonArray(completion['choices']).filter(isJsonObject);
  if (choices.length < 2) return choices;
  return choices.toSorted((a, b) => (asNumber(a['index']) ?? 0) - (asNumber(b['index']) ?? 0));
}

interface ShellContent {
  readonly status: string;
  readonly incompleteDetails: JsonObject | null;
  readonly output: readonly JsonObject[];
}

/** The shell with what a completion, or a frame of one, says of itself. */
function headedShell(head: JsonObject, options: ToResponseOptions, content: ShellContent): MutableJson {
  const {request, createdAt} = options;
  const created = asNumber(head['created']) ?? 0;
  const response = responseShell(options, content, created > 0 ? created : createdAt);
  response['model'] = asString(head['model']) || (request['model'] ?? null);
  response['service_tier'] = head['service_tier'] ?? request['service_tier'] ?? null;
  return response;
}

/**
 * Every member, in the order of the client that NeMo Gym pins, and then ours. Written out, not looped over: an object made
 * at once is some ten times faster to make and to write as text, once for every rollout.
 */
// eslint-disable-next-line complexity -- every branch is a default, one to a line
function responseShell(
  {id, request}: ToResponseOptions,
  {status, incompleteDetails, output}: ShellContent,
  createdAt: number,
): MutableJson {
  return {
    id,
    created_at: createdAt,
    error: null,
    incomplete_details: incompleteDetails,
    instructions: request['instructions'] ?? null,
    metadata: request['metadata'] ?? null,
    model: request['model'] ?? null,
    object: 'response',
    output,
    parallel_tool_calls: request['parallel_tool_calls'] ?? true,
    temperature: request['temperature'] ?? null,
    tool_choice: request['tool_choice'] ?? 'auto',
    tools: request['tools'] ?? [],
    top_p: request['top_p'] ?? null,
    background: request['background'] ?? null,
    conversation: request['conversation'] ?? null,
    max_output_tokens: request['max_output_tokens'] ?? null,
    max_tool_calls: request['max_tool_calls'] ?? null,
    previous_response_id: request['previous_response_id'] ?? null,
    prompt: request['prompt'] ?? null,
    prompt_cache_key: request['prompt_cache_key'] ?? null,
    reasoning: request['reasoning'] ?? null,
    safety_identifier: request['safety_identifier'] ?? null,
    service_tier: request['service_tier'] ?? null,
    status,
    text: request['text'] ?? null,
    top_logprobs: request['top_logprobs'] ?? null,
    truncation: request['truncation'] ?? null,
    usage: null,
    user: request['user'] ?? null,
    content_filters: null,
  };
}

function alternative(choice: JsonObject, createId: (prefix: string) => string): JsonObject {
  const {status, incompleteDetails, output} = outcomeOfChoice(choice, createId);
  return {
    index: choice['index'] ?? null,
    status,
    incomplete_details: incompleteDetails,
    output,
    content_filters: contentFiltersOf({}, choice),
  };
}
