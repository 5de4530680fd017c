import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseVerdict, type VerdictPosition} from '../../src/judge/parse-verdict.ts';

const brackets = {equal: '[[A=B]]', notEqual: '[[A!=B]]'};
const words = {equal: 'CORRECT', notEqual: 'INCORRECT'};

describe('parseVerdict', () => {
  it.each<[string, string, [typeof brackets, VerdictPosition], string | null]>([
    ['a lone label', 'They agree. [[A=B]]', [brackets, 'first'], '[[A=B]]'],
    ['no label', 'They agree.', [brackets, 'first'], null],
    ['nothing', '', [brackets, 'last'], null],
    ['the first of two', 'not [[A!=B]] but [[A=B]]', [brackets, 'first'], '[[A!=B]]'],
    ['the last of two', 'not [[A!=B]] but [[A=B]]', [brackets, 'last'], '[[A=B]]'],
    ['the longer of two in one place', 'INCORRECT', [words, 'first'], 'INCORRECT'],
    ['the longer of two in one place, from the end', 'INCORRECT', [words, 'last'], 'INCORRECT'],
    ['the shorter by itself', 'so: CORRECT', [words, 'last'], 'CORRECT'],
    [
      'the longer of two that begin alike',
      'YES_BUT',
      [{equal: 'YES', notEqual: 'YES_BUT'}, 'first'],
      'YES_BUT',
    ],
    ['labels as written only', '[[a=b]]', [brackets, 'first'], null],
  ])('finds %s', (_name, text, [labels, position], verdict) => {
    expect(parseVerdict(text, labels, position)).toBe(verdict);
  });

  it("takes the earlier of NeMo Gym's labels, wherever they stand", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('[[A=B]]', '[[A!=B]]', 'x', '[[', ']')), (pieces) => {
        const text = pieces.join('');
        const [equal, notEqual] = [text.indexOf(brackets.equal), text.indexOf(brackets.notEqual)];
        const first = [equal, notEqual].filter((index) => index >= 0).sort((a, b) => a - b)[0];
        const expected = first === undefined ? null : first === equal ? brackets.equal : brackets.notEqual;
        expect(parseVerdict(text, brackets, 'first')).toBe(expected);
      }),
    );
  });
});
