import {asJsonArray, asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {nameOfKind} from './conversion-error.ts';
import {without, withoutNulls} from './mutable-json.ts';

/** A Responses tool in chat's shape, or what it is that chat does not know. `strict` stays; chat-shaped tools stay as they are. */
export function toChatTool(tool: JsonValue): JsonObject | string {
  if (!isJsonObject(tool)) return 'a tool that is no object';
  const {type, ...definition} = tool;
  if (type !== 'function' && type !== 'custom') return `tool ${nameOfKind(type)}`;
  if (isJsonObject(tool[type])) return tool;
  const kept = withoutNulls(definition);
  if (type === 'function') return {type, function: kept};
  const {format, ...custom} = kept;
  return {type, custom: format === undefined ? custom : {...custom, format: toChatFormat(format)}};
}

/** A Responses `tool_choice` in chat's shape, or what it is that chat does not know. */
export function toChatToolChoice(choice: JsonValue): JsonValue {
  if (!isJsonObject(choice)) return choice;
  const {type, name, mode, tools} = choice;
  if (type === 'allowed_tools') {
    if (tools === undefined) return choice;
    return {type, allowed_tools: {mode: mode ?? 'auto', tools: asJsonArray(tools).map(toChatToolChoice)}};
  }
  if (type !== 'function' && type !== 'custom') return choice;
  return isJsonObject(choice[type]) ? choice : {type, [type]: {name: name ?? ''}};
}

/** The first kind of tool in a `tool_choice` that chat does not know, if any. */
export function unknownToolChoice(choice: JsonValue): string | undefined {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return undefined;
  if (!isJsonObject(choice)) return 'a tool choice of no known shape';
  const {type} = choice;
  if (type === 'function' || type === 'custom') return undefined;
  if (type !== 'allowed_tools') return `tool choice ${nameOfKind(type)}`;
  const tools = choice['tools'] ?? asJsonObject(choice['allowed_tools'])?.['tools'];
  return asJsonArray(tools)
    .map(unknownToolChoice)
    .find((kind) => kind !== undefined);
}

/**
 * A chat tool in the Responses shape. A function without `strict` gets `strict: false`:
 * that is chat's default, and the opposite of the Responses API's.
 */
export function toResponsesTool(tool: JsonValue): JsonObject | string {
  if (!isJsonObject(tool)) return 'a tool that is no object';
  const {type} = tool;
  if (type === 'function') {
    const definition = asJsonObject(tool['function']) ?? without(tool, 'type');
    return {type, ...definition, strict: definition['strict'] ?? false};
  }
  if (type !== 'custom') return `tool ${nameOfKind(type)}`;
  const {format, ...custom} = asJsonObject(tool['custom']) ?? without(tool, 'type');
  return format === undefined ? {type, ...custom} : {type, ...custom, format: toResponsesFormat(format)};
}

/** A chat `tool_choice` in the Responses shape. */
export function toResponsesToolChoice(choice: JsonValue): JsonValue {
  if (!isJsonObject(choice)) return choice;
  const {type} = choice;
  if (type === 'allowed_tools') {
    const allowed = asJsonObject(choice['allowed_tools']);
    if (allowed === undefined) return choice;
    return {type, ...allowed, tools: asJsonArray(allowed['tools']).map(toResponsesToolChoice)};
  }
  const named = typeof type === 'string' ? asJsonObject(choice[type]) : undefined;
  return named === undefined ? choice : {type, name: named['name'] ?? ''};
}

function toChatFormat(format: JsonValue): JsonValue {
  if (!isJsonObject(format) || format['type'] !== 'grammar' || isJsonObject(format['grammar'])) return format;
  const {type, ...grammar} = format;
  return {type, grammar};
}

function toResponsesFormat(format: JsonValue): JsonValue {
  const grammar = asJsonObject(asJsonObject(format)?.['grammar']);
  return grammar === undefined ? format : {type: 'grammar', ...grammar};
}
