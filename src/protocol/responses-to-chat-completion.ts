import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import {toChoiceFilterResults, toPromptFilterResults} from './content-filters.ts';
import {malformedReply} from './model-reply-errors.ts';
import {type MutableJson, without} from './mutable-json.ts';
import {StreamError} from './stream-error.ts';
import {toChatToolCall} from './tool-calls.ts';
import {toChatUsage} from './usage.ts';

/**
 * Translates a Responses object into a chat completion: the text of all messages joined, reasoning as
 * `reasoning_content`, calls, refusal, log probabilities, usage and the content filter's findings. Items that chat
 * does not know (hosted tools' calls) are left out. A response that failed is thrown as the `StreamError` of its error;
 * one that is not over yet fails with `ERR_MODEL_MALFORMED`.
 */
export function toChatCompletion(response: JsonObject): JsonObject {
  assertOver(response);
  const others = asJsonArray(response['alternatives']).filter(isJsonObject);
  const choices = others.map((other, at) => choiceOf(other, asNumber(other['index']) ?? at + 1));
  const completion: MutableJson = {
    id: (asString(response['id']) ?? '').replace(/^resp_/, 'chatcmpl-'),
    object: 'chat.completion',
    created: Math.floor(asNumber(response['created_at']) ?? 0),
    model: response['model'] ?? '',
    choices: [choiceOf(response, 0), ...choices],
    usage: toChatUsage(response['usage']),
    service_tier: response['service_tier'] ?? null,
    system_fingerprint: response['system_fingerprint'] ?? null,
  };
  const prompt = toPromptFilterResults(response['content_filters']);
  if (prompt !== undefined) completion['prompt_filter_results'] = prompt;
  return completion;
}

function assertOver(response: JsonObject): void {
  const {status, error, output} = response;
  if (isJsonObject(error) || status === 'failed') throw new StreamError(asJsonObject(error) ?? {}, response);
  if (!Array.isArray(output)) throw malformedReply('a response without output');
  const isOver = status == null || status === 'completed' || status === 'incomplete';
  if (!isOver) throw malformedReply('a response that is not over');
}

interface Said {
  text: string;
  refusal: string;
  readonly reasoning: string[];
  readonly logprobs: JsonValue[];
  readonly annotations: JsonObject[];
  readonly calls: JsonObject[];
  audio: JsonObject | undefined;
}

function choiceOf(answer: JsonObject, index: number): JsonObject {
  const said: Said = {
    text: '',
    refusal: '',
    reasoning: [],
    logprobs: [],
    annotations: [],
    calls: [],
    audio: undefined,
  };
  for (const item of asJsonArray(answer['output'])) if (isJsonObject(item)) collectItem(item, said);
  const choice: MutableJson = {
    index,
    message: messageOf(said),
    finish_reason: finishReason(answer, said),
    logprobs: said.logprobs.length === 0 ? null : {content: said.logprobs, refusal: null},
  };
  const results = toChoiceFilterResults(answer['content_filters']);
  if (results !== undefined) choice['content_filter_results'] = results;
  return choice;
}

function collectItem(item: JsonObject, said: Said): void {
  switch (item['type']) {
    case 'message':
      for (const part of asJsonArray(item['content'])) if (isJsonObject(part)) collectPart(part, said);
      break;
    case 'reasoning':
      said.reasoning.push(...reasoningTexts(item));
      break;
    case 'function_call':
    case 'custom_tool_call':
      said.calls.push(toChatToolCall(item));
      break;
    default:
  }
}

function collectPart(part: JsonObject, said: Said): void {
  const {type} = part;
  if (type === 'output_text') {
    said.text += asString(part['text']) ?? '';
    said.logprobs.push(...asJsonArray(part['logprobs']));
    said.annotations.push(...asJsonArray(part['annotations']).filter(isJsonObject).map(nestedAnnotation));
  } else if (type === 'refusal') {
    said.refusal += asString(part['refusal']) ?? '';
  } else if (type === 'output_audio') {
    said.audio = without(part, 'type');
  }
}

function nestedAnnotation(annotation: JsonObject): JsonObject {
  const {type, ...citation} = annotation;
  return type === 'url_citation' ? {type, url_citation: citation} : annotation;
}

function reasoningTexts(item: JsonObject): readonly string[] {
  const summary = asJsonArray(item['summary']);
  return (summary.length > 0 ? summary : asJsonArray(item['content']))
    .map((entry) => asString(asJsonObject(entry)?.['text']) ?? '')
    .filter((text) => text !== '');
}

function messageOf({text, refusal, reasoning, annotations, calls, audio}: Said): JsonObject {
  const isSilent = text === '' && (calls.length > 0 || refusal !== '' || audio !== undefined);
  const message: MutableJson = {
    role: 'assistant',
    content: isSilent ? null : text,
    refusal: refusal === '' ? null : refusal,
  };
  if (annotations.length > 0) message['annotations'] = annotations;
  if (reasoning.length > 0) message['reasoning_content'] = reasoning.join('\n\n');
  if (calls.length > 0) message['tool_calls'] = calls;
  if (audio !== undefined) message['audio'] = audio;
  return message;
}

function finishReason(answer: JsonObject, {calls}: Said): string {
  const reason = asJsonObject(answer['incomplete_details'])?.['reason'];
  if (reason === 'content_filter') return 'content_filter';
  if (reason != null || answer['status'] === 'incomplete') return 'length';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}
