import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {sameAnswer} from '../../../src/simulator/answers/normalise-answer.ts';

describe('two answers', () => {
  it.each([
    ['Paris', 'paris.'],
    ['72', 'A: 72'],
    ['1,000', 'The answer is \\boxed{1000}.'],
    ['3.50', '3.5'],
    ['ls -la /var', '`LS  -la /var`'],
    ['\\frac{1}{2}', 'so \\boxed{\\frac{1}{2}}'],
    ['Jupiter', 'The largest planet is Jupiter, of course.'],
    ['$18', '18 dollars'],
    ['+', ' + '],
    ['北京', '答案是 北京'],
  ])('%j and %j are the same', (left, right) => {
    expect(sameAnswer(left, right)).toBe(true);
    expect(sameAnswer(right, left)).toBe(true);
  });

  it.each([
    ['72', '73'],
    ['7', '72'],
    ['72', 'first 72, then \\boxed{73}'],
    ['-5', '5'],
    ['', 'anything'],
    ['Paris', 'Par is'],
    ['3.5', '35'],
  ])('%j and %j are not the same', (left, right) => {
    expect(sameAnswer(left, right)).toBe(false);
    expect(sameAnswer(right, left)).toBe(false);
  });

  it('are the same when they are equal, whatever they are', () => {
    fc.assert(fc.property(fc.string({unit: 'grapheme'}), (text) => sameAnswer(text, text)));
  });
});
