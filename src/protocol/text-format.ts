import {isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';
import {nameOfKind} from './conversion-error.ts';
import {withoutNulls} from './mutable-json.ts';

/** `text.format` as chat's `response_format`: undefined for plain text (chat's default), a string for what chat does not know. */
export function toResponseFormat(format: JsonValue): JsonObject | string | undefined {
  if (!isJsonObject(format)) return 'a text format that is no object';
  const {type, ...schema} = format;
  switch (type) {
    case 'text':
      return undefined;
    case 'json_object':
      return {type};
    case 'json_schema':
      return isJsonObject(format['json_schema']) ? format : {type, json_schema: withoutNulls(schema)};
    default:
      return `text format ${nameOfKind(type)}`;
  }
}

/** Chat's `response_format` as `text.format`. */
export function toTextFormat(format: JsonObject): JsonObject {
  const {json_schema: schema, ...rest} = format;
  return isJsonObject(schema) ? {...rest, ...withoutNulls(schema)} : format;
}
