import type {JsonValue} from '../core/json.ts';

/** A JSON object under construction. Keys that come from outside must not be assigned to it unchecked (`__proto__`). */
export type MutableJson = Record<string, JsonValue | undefined>;

/** A copy without the named members. */
export function without(value: Readonly<MutableJson>, ...names: readonly string[]): MutableJson {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

/** A copy without the members that are null: dumps of typed clients write every optional member out as null. */
export function withoutNulls(value: Readonly<MutableJson>): MutableJson {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}
