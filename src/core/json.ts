/** A bigint is an integer beyond 2^53 of a row (`parseExactJson`); write what may hold one with `writeExactJson`. */
export type JsonValue = string | number | bigint | boolean | null | JsonObject | readonly JsonValue[];

/** A JSON object as parsed: whatever we do not act upon travels in it untouched. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** Whether a parsed value is a JSON object (not null, not an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is a JSON object, else undefined: for reading optional nested parts of a payload. */
export function asJsonObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** The value if it is an array, else an empty one: for walking optional lists of a payload. */
export function asJsonArray(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

/** The value if it is a string, else undefined. */
export function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The value if it is a finite number, a bigint rounded; else undefined. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Whether lists and objects are nested in a value beyond `levels`. Stops there: what is deeper costs no stack. */
export function isDeeperThan(value: JsonValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).some((part) => isDeeperThan(part, levels - 1));
  // No list of values is made: every reply is looked through.
  const object = value as JsonObject;
  for (const key in object) if (isDeeperThan(object[key], levels - 1)) return true;
  return false;
}
