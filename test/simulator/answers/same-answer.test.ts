import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {sameAnswer} from '../../../src/simulator/answers/same-answer.ts';

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
    ['2, 4, 6', '2,4, 6'],
    ['2, 4, 6', 'The numbers are 2, 4, 6.'],
    ['red, green, blue', 'These are red, green and blue.'],
    ['Saturday', '1 January 2000 was a Saturday.'],
    ['429', 'HTTP 429 (Too Many Requests)'],
    ['72', 'She sold 48 and then 48 / 2 = 24, which makes 72.\n#### 72'],
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
    ['2, 4', '2, 4, 6'],
    ['2', '2, 4, 6'],
    ['2 4', '2 4 6'],
    ['6', 'The numbers are 2, 4, 6.'],
    ['5', '1/5'],
    ['5', '5-7'],
    ['2023', '14 February 2023'],
    ['x = 7', 'x = 7, y = 3'],
    ['red, green', 'red, green, blue'],
    ['green', 'The colours are red, green and blue.'],
    ['Venus', 'Mercury, Venus, Earth'],
    ['Paris', 'Paris or London'],
    ['Yes', 'yes and no'],
    ['red, green', 'red or green'],
    ['72', 'Either 24 or 72'],
  ])('%j and %j are not the same', (left, right) => {
    expect(sameAnswer(left, right)).toBe(false);
    expect(sameAnswer(right, left)).toBe(false);
  });

  it('are the same when they are equal, whatever they are', () => {
    fc.assert(fc.property(fc.string({unit: 'grapheme'}), (text) => sameAnswer(text, text)));
  });

  it('are compared alike in either order', () => {
    const texts = fc
      .array(fc.constantFrom('a', 'b', '1', '2', ', ', ' and ', ' ', '#### '))
      .map((all) => all.join(''));
    fc.assert(fc.property(texts, texts, (a, b) => sameAnswer(a, b) === sameAnswer(b, a)));
  });
});
