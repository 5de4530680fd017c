import {asJsonArray, asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../../core/json.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {emptyArray, missingParameter, printed, unknownValue, wrongType} from './parameter-values.ts';

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];

/** The refusal of messages that a model would not take: none, malformed ones, tool results without their call. */
export function refuseMessages(messages: JsonValue | undefined): WholeReply | undefined {
  if (messages === undefined || messages === null) return missingParameter('messages');
  const list = asJsonArray(messages);
  if (list.length === 0) return emptyArray('messages');
  for (const [index, message] of list.entries()) {
    const refusal = refuseMessage(message, `messages[${index}]`);
    if (refusal !== undefined) return refusal;
  }
  return refuseToolOrder(list.filter(isJsonObject));
}

function refuseMessage(message: JsonValue, path: string): WholeReply | undefined {
  if (!isJsonObject(message)) return wrongType(path, 'object', message);
  const {role, content} = message;
  if (role === undefined) return missingParameter(`${path}.role`);
  if (typeof role !== 'string' || !roles.includes(role)) return unknownValue(`${path}.role`, role, roles);
  if (typeof content === 'string') return undefined;
  if (Array.isArray(content)) return refuseParts(asJsonArray(content), `${path}.content`);
  if (content !== undefined && content !== null)
    return wrongType(`${path}.content`, 'string or an array of objects', content);
  if (role === 'assistant' && mayBeSilent(message)) return undefined;
  return content === undefined
    ? missingParameter(`${path}.content`)
    : invalidRequest("Invalid value for 'content': expected a string, got null.", `${path}.content`, null);
}

/** An assistant that called something, or refused, need not have said anything. */
function mayBeSilent(message: JsonObject): boolean {
  return ['tool_calls', 'function_call', 'refusal', 'audio'].some((name) => (message[name] ?? null) !== null);
}

const parts = ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file'];

function refuseParts(content: readonly JsonValue[], path: string): WholeReply | undefined {
  for (const [index, part] of content.entries()) {
    const at = `${path}[${index}]`;
    if (!isJsonObject(part)) return wrongType(at, 'object', part);
    const {type, text} = part;
    if (type === undefined) return missingParameter(`${at}.type`);
    if (typeof type !== 'string' || !parts.includes(type)) return unknownValue(`${at}.type`, type, parts);
    if (type === 'text' && typeof text !== 'string') return missingParameter(`${at}.text`);
  }
  return undefined;
}

function refuseToolOrder(messages: readonly JsonObject[]): WholeReply | undefined {
  const open = new Set<JsonValue | undefined>();
  for (const [index, message] of messages.entries()) {
    if (message['role'] === 'tool') {
      if (open.delete(message['tool_call_id'])) continue;
      // The service's own spelling.
      return invalidRequest(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        `messages.[${index}].role`,
      );
    }
    if (open.size > 0) return unanswered(open, index);
    for (const call of asJsonArray(message['tool_calls'])) open.add(asJsonObject(call)?.['id']);
  }
  return open.size > 0 ? unanswered(open, messages.length) : undefined;
}

function unanswered(open: ReadonlySet<JsonValue | undefined>, index: number): WholeReply {
  const ids = [...open].map(printed).join(', ');
  return invalidRequest(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`,
    `messages.[${index}].role`,
  );
}
