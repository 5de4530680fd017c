import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {translatePythonRegex} from '../../src/judge/python-regex.ts';

/** The texts a pattern finds, as Python's `re.finditer(pattern, text, re.M | re.S)` would give them. */
function findAll(pattern: string, text: string): string[] | undefined {
  const regex = translatePythonRegex(pattern);
  return regex && [...text.matchAll(regex)].map(([whole]) => whole);
}

describe('translatePythonRegex', () => {
  it.each<[name: string, pattern: string, text: string, found: string[]]>([
    ['keeps a plain pattern', 'a+b?', 'aab a', ['aab', 'a']],
    ['names groups as Python does', '(?P<n>\\d)x(?P=n)', '1x1 1x2', ['1x1']],
    ['refers to groups by number', '(a|b)\\1', 'aa ab bb', ['aa', 'bb']],
    ['does not run a reference into the digit behind it', '(a)\\1(?:0)', 'aa0', ['aa0']],
    ['takes three octal digits as a character', '\\101\\x42\\u0043\\U00000044', 'ABCD', ['ABCD']],
    ['anchors the text with \\A and \\Z', '\\Aa|b\\Z', 'ab\nab', ['a', 'b']],
    ['lets \\A hold at the very start only', '\\Aa', 'a\na', ['a']],
    ['lets $ stop before a line feed and nothing else', 'a$', 'a\na\r\na\u2028a', ['a', 'a']],
    ['lets ^ start behind a line feed and nothing else', '^a', 'a\na\ra\u2028a', ['a', 'a']],
    ['lets . match line feeds', 'a.b', 'a\nb', ['a\nb']],
    ['lets . leave line feeds where a part says so', '(?-s:a.b)', 'a\nb axb', ['axb']],
    ['lets $ mean the end where a part says so', '(?-m:a$)', 'a\na\n', ['a']],
    ['lets ^ mean the start where a part says so', '(?-m:^a)', 'a\na', ['a']],
    ['knows letters and digits of all scripts', '\\w+', 'Größe_٣ 東京', ['Größe_٣', '東京']],
    ['knows digits of all scripts, but not fractions', '\\d+', '12 ٣٤ ½', ['12', '٣٤']],
    ['knows white space as Python does', 'a\\sb', 'a\u0085b a\u001cb a\ufeffb', ['a\u0085b', 'a\u001cb']],
    ['finds word boundaries in all scripts', '\\bé\\w*\\b', 'café école', ['école']],
    ['finds what is no word boundary', '\\Bb\\B', 'abc b', ['b']],
    ['keeps to ASCII when told', '(?a)\\w+|\\d', 'éa٣', ['a']],
    ['knows opposites', '\\D\\W\\S', '1a- b', ['- b']],
    ['ignores case when told at the start', '(?i)straße|É', 'STRAßE é', ['STRAßE', 'é']],
    ['takes several flags, and one after another', '(?s)(?im)A$', 'a\nb', ['a']],
    ['takes flags of a part that change nothing', '(?i)(?i:a)(?u:b)', 'AB', ['AB']],
    ['skips white space and comments of a verbose pattern', '(?x) a  b # c\n [ ] \\ c', 'ab  c', ['ab  c']],
    ['skips comments', 'a(?#not b)c', 'ac', ['ac']],
    ['takes a closing bracket first in a class as itself', '[]a]+', ']a]b', [']a]']],
    ['takes it in a negated class too', '[^]a]+', ']bc]', ['bc']],
    ['takes punctuation in a class as itself', '[-&&|{}()/\\[^$.~-]+', 'a-&&|{}()/[^$.~', ['-&&|{}()/[^$.~']],
    ['takes a hyphen at the end of a class as itself', '[a-]+', 'a-b', ['a-']],
    ['knows ranges, escapes and octal in a class', '[a-c\\n\\x41\\101\\b]+', 'abc\nA\bd', ['abc\nA\b']],
    ['knows shorthands in a class', '[\\d,]+|[^\\W\\d]+', '1,000 ab1', ['1,000', 'ab', '1']],
    ['knows opposites in a class', '[\\D]+', '1ab2', ['ab']],
    ['counts repeats', 'a{2}b{1,2}c{1,}d{,1}', 'aabbccd aabc', ['aabbccd', 'aabc']],
    ['takes other braces as themselves', 'a{b}{}{,x}', 'a{b}{}{,x}', ['a{b}{}{,x}']],
    ['takes lone closing brackets as themselves', 'a]}', 'a]}', ['a]}']],
    ['is lazy when told', 'a+?b*?c??', 'aab', ['a', 'a']],
    ['looks ahead and behind', '(?<=x)a(?=b)|(?<!x)c(?!d)', 'xab cd c', ['a', 'c']],
    ['takes escaped punctuation as itself', '\\*\\*\\\\\\(\\-\\@\\"', '**\\(-@"', ['**\\(-@"']],
    ['finds characters beyond the first plane whole', '^.$', '🎲', ['🎲']],
    ['alternates', 'cat|dog', 'dog cat', ['dog', 'cat']],
  ])('%s', (_name, pattern, text, found) => {
    expect(findAll(pattern, text)).toEqual(found);
  });

  it.each([
    ['NeMo Gym: double parentheses', '\\(\\((.*?)\\)\\)', 'so ((42)).', '42'],
    ['NeMo Gym: tags', '<final_answer>(.*?)</final_answer>', '<final_answer>\nx\n</final_answer>', '\nx\n'],
    [
      'NeMo Gym: boxed with nested braces',
      '\\\\boxed\\{((?:[^{}]|\\{[^{}]*\\})*)\\}',
      '\\boxed{\\frac{1}{2}}',
      '\\frac{1}{2}',
    ],
    ['NeMo Gym: double asterisks', '\\*\\*(.*?)\\*\\*', 'it is **7**', '7'],
    [
      'NeMo Gym: a fenced block',
      'Answer:\\s*```(?:[a-z]*)\\n(.*?)\\n```',
      'Answer:\n```sh\nls -a\n```',
      'ls -a',
    ],
  ])('captures as the data of %s needs it', (_name, pattern, text, captured) => {
    expect([...text.matchAll(translatePythonRegex(pattern)!)].at(-1)?.[1]).toBe(captured);
  });

  it.each([
    '(',
    ')',
    '[a',
    'a**',
    'a{2}{3}',
    '*a',
    '^*',
    '\\b+',
    'a++',
    'a*+',
    '(?>a)',
    '(a)?(?(1)b|c)',
    'a(?i)b',
    '(?i:a)b',
    '(?-i:a)x(?i)',
    '(?<n>a)',
    '(?P=n)',
    '(?P>n)',
    '(?P<1>a)',
    '(?P<n>a)(?P<n>b)',
    '\\1(a)',
    '(a\\1)',
    '\\q',
    '\\x4',
    '\\u12',
    '\\N{DIGIT ONE}',
    '\\U00110000',
    '[z-a]',
    '[\\w-z]',
    '[a-\\d]',
    '[\\8]',
    '\\400',
    '[\\400]',
    'a\\',
    '(?',
    '(?z)',
    '(?#a',
    '(?L)a',
    '(?-a:b)',
  ])('refuses %j', (pattern) => {
    expect(translatePythonRegex(pattern)).toBeUndefined();
  });

  it('turns any text into a pattern for itself when it is escaped as Python escapes it', () => {
    const escape = (text: string): string => text.replaceAll(/[^\p{L}\p{N}_]/gu, '\\$&');
    fc.assert(
      fc.property(fc.string({unit: 'grapheme', minLength: 1}), (text) => {
        expect(findAll(`\\A${escape(text)}\\Z`, text)).toEqual([text]);
      }),
    );
  });

  it('never throws, whatever the pattern', () => {
    const piece = fc.constantFrom(
      'a',
      '1',
      '\\',
      '(',
      ')',
      '?',
      ':',
      'P',
      '<',
      '>',
      '=',
      '[',
      ']',
      '^',
      '-',
      '{',
      '}',
      ',',
      '*',
      '+',
      '|',
      '$',
      'i',
      '#',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, {maxLength: 14}), (pieces) => {
        const regex = translatePythonRegex(pieces.join(''));
        expect(regex === undefined || regex.flags.includes('v')).toBe(true);
      }),
      {numRuns: 500},
    );
  });
});
