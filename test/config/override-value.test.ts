import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {toJson} from '../../src/config/config-node.ts';
import {parseOverrideValue} from '../../src/config/override-value.ts';

const origin = {file: 'test'};

function valueOf(text: string): unknown {
  const value = parseOverrideValue(text, origin);
  if (value.kind === 'extension') throw new Error('not a value');
  return toJson(value);
}

describe('parseOverrideValue', () => {
  it.each<[string, unknown]>([
    ['', ''],
    ['  ', ''],
    ['null', null],
    ['NULL', null],
    ['Null', null],
    ['true', true],
    ['False', false],
    ['yes', 'yes'],
    ['on', 'on'],
    ['5', 5],
    ['-3', -3],
    ['+1', 1],
    ['0', 0],
    ['1_000', 1000],
    ['007', '007'],
    ['00123', '00123'],
    ['2024-10-21', '2024-10-21'],
    ['2024-02-15-preview', '2024-02-15-preview'],
    ['1.2.3', '1.2.3'],
    ['123abc', '123abc'],
    ['1___0', '1___0'],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['-1.5E-2', -0.015],
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['nan', Number.NaN],
    ['infinity', 'infinity'],
    ['nullable', 'nullable'],
    ['[a, b,[1]]', ['a', 'b', [1]]],
    ['[ a , b ]', ['a', 'b']],
    ['[]', []],
    ['[\n  a.yaml,\n  b.yaml\n]', ['a.yaml', 'b.yaml']],
    ['{a: 1, b: {c: x}}', {a: 1, b: {c: 'x'}}],
    ['{a:1,b:2}', {a: 1, b: 2}],
    ['{}', {}],
    ['{1: a, x-y: b, "q r": c}', {'1': 'a', 'x-y': 'b', 'q r': 'c'}],
    ["'a, b'", 'a, b'],
    ['"a = b"', 'a = b'],
    ["'5'", '5'],
    ["'null'", 'null'],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`"say \"x\""`, 'say "x"'],
    [String.raw`'a\\'`, 'a\\'],
    [String.raw`'a\\\'b'`, String.raw`a\'b`],
    [String.raw`'C:\dir\new'`, String.raw`C:\dir\new`],
    ['${a.b}', '${a.b}'],
    ['x_${a}', 'x_${a}'],
    ['${oc.env:USER,me}', '${oc.env:USER,me}'],
    ["'${a, b}'", '${a, b}'],
    ['a b', 'a b'],
    ['  a b  ', 'a b'],
    [String.raw`a\,b`, 'a,b'],
    [String.raw`a\=b`, 'a=b'],
    [String.raw`\[x\]`, '[x]'],
    [String.raw`\{x\}\(y\)\:`, '{x}(y):'],
    [String.raw`a\\b`, String.raw`a\b`],
    [String.raw`a\nb`, String.raw`a\nb`],
    [String.raw`a\ `, 'a '],
    [String.raw`\5`, String.raw`\5`],
    ['https://here.openai.azure.com/x?y', 'https://here.openai.azure.com/x?y'],
    ['a:b', 'a:b'],
    ['12:30', '12:30'],
    ['a/b-c\\d+e.f$g%h*i@j?k|l', 'a/b-c\\d+e.f$g%h*i@j?k|l'],
    ['größe', 'größe'],
    ['int(3.9)', 3],
    ["int('12')", 12],
    ['[int(true), float(2)]', [1, 2]],
    ['str(5)', '5'],
    ['str([1, null, true])', ['1', 'null', 'true']],
    ['bool(0)', false],
    ["bool('TRUE')", true],
    ['float({a: 1})', {a: 1}],
    ['json_str({a: [1, x], b: null})', '{"a": [1, "x"], "b": null}'],
    ['sort([3, 1, 2])', [1, 2, 3]],
    ['sort([b, a], reverse=true)', ['b', 'a']],
  ])('reads %j', (text, expected) => {
    expect(valueOf(text)).toEqual(expected);
  });

  it.each([
    ['a,b', 'asks for several runs'],
    ['1,2,3', 'asks for several runs'],
    ['choice(a,b)', 'asks for several runs'],
    ['range(1,3)', 'asks for several runs'],
    ['glob(*)', 'asks for several runs'],
    ['abc==', '`=` has to be in quotes'],
    ['~/data', '`~` has to be in quotes'],
    ['https://x/?a&b', '`&` has to be in quotes'],
    ['a#b', '`#` has to be in quotes'],
    ['a!', '`!` has to be in quotes'],
    ['a;b', '`;` has to be in quotes'],
    ['a<b', '`<` has to be in quotes'],
    ['a^b', '`^` has to be in quotes'],
    ['a`b', '``` has to be in quotes'],
    ["it's", "`'` has to be in quotes"],
    ["'a'b", '`b` has to be in quotes'],
    ['a]', '`]` has to be in quotes'],
    ['a[0]', '`[` has to be in quotes'],
    ['[a', 'ends where `,` or `]` is expected'],
    ['[a,]', '`]` where a value is expected'],
    ['{a}', '`}` where `:` after a key is expected'],
    ['{a: 1', 'ends where `,` or `}` is expected'],
    ["'open", "a quote ' is not closed"],
    ['${open', '`${` is not closed'],
    ['nonsense(1)', 'no function `nonsense`'],
    ['constructor(1)', 'no function `constructor`'],
    ['int(a)', 'cannot be made a number'],
    ["int('3.9')", 'cannot be made a whole number'],
    ['bool(maybe)', 'cannot be made true or false'],
    ['int(1,2)', 'takes one argument'],
    ['sort(3,1)', 'takes one argument'],
    ['sort([1, a])', 'values of one kind'],
    ['sort([1], reverse=true, 2)', 'cannot follow a named one'],
    ['[extend_list(1)]', 'cannot stand inside another value'],
  ])('refuses %j', (text, message) => {
    expect(() => parseOverrideValue(text, origin)).toThrow(message);
  });

  it('keeps how a number was written, for fields that are texts', () => {
    expect(parseOverrideValue('1_000', origin)).toMatchObject({value: 1000, text: '1_000'});
    expect(parseOverrideValue('1e3', origin)).toMatchObject({value: 1000, text: '1e3'});
  });

  it('shuffles the same way each time, and loses nothing', () => {
    const once = valueOf('shuffle([1, 2, 3, 4, 5])');
    expect(valueOf('shuffle([1, 2, 3, 4, 5])')).toEqual(once);
    expect((once as number[]).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expect(once).not.toEqual([1, 2, 3, 4, 5]);
  });

  it('takes any text as it is when it is quoted the way its hints say', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme'}), (text) => {
        const quoted = `'${text.replace(/(\\*)('|$)/g, (_, run: string, quote: string) => run + run + (quote && `\\${quote}`))}'`;
        expect(valueOf(quoted)).toBe(text);
      }),
    );
  });

  it('either reads a text or says what is wrong with it', () => {
    fc.assert(
      fc.property(
        fc.string({unit: fc.constantFrom(...'a b 1 . : , = [ ] { } ( ) \' " \\ $ -'.split(' '), ' ')}),
        (text) => {
          try {
            valueOf(text);
          } catch (error) {
            expect(
              (error as Error).name === 'OverrideSyntaxError' || (error as Error).message === 'not a value',
            ).toBe(true);
          }
        },
      ),
    );
  });
});
