import fc from 'fast-check';
import {RollcallError} from '../../src/core/errors.ts';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';

/** How many cases of a property: a few by default, `ROLLCALL_FUZZ` times as many in the long form (`npm run fuzz`). */
export function cases(count: number): {readonly numRuns: number} {
  return {numRuns: count * Number(process.env['ROLLCALL_FUZZ'] ?? 1)};
}

/** The long form takes minutes. */
export const fuzzTimeoutMs = 30 * 60_000;

/** Runs the action; an error that is expected to happen is fine, any other is a bug and thrown. */
export async function expectNoBug(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
  }
}

/** JSON of any kind, with the keys and values that make trouble. */
export const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{value: JsonValue}>((tie) => ({
  value: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    fc.constantFrom<JsonValue>(
      null,
      true,
      false,
      0,
      -0,
      1,
      -1,
      1e308,
      2 ** 53,
      0.1,
      '',
      ' ',
      '\u0000',
      '\ud800',
      '😀',
    ),
    fc.string({unit: 'binary', maxLength: 20}),
    fc.double(),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'length', 'message', 'text', 'stop', 'function'),
    fc.array(tie('value'), {maxLength: 4}),
    fc.dictionary(
      fc.oneof(
        fc.string({maxLength: 8}),
        fc.constantFrom(
          'type',
          'role',
          'content',
          'text',
          'name',
          'id',
          'error',
          'code',
          '__proto__',
          'toJSON',
        ),
      ),
      tie('value'),
      {maxKeys: 4},
    ) as fc.Arbitrary<JsonValue>,
  ),
})).value;

/** The sample with some of its parts replaced, removed or doubled. */
export function mutated(sample: JsonValue): fc.Arbitrary<JsonValue> {
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'double'),
    value: anyJson,
  });
  return fc.array(change, {minLength: 1, maxLength: 3}).map((changes) => {
    let value = sample;
    for (const {at, how, value: other} of changes)
      value = changeAt(value, {left: at % countParts(value)}, how, other);
    return value;
  });
}

/** A text with some of its characters changed, cut or repeated. */
export function garbled(text: string): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(Math.max(0, text.length)),
    length: fc.nat(12),
    put: fc.oneof(
      fc.string({maxLength: 4}),
      fc.constantFrom(
        '\n',
        '\r',
        '{',
        '}',
        '[',
        '"',
        ':',
        '- ',
        '\t',
        '\u0000',
        '&a',
        '*a',
        '!!',
        '${',
        '???',
        '|',
      ),
    ),
  });
  return fc
    .array(change, {minLength: 1, maxLength: 4})
    .map((changes) =>
      changes.reduce((now, {at, length, put}) => now.slice(0, at) + put + now.slice(at + length), text),
    );
}

function countParts(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value as JsonObject).reduce<number>((sum, part) => sum + countParts(part ?? null), 1);
}

function changeAt(value: JsonValue, place: {left: number}, how: string, other: JsonValue): JsonValue {
  if (place.left-- === 0) return other;
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value as JsonObject).flatMap(([key, part = null]): [string, JsonValue][] => {
    if (place.left === 0 && how === 'remove') {
      place.left = -1;
      return [];
    }
    const isDoubled = place.left === 0 && how === 'double';
    const changed: [string, JsonValue] =
      place.left < 0 ? [key, part] : [key, changeAt(part, place, how, other)];
    return isDoubled ? [changed, [`${key}2`, part]] : [changed];
  });
  return Array.isArray(value) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}
