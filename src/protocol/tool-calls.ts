import {asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';

/** A `function_call` or `custom_tool_call` item as an entry of a chat message's `tool_calls`. */
export function toChatToolCall(item: JsonObject): JsonObject {
  const {call_id: callId, name, input, arguments: args} = item;
  const id = callId ?? item['id'] ?? '';
  if (item['type'] === 'custom_tool_call') {
    return {id, type: 'custom', custom: {name: name ?? '', input: input ?? ''}};
  }
  return {id, type: 'function', function: {name: name ?? '', arguments: args ?? ''}};
}

/** An entry of a chat message's `tool_calls` as an input item; undefined for a kind that is not known. */
export function toCallItem(call: JsonValue): JsonObject | undefined {
  const {id, function: called, custom} = asJsonObject(call) ?? {};
  if (isJsonObject(called)) {
    const {name, arguments: args} = called;
    return {type: 'function_call', call_id: id ?? '', name: name ?? '', arguments: args ?? ''};
  }
  if (!isJsonObject(custom)) return undefined;
  const {name, input} = custom;
  return {type: 'custom_tool_call', call_id: id ?? '', name: name ?? '', input: input ?? ''};
}
