import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {locateJsonError} from '../../src/core/locate-json-error.ts';

describe('locateJsonError', () => {
  it.each([
    ['{"a":1,}', 7, 'has } where a key should be'],
    ['{"a" 1}', 5, 'has 1 where a colon should be'],
    ['{"a":}', 5, 'has } where a value should be'],
    ['{"a":1', 6, 'ends where a comma or } should be'],
    ['[1 2]', 3, 'has 2 where a comma or ] should be'],
    ['{"a":"x', 5, 'this string never ends'],
    ['{"a":"\\x"}', 6, '\\x is not an escape'],
    ['{"a":"\t"}', 6, 'control character U+0009'],
    ['{"a":NaN}', 5, 'has NaN where a value'],
    ["{'a':1}", 1, "has ' where a key or } should be"],
    ['{"a":1} {"b":2}', 8, 'has { where the end of the line'],
    ['{"a":01}', 5, 'has 01 where a value'],
    ['{"a":1.}', 5, 'has 1 where a value'],
    ['{"a":truex}', 5, 'has truex'],
    ['', 0, 'ends where a value'],
    ['\ufeff{}', 0, 'has U+feff where a value'],
    ['\u001b[31m', 0, 'has U+001b where a value'],
  ])('places the mistake of %j', (text, offset, message) => {
    expect(locateJsonError(text)).toMatchObject({
      offset,
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['{"a":NaN}', 'JSON has no such number'],
    ['{"a":-Infinity}', 'JSON has no such number'],
    ['{"a":None}', 'That is Python'],
    ["{'a':1}", 'json.dumps'],
    ['{"a":1}{', 'one JSON object'],
    ['{"a":"C:\\dir"}', 'written \\\\'],
  ])('knows what to do about %j', (text, hint) => {
    expect(locateJsonError(text)?.hint).toContain(hint);
  });

  it('finds nothing in what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\t\r\n'), (text, space) => {
        expect(locateJsonError(space + text + space)).toBeUndefined();
      }),
    );
  });

  it('agrees with JSON.parse on every text', () => {
    const alphabet = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '1',
      '-',
      '.',
      'e',
      '0',
      'null',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(alphabet, {maxLength: 12}), (parts) => {
        const text = parts.join('');
        expect(locateJsonError(text) === undefined).toBe(parses(text));
      }),
      {numRuns: 5_000},
    );
  });

  it('finds a mistake in every cut of an object', () => {
    const text = '{"a":[1.5e3,{"b":"\\u00e9\\""}],"c":null}';
    for (let end = 0; end < text.length; end++) expect(locateJsonError(text.slice(0, end))).toBeDefined();
  });

  it('needs no stack for deep nesting', () => {
    expect(locateJsonError('['.repeat(300_000))).toMatchObject({offset: 300_000});
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
