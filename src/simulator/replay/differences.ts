import {asJsonArray, asJsonObject, type JsonValue} from '../../core/json.ts';

/** A place where two values are not the same; undefined: one has nothing there. */
export interface Difference {
  /** `messages[1].content`; empty for the whole. */
  readonly path: string;
  readonly recorded: JsonValue | undefined;
  readonly asked: JsonValue | undefined;
}

/** Where two JSON values differ, from the top; the order of keys does not count. Lazy: take no more than you need. */
export function* differences(
  recorded: JsonValue | undefined,
  asked: JsonValue | undefined,
  path = '',
): Generator<Difference> {
  if (recorded === asked) return;
  if (Array.isArray(recorded) && Array.isArray(asked)) {
    const [before, after] = [asJsonArray(recorded), asJsonArray(asked)];
    for (let at = 0; at < Math.max(before.length, after.length); at++)
      yield* differences(before[at], after[at], `${path}[${at}]`);
    return;
  }
  const [before, after] = [asJsonObject(recorded), asJsonObject(asked)];
  if (before === undefined || after === undefined) {
    yield {path, recorded, asked};
    return;
  }
  for (const key of new Set([...Object.keys(after), ...Object.keys(before)]))
    yield* differences(ownMember(before, key), ownMember(after, key), memberPath(path, key));
}

function ownMember(
  object: {readonly [key: string]: JsonValue | undefined},
  key: string,
): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
