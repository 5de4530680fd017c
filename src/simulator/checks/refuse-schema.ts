import {asJsonArray, asJsonObject, type JsonObject} from '../../core/json.ts';
import {invalidRequest} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';
import {missingParameter} from './parameter-values.ts';

/**
 * The refusal of a structured output's format: without name or schema, or, when `strict`, with a schema that leaves
 * objects open or properties optional. `holder` is the path of its members, `param` what errors name.
 */
export function refuseSchema(
  format: JsonObject | undefined,
  holder: string,
  param: string,
): WholeReply | undefined {
  if (format === undefined) return missingParameter(holder);
  const name = format['name'];
  if (typeof name !== 'string') return missingParameter(`${holder}.name`);
  const schema = asJsonObject(format['schema']);
  if (schema === undefined) return missingParameter(`${holder}.schema`);
  if (format['strict'] !== true) return undefined;
  const fault = schemaFault(schema);
  if (fault === undefined) return undefined;
  return invalidRequest(
    `Invalid schema for response_format '${name}': ${fault}`,
    param,
    'invalid_json_schema',
  );
}

/** What strict mode has against a schema, in the service's words: an open object or an optional property. */
export function schemaFault(schema: JsonObject): string | undefined {
  return findFault(schema, [], 0);
}

const deepest = 32;

function findFault(schema: JsonObject, path: readonly string[], depth: number): string | undefined {
  if (depth > deepest) return undefined;
  return openObject(schema, path) ?? optionalProperty(schema, path) ?? faultBelow(schema, path, depth);
}

function openObject(schema: JsonObject, path: readonly string[]): string | undefined {
  if (schema['type'] !== 'object' || schema['additionalProperties'] === false) return undefined;
  return `In context=${tuple(path)}, 'additionalProperties' is required to be supplied and to be false.`;
}

function optionalProperty(schema: JsonObject, path: readonly string[]): string | undefined {
  const names = Object.keys(asJsonObject(schema['properties']) ?? {});
  const required = new Set(asJsonArray(schema['required']));
  const missing = names.find((name) => !required.has(name));
  if (missing === undefined) return undefined;
  return `In context=${tuple(path)}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
}

function faultBelow(schema: JsonObject, path: readonly string[], depth: number): string | undefined {
  const below: [JsonObject | undefined, readonly string[]][] = [
    [asJsonObject(schema['items']), [...path, 'items']],
    ...named(schema, 'properties', path),
    ...named(schema, '$defs', path),
    ...asJsonArray(schema['anyOf']).map((branch, index): [JsonObject | undefined, readonly string[]] => [
      asJsonObject(branch),
      [...path, 'anyOf', String(index)],
    ]),
  ];
  for (const [child, childPath] of below) {
    const fault = child === undefined ? undefined : findFault(child, childPath, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function named(
  schema: JsonObject,
  key: string,
  path: readonly string[],
): [JsonObject | undefined, readonly string[]][] {
  return Object.entries(asJsonObject(schema[key]) ?? {}).map(([name, child]) => [
    asJsonObject(child),
    [...path, key, name],
  ]);
}

/** A path as Python prints a tuple, which is how the service shows it. */
function tuple(path: readonly string[]): string {
  const [only, ...others] = path;
  if (only !== undefined && others.length === 0) return `('${only}',)`;
  return `(${path.map((part) => `'${part}'`).join(', ')})`;
}
