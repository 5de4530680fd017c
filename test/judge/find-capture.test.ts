import {describe, expect, it} from 'vitest';
import {findCapture} from '../../src/judge/find-capture.ts';

describe('findCapture', () => {
  it.each([
    ['takes the last match', /\*\*(.*?)\*\*/gsu, '**a** **b**', 'b'],
    ['takes the first capture that is not blank', /<(\s*)(\w*)>(\w*)/gsu, '< x>y', 'x'],
    ['takes the whole match when all captures are blank', / a(\s*) /gsu, ' a  ', 'a'],
    ['takes the whole match when an alternative left its captures out', /(x)|b/gsu, 'x b', 'b'],
    ['takes the whole match of a pattern without captures', /\d+ /gsu, '1 22 ', '22'],
    ['strips what it found', /\((.*?)\)/gsu, '( \u001f4 )', '4'],
  ])('%s', (_name, pattern, text, found) => {
    expect(findCapture(pattern, text)).toEqual({kind: 'found', text: found});
  });

  it('says when there is no match', () => {
    expect(findCapture(/x/gsu, 'abc')).toEqual({kind: 'none'});
    expect(findCapture(/x+y+/gsu, 'abc')).toEqual({kind: 'none'});
  });

  it('searches a guarded pattern as it does an unguarded one', () => {
    expect(findCapture(/a(b+)c+/gsu, 'abc abbc')).toEqual({kind: 'found', text: 'bb'});
    expect(findCapture(/a(b*)/gsu, `${'x'.repeat(9000)}abb`)).toEqual({kind: 'found', text: 'bb'});
  });

  it.each([
    ['nested loops', /(a+)+$/gsu],
    ['nested counts', /(a{1,30}){1,30}$/gsu],
    ['options in a loop', /(a|a?)+$/gsu],
  ])('cuts off a search with %s', (_name, pattern) => {
    expect(findCapture(pattern, `${'a'.repeat(39)}b`)).toEqual({kind: 'timeout'});
  });

  it('cuts off a search that text was made to let run for ever', () => {
    expect(findCapture(/(a+)+$/gsu, `${'a'.repeat(60)}b`)).toEqual({kind: 'timeout'});
    expect(findCapture(/(a+)+$/gsu, 'aa')).toEqual({kind: 'found', text: 'aa'});
  });
});
