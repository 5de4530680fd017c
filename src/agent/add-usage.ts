import {asJsonObject, asNumber, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';

/**
 * The usage of two turns together, as NeMo Gym adds it: a turn that reports none counts for nothing, and a detail that
 * one of two reports leaves out is unknown (null) in the sum.
 */
export function addUsage(a: JsonValue | undefined, b: JsonValue | undefined): JsonObject | null {
  const [first, second] = [asJsonObject(a), asJsonObject(b)];
  if (first === undefined || second === undefined) return first ?? second ?? null;
  return mergeMembers(first, second, addCount);
}

type Merge = (a: JsonValue | undefined, b: JsonValue | undefined) => JsonValue;

function addCount(a: JsonValue | undefined, b: JsonValue | undefined): JsonValue {
  if (isJsonObject(a) || isJsonObject(b)) return addDetails(a, b);
  const [x, y] = [asNumber(a), asNumber(b)];
  return x === undefined || y === undefined ? (b ?? a ?? null) : x + y;
}

function addDetails(a: JsonValue | undefined, b: JsonValue | undefined): JsonValue {
  if (isJsonObject(a) || isJsonObject(b))
    return mergeMembers(asJsonObject(a) ?? {}, asJsonObject(b) ?? {}, addDetails);
  const [x, y] = [asNumber(a), asNumber(b)];
  return x === undefined || y === undefined ? null : x + y;
}

function mergeMembers(a: JsonObject, b: JsonObject, merge: Merge): JsonObject {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(a[key], b[key])]));
}
