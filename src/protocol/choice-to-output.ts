import {
  asJsonArray,
  asJsonObject,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import {malformedReply} from './model-reply-errors.ts';
import type {MutableJson} from './mutable-json.ts';

/** What one chat choice comes to: output items, and whether and why the answer is incomplete. */
export interface ChoiceOutcome {
  readonly status: 'completed' | 'incomplete';
  readonly incompleteDetails: JsonObject | null;
  readonly output: readonly JsonObject[];
}

/**
 * One choice of a chat completion as output items: reasoning, then the message, then the calls. `<think>` blocks are
 * cut out of the text into the reasoning; the log probabilities stay those of the whole text.
 * When the answer is incomplete, so is its last item. Fails with `ERR_MODEL_MALFORMED`.
 */
export function outcomeOfChoice(choice: JsonObject, createId: (prefix: string) => string): ChoiceOutcome {
  const message = messageOf(choice);
  const {text, thoughts} = separateThoughts(textOf(message['content']));
  const reasoning = asString(message['reasoning_content']) ?? asString(message['reasoning']) ?? '';
  if (reasoning !== '') thoughts.unshift(reasoning);
  const output: MutableJson[] = [];
  if (thoughts.length > 0) output.push(reasoningItem(thoughts, createId));
  const calls = callItems(message, createId);
  const parts = messageParts(message, text, choice);
  const isBare = thoughts.length === 0 && calls.length === 0;
  if (parts.length > 0 || isBare) {
    const content = parts.length > 0 ? parts : [textPart('', message, choice)];
    output.push({id: createId('msg'), type: 'message', status: 'completed', role: 'assistant', content});
  }
  output.push(...calls);
  const reason = incompleteReasons.get(choice['finish_reason']);
  const last = output.at(-1);
  if (reason === undefined) return {status: 'completed', incompleteDetails: null, output};
  if (last?.['status'] !== undefined) last['status'] = 'incomplete';
  return {status: 'incomplete', incompleteDetails: {reason}, output};
}

const incompleteReasons: ReadonlyMap<JsonValue | undefined, string> = new Map([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

function messageOf(choice: JsonObject): JsonObject {
  const {message, finish_reason: reason} = choice;
  if (isJsonObject(message)) return message;
  // A blocked completion may come without any message.
  if (reason === 'content_filter') return {};
  throw malformedReply('a choice without a message');
}

/** The text of a message's content: some servers give a list of parts where the API has a string. */
function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return asJsonArray(content)
    .map((part) => asString(asJsonObject(part)?.['text']) ?? '')
    .join('');
}

const [thinkOpen, thinkClose] = ['<think>', '</think>'];

/** Linear in the text, which a regular expression with a lazy middle is not when a text opens many blocks and closes none. */
function separateThoughts(content: string): {text: string; thoughts: string[]} {
  const thoughts: string[] = [];
  let text = '';
  let position = 0;
  for (;;) {
    const start = content.indexOf(thinkOpen, position);
    const end = start === -1 ? -1 : content.indexOf(thinkClose, start + thinkOpen.length);
    if (end === -1) return {text: text + content.slice(position), thoughts};
    text += content.slice(position, start);
    thoughts.push(content.slice(start + thinkOpen.length, end));
    position = end + thinkClose.length;
  }
}

function reasoningItem(thoughts: readonly string[], createId: (prefix: string) => string): MutableJson {
  const summary = thoughts.map((text) => ({type: 'summary_text', text}));
  return {id: createId('rs'), type: 'reasoning', summary};
}

function messageParts(message: JsonObject, text: string, choice: JsonObject): readonly JsonObject[] {
  const parts: JsonObject[] = text === '' ? [] : [textPart(text, message, choice)];
  const refusal = refusalOf(message);
  if (refusal !== '') parts.push({type: 'refusal', refusal});
  const audio = asJsonObject(message['audio']);
  if (audio !== undefined) parts.push({...audio, type: 'output_audio'});
  return parts;
}

function textPart(text: string, message: JsonObject, choice: JsonObject): JsonObject {
  return {
    type: 'output_text',
    text,
    annotations: asJsonArray(message['annotations']).filter(isJsonObject).map(flatAnnotation),
    logprobs: asJsonArray(asJsonObject(choice['logprobs'])?.['content']),
  };
}

/** Chat nests a citation under its type's name, Responses does not. */
function flatAnnotation(annotation: JsonObject): JsonObject {
  const {url_citation: citation, ...rest} = annotation;
  return isJsonObject(citation) ? {...rest, ...citation} : annotation;
}

function refusalOf(message: JsonObject): string {
  const parts = asJsonArray(message['content']).map(
    (part) => asString(asJsonObject(part)?.['refusal']) ?? '',
  );
  return (asString(message['refusal']) ?? '') + parts.join('');
}

function callItems(message: JsonObject, createId: (prefix: string) => string): readonly MutableJson[] {
  const calls = asJsonArray(message['tool_calls']).map((call) => callItem(call, createId));
  const single = asJsonObject(message['function_call']);
  return single === undefined ? calls : [...calls, callItem({function: single}, createId)];
}

/** Items get ids of their own kind, since the Responses API refuses a `call_…` where it expects an `fc_…`. */
function callItem(value: JsonValue, createId: (prefix: string) => string): MutableJson {
  const call = asJsonObject(value);
  const callId = asString(call?.['id']) || createId('call');
  const custom = asJsonObject(call?.['custom']);
  if (custom !== undefined) {
    const {name, input} = custom;
    if (typeof name !== 'string') throw malformedReply('a tool call without a name');
    const item = {
      id: createId('ctc'),
      type: 'custom_tool_call',
      call_id: callId,
      name,
      input: asString(input) ?? '',
    };
    return {...item, status: 'completed'};
  }
  const {name, arguments: args} = asJsonObject(call?.['function']) ?? {};
  if (typeof name !== 'string') throw malformedReply('a tool call without a name');
  const text = typeof args === 'string' ? args : JSON.stringify(args ?? {});
  return {
    id: createId('fc'),
    type: 'function_call',
    call_id: callId,
    name,
    arguments: text,
    status: 'completed',
  };
}
