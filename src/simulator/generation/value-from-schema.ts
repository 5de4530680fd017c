import type {Random} from '../../core/clock.ts';
import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../core/json.ts';
import {drawInteger, drawNumber, drawString, pick} from './draw-scalar.ts';

/** Where optional parts are left out, so that schemas which refer to themselves come to an end. */
const deep = 6;
// A schema comes from a client: one that has no finite value must not cost more than this.
const deepest = 32;
const mostNodes = 1_000;
const mostItems = 100;

interface Builder {
  readonly root: JsonObject;
  readonly random: Random;
  nodes: number;
}

/**
 * A value that fits a JSON schema, drawn by chance: types, enum, const, properties, items, anyOf/oneOf/allOf,
 * `$ref` within the document, bounds of numbers, lengths and counts, and the common string formats. Patterns are not
 * honoured, and a schema without a finite value gets null somewhere.
 */
export function valueFromSchema(schema: JsonObject, random: Random): JsonValue {
  return build({root: schema, random, nodes: 0}, schema, 0);
}

function build(builder: Builder, part: JsonObject, depth: number): JsonValue {
  if (depth > deepest || ++builder.nodes > mostNodes) return null;
  const {root, random} = builder;
  const target = resolveReference(part, root);
  if (target['const'] !== undefined) return target['const'];
  const choices = asJsonArray(target['enum']);
  if (choices.length > 0) return pick(choices, random) ?? null;
  const branch = pickBranch(target, depth, random);
  if (branch !== undefined)
    return build(builder, {...target, anyOf: undefined, oneOf: undefined, ...branch}, depth + 1);
  const merged = asJsonArray(target['allOf']).reduce<JsonObject>(
    (all, each) => mergeSchemas(all, resolveReference(asJsonObject(each) ?? {}, root)),
    target,
  );
  return buildType(builder, merged, depth);
}

function buildType(builder: Builder, part: JsonObject, depth: number): JsonValue {
  const {random} = builder;
  switch (typeOf(part, depth)) {
    case 'object':
      return buildObject(builder, part, depth);
    case 'array':
      return Array.from({length: itemCount(part, depth, random)}, () =>
        build(builder, asJsonObject(part['items']) ?? {}, depth + 1),
      );
    case 'integer':
      return drawInteger(part, random);
    case 'number':
      return drawNumber(part, random);
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    default:
      return drawString(part, random);
  }
}

function buildObject(builder: Builder, part: JsonObject, depth: number): JsonObject {
  const required = new Set(asJsonArray(part['required']));
  return Object.fromEntries(
    Object.entries(asJsonObject(part['properties']) ?? {})
      .filter(([name]) => depth < deep || required.has(name))
      .map(([name, property]) => [name, build(builder, asJsonObject(property) ?? {}, depth + 1)]),
  );
}

function resolveReference(part: JsonObject, root: JsonObject): JsonObject {
  let target = part;
  for (let hop = 0; hop < deepest; hop++) {
    const reference = asString(target['$ref']);
    if (reference === undefined) return target;
    const path = reference
      .replace(/^#\/?/, '')
      .split('/')
      .filter((key) => key !== '');
    target = path.reduce<JsonObject>((at, key) => asJsonObject(at[decodePointer(key)]) ?? {}, root);
  }
  return {};
}

function decodePointer(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** A branch of anyOf or oneOf; deep down the first that ends the recursion. */
function pickBranch(part: JsonObject, depth: number, random: Random): JsonObject | undefined {
  const branches = [...asJsonArray(part['anyOf']), ...asJsonArray(part['oneOf'])].filter(isJsonObject);
  if (depth < deep) return pick(branches, random);
  const ends = ({type, $ref}: JsonObject): boolean =>
    $ref === undefined && type !== 'object' && type !== 'array';
  return branches.find(ends) ?? branches[0];
}

function mergeSchemas(left: JsonObject, right: JsonObject): JsonObject {
  return {
    ...left,
    ...right,
    properties: {...asJsonObject(left['properties']), ...asJsonObject(right['properties'])},
    required: [...asJsonArray(left['required']), ...asJsonArray(right['required'])],
  };
}

function typeOf(part: JsonObject, depth: number): string {
  const type = part['type'];
  if (typeof type === 'string') return type;
  const types = asJsonArray(type).map(String);
  if (depth >= deep && types.includes('null')) return 'null';
  if (types[0] !== undefined) return types[0];
  if (part['properties'] !== undefined) return 'object';
  return part['items'] === undefined ? 'string' : 'array';
}

function itemCount(part: JsonObject, depth: number, random: Random): number {
  const least = Math.min(mostItems, asNumber(part['minItems']) ?? (depth >= deep ? 0 : 1));
  if (depth >= deep) return least;
  const most = Math.min(asNumber(part['maxItems']) ?? least + 2, least + 4);
  return Math.min(most, least + Math.floor(random() * (most - least + 1)));
}
