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

const deepest = 12;

/**
 * A value that fits a JSON schema, drawn by chance: types, enum, const, properties, items, anyOf/oneOf/allOf,
 * `$ref` within the document, bounds of numbers, lengths and counts, and the common string formats. Patterns are not honoured.
 */
export function valueFromSchema(schema: JsonObject, random: Random): JsonValue {
  const build = (part: JsonObject, depth: number): JsonValue => {
    const target = resolveReference(part, schema);
    if (target['const'] !== undefined) return target['const'];
    const choices = asJsonArray(target['enum']);
    if (choices.length > 0) return pick(choices, random) ?? null;
    const branch = pickBranch(target, depth, random);
    if (branch !== undefined)
      return build({...target, anyOf: undefined, oneOf: undefined, ...branch}, depth + 1);
    const merged = asJsonArray(target['allOf']).reduce<JsonObject>(
      (all, each) => mergeSchemas(all, resolveReference(asJsonObject(each) ?? {}, schema)),
      target,
    );
    return buildType(merged, depth, build);
  };
  const buildType = (
    part: JsonObject,
    depth: number,
    child: (part: JsonObject, depth: number) => JsonValue,
  ): JsonValue => {
    switch (typeOf(part, depth)) {
      case 'object':
        return Object.fromEntries(
          Object.entries(asJsonObject(part['properties']) ?? {})
            .filter(([name]) => depth < deepest || asJsonArray(part['required']).includes(name))
            .map(([name, property]) => [name, child(asJsonObject(property) ?? {}, depth + 1)]),
        );
      case 'array':
        return Array.from({length: itemCount(part, depth, random)}, () =>
          child(asJsonObject(part['items']) ?? {}, depth + 1),
        );
      case 'integer':
        return Math.floor(numberWithin(part, random, 1));
      case 'number':
        return Math.round(numberWithin(part, random, 0) * 100) / 100;
      case 'boolean':
        return random() < 0.5;
      case 'null':
        return null;
      default:
        return stringFor(part, random);
    }
  };
  return build(schema, 0);
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
  if (depth < deepest / 2) return pick(branches, random);
  return (
    branches.find(({type, $ref}) => $ref === undefined && type !== 'object' && type !== 'array') ??
    branches[0]
  );
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
  const ending = depth >= deepest / 2 && types.includes('null') ? 'null' : undefined;
  if (ending !== undefined) return ending;
  if (types[0] !== undefined) return types[0];
  if (part['properties'] !== undefined) return 'object';
  return part['items'] === undefined ? 'string' : 'array';
}

function itemCount(part: JsonObject, depth: number, random: Random): number {
  const least = asNumber(part['minItems']) ?? (depth >= deepest / 2 ? 0 : 1);
  const most = asNumber(part['maxItems']) ?? least + 2;
  return depth >= deepest / 2
    ? least
    : least + Math.floor(random() * (Math.min(most, least + 4) - least + 1));
}

function numberWithin(part: JsonObject, random: Random, step: number): number {
  const lower = asNumber(part['minimum']) ?? addStep(asNumber(part['exclusiveMinimum']), step || 0.01);
  const upper =
    asNumber(part['maximum']) ?? addStep(asNumber(part['exclusiveMaximum']), step === 0 ? -0.01 : -step);
  const from = lower ?? (upper === undefined ? 0 : upper - 100);
  const to = upper ?? from + 100;
  const drawn = from + random() * (to - from + step * 0.999);
  const multiple = asNumber(part['multipleOf']);
  return multiple === undefined || multiple <= 0
    ? drawn
    : Math.max(Math.ceil(from / multiple), Math.floor(drawn / multiple)) * multiple;
}

function addStep(value: number | undefined, step: number): number | undefined {
  return value === undefined ? undefined : value + step;
}

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'harbor'];
const formats: Readonly<Record<string, (random: Random) => string>> = {
  date: (random) => `2025-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`,
  time: (random) => `1${Math.floor(random() * 10)}:30:00Z`,
  'date-time': (random) => `2025-0${1 + Math.floor(random() * 9)}-15T12:00:00Z`,
  email: (random) => `${pick(words, random) ?? ''}@example.com`,
  uri: (random) => `https://example.com/${pick(words, random) ?? ''}`,
  uuid: (random) => `00000000-0000-4000-8000-${String(Math.floor(random() * 1e12)).padStart(12, '0')}`,
  ipv4: (random) => `192.0.2.${Math.floor(random() * 256)}`,
};

function stringFor(part: JsonObject, random: Random): string {
  const formatted = formats[asString(part['format']) ?? '']?.(random);
  if (formatted !== undefined) return formatted;
  const least = asNumber(part['minLength']) ?? 0;
  let text = `${pick(words, random) ?? ''} ${pick(words, random) ?? ''}`;
  while (text.length < least) text += ` ${pick(words, random) ?? ''}`;
  return text.slice(0, asNumber(part['maxLength']) ?? text.length);
}

function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[Math.floor(random() * list.length)];
}
