import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {countTokens, splitTokens, takeTokens} from '../../../src/simulator/generation/tokens.ts';

const text = fc.string({unit: 'binary'});

describe('the tokens of a text', () => {
  it('join to the text and are whole characters', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const tokens = splitTokens(whole);
        expect(tokens.join('')).toBe(whole);
        expect(tokens.every((token) => isWellFormed(token))).toBe(true);
        expect(tokens.length).toBeLessThanOrEqual(countTokens(whole));
      }),
    );
  });

  it('cut at a limit are a beginning of the text and no more than the limit', () => {
    fc.assert(
      fc.property(text, fc.nat(10), (whole, limit) => {
        const taken = takeTokens(whole, limit);
        expect(whole.startsWith(taken) && isWellFormed(taken)).toBe(true);
        expect(countTokens(taken)).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text;
}
