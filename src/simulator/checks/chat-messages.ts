import {asJsonArray, asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../../core/json.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {missingParameter, printed, wrongType} from './parameter-values.ts';

const roles: ReadonlySet<JsonValue | undefined> = new Set([
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
  'function',
]);

/** The refusal of messages that a model would not take: none, malformed ones, tool results without their call. */
export function refuseMessages(messages: JsonValue | undefined): WholeReply | undefined {
  if (messages === undefined || messages === null) return missingParameter('messages');
  const list = asJsonArray(messages);
  if (list.length === 0) {
    return invalidRequest(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  }
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
  if (!roles.has(role)) {
    return invalidRequest(
      `Invalid value: '${printed(role)}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
      `${path}.role`,
      'invalid_value',
    );
  }
  if (typeof content === 'string' || Array.isArray(content)) return undefined;
  if (content === undefined || content === null) {
    return role === 'assistant' ? undefined : missingContent(content, path);
  }
  return wrongType(`${path}.content`, 'string or an array of objects', content);
}

function missingContent(content: null | undefined, path: string): WholeReply {
  return content === undefined
    ? missingParameter(`${path}.content`)
    : invalidRequest(`Invalid value for 'content': expected a string, got null.`, `${path}.content`, null);
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
