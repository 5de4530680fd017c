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

/** A Responses `tool_choice` in chat's shape; of one that `unknownToolChoice` does not object to. */
export function toChatToolChoice(choice: JsonValue): JsonValue {
  if (!isJsonObject(choice)) return choice;
  const {type, mode, tools} = choice;
  if (type !== 'allowed_tools') return toChatNamedTool(choice);
  if (tools === undefined) return choice;
  const allowed = asJsonArray(tools).filter(isJsonObject).map(toChatNamedTool);
  return {type, allowed_tools: {mode: mode ?? 'auto', tools: allowed}};
}

/** What of a `tool_choice` chat does not know, if anything. */
export function unknownToolChoice(choice: JsonValue): string | undefined {
  if (choice === 'auto' || choice === 'none' || choice === 'required') return undefined;
  const {type, tools, allowed_tools: allowed} = asJsonObject(choice) ?? {};
  const named = type === 'allowed_tools' ? asJsonArray(tools ?? asJsonObject(allowed)?.['tools']) : [choice];
  const unknown = named.find((tool) => !isNamedTool(tool));
  return unknown === undefined ? undefined : `tool choice ${nameOfKind(asJsonObject(unknown)?.['type'])}`;
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
  if (type !== 'allowed_tools') return toResponsesNamedTool(choice);
  const allowed = asJsonObject(choice['allowed_tools']);
  if (allowed === undefined) return choice;
  return {
    type,
    ...allowed,
    tools: asJsonArray(allowed['tools']).filter(isJsonObject).map(toResponsesNamedTool),
  };
}

function isNamedTool(tool: JsonValue): boolean {
  const type = asJsonObject(tool)?.['type'];
  return type === 'function' || type === 'custom';
}

function toChatNamedTool(tool: JsonObject): JsonObject {
  const {type, name} = tool;
  if (typeof type !== 'string' || isJsonObject(tool[type])) return tool;
  return {type, [type]: {name: name ?? ''}};
}

function toResponsesNamedTool(tool: JsonObject): JsonObject {
  const {type} = tool;
  const named = typeof type === 'string' ? asJsonObject(tool[type]) : undefined;
  return named === undefined ? tool : {type, name: named['name'] ?? ''};
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
