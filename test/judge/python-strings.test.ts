import {describe, expect, it} from 'vitest';
import {codePointLength, stripText} from '../../src/judge/python-strings.ts';

describe('stripText', () => {
  it.each([
    ['strips what Python calls white space', ' \t\n\u001c\u0085\u00a0\u2028\u3000a b\u001f ', 'a b'],
    ['leaves a byte order mark, which Python does not strip', '\ufeffa\ufeff', '\ufeffa\ufeff'],
    ['leaves nothing of a blank text', ' \n ', ''],
    ['leaves an empty text', '', ''],
  ])('%s', (_name, text, stripped) => {
    expect(stripText(text)).toBe(stripped);
  });
});

describe('codePointLength', () => {
  it('counts code points, not UTF-16 units', () => {
    expect(codePointLength('a🎲é')).toBe(3);
    expect(codePointLength('')).toBe(0);
  });
});
