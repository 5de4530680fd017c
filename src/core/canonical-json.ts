import type {JsonObject, JsonValue} from './json.ts';

/** JSON with the keys of every object in order; `leaveOut`: keys of the outermost that do not count. For digests, not to be parsed. */
export function canonicalJson(value: JsonValue | undefined, leaveOut?: ReadonlySet<string>): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalJson(item)).join(',')}]`;
  const object = value as JsonObject;
  let text = '{';
  for (const key of Object.keys(object).sort()) {
    if (leaveOut?.has(key) === true) continue;
    text += `${JSON.stringify(key)}:${canonicalJson(object[key])},`;
  }
  return `${text}}`;
}
