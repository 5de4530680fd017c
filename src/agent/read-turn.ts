import {asJsonArray, asString, isJsonObject, type JsonObject} from '../core/json.ts';

/** What a model's turn asks for: tools, another turn (it said nothing yet), or nothing more. */
export type Turn =
  | {readonly kind: 'calls'; readonly calls: readonly JsonObject[]}
  | {readonly kind: 'stalled' | 'over'};

/**
 * Reads a Responses API object as NeMo Gym's agent does: over when it was cut off, or when it holds an answer and no
 * function call. Also over when it failed, and when it holds a call that no agent can answer: its output would be missing.
 */
export function readTurn(response: JsonObject): Turn {
  if (response['incomplete_details'] != null || unfinished.has(asString(response['status']) ?? ''))
    return {kind: 'over'};
  const items = asJsonArray(response['output']).filter(isJsonObject);
  if (items.some(({type}) => unanswerable.has(asString(type) ?? ''))) return {kind: 'over'};
  const calls = items.filter(({type}) => type === 'function_call');
  if (calls.length > 0) return {kind: 'calls', calls};
  const answered = items.some(({type, role}) => type === 'message' && role === 'assistant');
  return {kind: answered ? 'over' : 'stalled'};
}

const unfinished: ReadonlySet<string> = new Set(['incomplete', 'failed', 'cancelled']);
const unanswerable: ReadonlySet<string> = new Set([
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
  'mcp_approval_request',
]);
