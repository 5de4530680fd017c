import {asJsonArray, asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../../core/json.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {missingParameter, printed, unknownValue, wrongType} from './parameter-values.ts';

/** The refusal of a Responses request's input: none, malformed items, calls and their outputs without each other. */
export function refuseInput(input: JsonValue | undefined): WholeReply | undefined {
  if (input === undefined || input === null) return missingParameter('input');
  if (typeof input === 'string') return undefined;
  if (!Array.isArray(input)) return wrongType('input', 'string or an array of input items', input);
  const items = asJsonArray(input);
  for (const [index, item] of items.entries()) {
    const path = `input[${index}]`;
    const refusal = isJsonObject(item) ? refuseItem(item, path) : wrongType(path, 'object', item);
    if (refusal !== undefined) return refusal;
  }
  return refuseToolOrder(items);
}

// What an item of each type has to have. Of the service's own tools the simulator knows nothing.
const membersOfItem: ReadonlyMap<JsonValue | undefined, readonly string[]> = new Map([
  ['message', ['role', 'content']],
  ['function_call', ['call_id', 'name', 'arguments']],
  ['function_call_output', ['call_id', 'output']],
]);
const roles = ['assistant', 'system', 'developer', 'user'];

function refuseItem(item: JsonObject, path: string): WholeReply | undefined {
  const {type = 'message', role, content} = item;
  const missing = membersOfItem.get(type)?.find((name) => item[name] === undefined);
  if (missing !== undefined) return missingParameter(`${path}.${missing}`);
  if (type === 'message') {
    if (typeof role !== 'string' || !roles.includes(role)) return unknownValue(`${path}.role`, role, roles);
    return refuseContent(content, role, `${path}.content`);
  }
  // Replayed reasoning items may not carry their status.
  if (type !== 'reasoning' || item['status'] === undefined) return undefined;
  return invalidRequest(`Unknown parameter: '${path}.status'.`, `${path}.status`, 'unknown_parameter');
}

const partsOfAssistant = ['output_text', 'refusal'];
const partsOfOthers = ['input_text', 'input_image', 'input_file', 'input_audio'];

function refuseContent(content: JsonValue | undefined, role: string, path: string): WholeReply | undefined {
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) return wrongType(path, 'string or an array of content parts', content ?? null);
  const known = role === 'assistant' ? partsOfAssistant : partsOfOthers;
  for (const [index, part] of asJsonArray(content).entries()) {
    const at = `${path}[${index}]`;
    if (!isJsonObject(part)) return wrongType(at, 'object', part);
    const {type, text} = part;
    if (typeof type !== 'string' || !known.includes(type)) return unknownValue(`${at}.type`, type, known);
    if (type.endsWith('_text') && typeof text !== 'string') return missingParameter(`${at}.text`);
  }
  return undefined;
}

function refuseToolOrder(items: readonly JsonValue[]): WholeReply | undefined {
  const open = new Set<JsonValue | undefined>();
  for (const item of items) {
    const entry = asJsonObject(item);
    const callId = entry?.['call_id'];
    if (entry?.['type'] === 'function_call') open.add(callId);
    if (entry?.['type'] === 'function_call_output' && !open.delete(callId)) {
      return invalidRequest(
        `No tool call found for function call output with call_id ${printed(callId)}.`,
        'input',
      );
    }
  }
  const [unanswered] = open;
  if (unanswered === undefined) return undefined;
  return invalidRequest(`No tool output found for function call ${printed(unanswered)}.`, 'input');
}
