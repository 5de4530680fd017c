import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {toPlainLine, toPlainLines} from '../../src/report/plain-text.ts';

describe('toPlainLine', () => {
  it.each([
    [
      'takes out terminal sequences',
      '\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007',
      'red link',
    ],
    ['takes out controls and line breaks', 'a\r\nb\tc\u0000d\u009be', 'a b c d e'],
    ['takes out marks that turn the writing', 'a\u202egnp.exe\u2066b', 'a gnp.exe b'],
    ['leaves other scripts as they are', 'größer 東京 🎲', 'größer 東京 🎲'],
    ['cuts what is too long', 'abcdefghijklm', 'abcdefghi…'],
  ])('%s', (_name, text, line) => {
    expect(toPlainLine(text, 10 + (line.length > 10 ? 20 : 0))).toBe(line);
  });

  it('never lets a control through', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        expect(toPlainLine(text, 50)).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });
});

describe('toPlainLines', () => {
  it.each<[string, string, number, string[]]>([
    ['breaks between words', 'one two three', 7, ['one two', 'three']],
    ['breaks a word that is too long', 'ab cdefghijk', 4, ['ab', 'cdef', 'ghij', 'k']],
    ['keeps a short text', 'ab', 4, ['ab']],
    ['makes nothing of nothing', ' \n ', 4, []],
    ['begins no line with a command', 'ab ::error::x', 9, ['ab', ': error::x'.slice(0, 9), 'x']],
  ])('%s', (_name, text, width, lines) => {
    expect(toPlainLines(text, width)).toEqual(lines);
  });

  it('keeps every line within the width', () => {
    fc.assert(
      fc.property(fc.string({maxLength: 200}), fc.integer({min: 1, max: 30}), (text, width) => {
        for (const line of toPlainLines(text, width))
          expect(Array.from(line).length).toBeLessThanOrEqual(width);
      }),
    );
  });
});
