import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {embed} from '../../../src/simulator/generation/embed.ts';

const small = {seed: 1, model: 'text-embedding-3-small', dimensions: 1_536};
const lengthOf = (vector: readonly number[]) => Math.hypot(...vector);

describe('a vector', () => {
  it('has length one and the dimensions asked for, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({min: 1, max: 3_072}), fc.integer(), (text, dimensions, seed) => {
        const vector = embed(text, {...small, dimensions, seed});
        expect(vector).toHaveLength(dimensions);
        expect(lengthOf(vector)).toBeCloseTo(1, 5);
      }),
      {numRuns: 60},
    );
  });

  it('is the same for the same text, and far from that of another', () => {
    const [one, again, other] = [embed('a', small), embed('a', small), embed('b', small)];
    expect(again).toEqual(one);
    const cosine = one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
    expect(Math.abs(cosine)).toBeLessThan(0.2);
  });

  it.each([
    {name: 'seed', options: {...small, seed: 2}},
    {name: 'model', options: {...small, model: 'text-embedding-3-large'}},
  ])('depends on the $name', ({options}) => {
    expect(embed('a', options)).not.toEqual(embed('a', small));
  });

  it('begins like the longer one when it is shortened', () => {
    const long = embed('a', small).slice(0, 256);
    const short = embed('a', {...small, dimensions: 256});
    const scale = lengthOf(long);
    for (const [index, value] of short.entries()) expect(value).toBeCloseTo((long[index] ?? 0) / scale, 6);
  });
});
