import {asJsonArray, asString, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {isEmptyContent, toInputPart, toOutputPart, translateContent} from './content-parts.ts';
import {ConversionProblems, nameOfKind} from './conversion-error.ts';
import {toCallItem} from './tool-calls.ts';

/**
 * Translates chat messages into Responses input items: a message each, then one item a tool call; a `name` stays.
 * `reasoning_content` of earlier answers is left out, as the services that give it ask for it not to be sent back.
 * Fails with `ERR_CONVERSION` naming every message that has no counterpart.
 */
export function chatMessagesToItems(messages: readonly JsonValue[]): readonly JsonObject[] {
  const problems = new ConversionProblems();
  const items = messageItems(messages, problems);
  problems.throwIfAny('a Responses request');
  return items;
}

/** The same for a part of a larger conversion, which reports the problems together with its own. */
export function messageItems(
  messages: readonly JsonValue[],
  problems: ConversionProblems,
): readonly JsonObject[] {
  const items: JsonObject[] = [];
  const customCallIds = new Set<JsonValue>();
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`;
    if (!isJsonObject(message)) problems.add(path, 'a message that is no object');
    else if (message['role'] === 'assistant') addAssistant(message, path, {items, customCallIds, problems});
    else if (message['role'] === 'tool') items.push(toolOutput(message, path, customCallIds, problems));
    else items.push(plainMessage(message, path, problems));
  }
  return items;
}

interface Target {
  readonly items: JsonObject[];
  /** A tool message does not tell which kind of call it answers. */
  readonly customCallIds: Set<JsonValue>;
  readonly problems: ConversionProblems;
}

function plainMessage(message: JsonObject, path: string, problems: ConversionProblems): JsonObject {
  const {role, name} = message;
  if (role !== 'user' && role !== 'system' && role !== 'developer') {
    problems.add(path, `role ${nameOfKind(role)}`);
    return {};
  }
  const content = translateContent(message['content'], toInputPart, path, problems);
  return typeof name === 'string' ? {type: 'message', role, content, name} : {type: 'message', role, content};
}

function addAssistant(message: JsonObject, path: string, {items, customCallIds, problems}: Target): void {
  if (message['function_call'] != null) problems.add(`${path}.function_call`, 'a call without an id');
  if (message['audio'] != null) problems.add(`${path}.audio`, 'audio of an earlier answer');
  const calls = asJsonArray(message['tool_calls']);
  const content = assistantContent(message, path, problems);
  if (content.length > 0 || calls.length === 0) items.push({type: 'message', role: 'assistant', content});
  for (const [index, call] of calls.entries()) {
    const item = toCallItem(call);
    if (item === undefined) problems.add(`${path}.tool_calls[${index}]`, 'a tool call of no known kind');
    else items.push(item);
    if (item?.['type'] === 'custom_tool_call') customCallIds.add(item['call_id'] ?? '');
  }
}

function assistantContent(
  message: JsonObject,
  path: string,
  problems: ConversionProblems,
): string | readonly JsonObject[] {
  const {content} = message;
  const said = isEmptyContent(content) ? '' : translateContent(content, toOutputPart, path, problems);
  const refusal = asString(message['refusal']) ?? '';
  if (refusal === '') return said;
  const text = typeof said === 'string' ? [{type: 'output_text', text: said, annotations: []}] : said;
  return [...(said === '' ? [] : text), {type: 'refusal', refusal}];
}

function toolOutput(
  message: JsonObject,
  path: string,
  customCallIds: ReadonlySet<JsonValue>,
  problems: ConversionProblems,
): JsonObject {
  const callId = message['tool_call_id'] ?? '';
  const type = customCallIds.has(callId) ? 'custom_tool_call_output' : 'function_call_output';
  const {content} = message;
  const output = isEmptyContent(content) ? '' : translateContent(content, toInputPart, path, problems);
  return {type, call_id: callId, output};
}
