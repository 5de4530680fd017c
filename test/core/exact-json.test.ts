import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseExactJson, writeExactJson} from '../../src/core/exact-json.ts';
import type {JsonValue} from '../../src/core/json.ts';

const text = fc.oneof(
  fc.string({unit: 'binary'}),
  fc.constantFrom(
    'bigint',
    '{"bigint":"9007199254740993"}',
    'bigint9007199254740993',
    '"9007199254740993',
    '\\',
  ),
);
const number = fc.oneof(
  fc.double({noNaN: true, noDefaultInfinity: true}).map((value) => (Object.is(value, -0) ? 0 : value)),
  fc.integer(),
  fc.bigInt().filter((value) => !Number.isSafeInteger(Number(value))),
  fc.constantFrom(9007199254740993n, -9223372036854775808n, 18446744073709551615n),
);
const {value: anyValue} = fc.letrec<{value: JsonValue}>((tie) => ({
  value: fc.oneof(
    {maxDepth: 4},
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), {maxLength: 4}),
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('value'),
      {maxKeys: 4},
    ),
  ),
}));

describe('exact JSON', () => {
  it('comes back as it went out, whatever is in it', () => {
    fc.assert(
      // Doubles beyond 2^53 are written as integers, and read as such.
      fc.property(anyValue, (value) => {
        const written = writeExactJson(value);
        expect(writeExactJson(parseExactJson(written) as JsonValue)).toBe(written);
      }),
      {numRuns: 500},
    );
  });

  it('is JSON.parse for everything without long integers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = JSON.stringify(value);
        if (!/\d{16}/.test(written)) expect(parseExactJson(written)).toEqual(JSON.parse(written));
      }),
    );
  });

  it.each([
    ['9007199254740992', 9007199254740992n],
    ['9007199254740991', 9007199254740991],
    ['-9223372036854775808', -9223372036854775808n],
    ['[1234567890123456]', [1234567890123456]],
    ['0.12345678901234567890', 0.1234567890123456789],
    ['12345678901234567890.5', 12345678901234567890.5],
    ['12345678901234567890e2', 1234567890123456789e3],
    ['1e00000000000000001', 10],
    ['1E-1234567890123456', 0],
    ['{"12345678901234567890":"12345678901234567890"}', {'12345678901234567890': '12345678901234567890'}],
    ['"a\\"12345678901234567890"', 'a"12345678901234567890'],
    ['{"bigint":12345678901234567890}', {bigint: 12345678901234567890n}],
  ])('reads %s', (written, value) => {
    expect(parseExactJson(written)).toEqual(value);
  });

  it.each([
    '{"a":12345678901234567890',
    '[012345678901234567890]',
    '"12345678901234567890',
    '12345678901234567890 1',
  ])('refuses %s as JSON.parse does', (written) => {
    expect(() => parseExactJson(written)).toThrow(SyntaxError);
  });

  it('tells a bug from a bigint', () => {
    const circle: Record<string, JsonValue> = {};
    circle['self'] = circle;
    expect(() => writeExactJson(circle)).toThrow(TypeError);
  });
});
