import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {seededRandom} from '../../../src/runtime/random.ts';
import {pickBackend} from '../../../src/servers/gateway/gateway-weights.ts';

function named(...weights: readonly number[]): {backend: string; weight: number}[] {
  return weights.map((weight, index) => ({backend: String(index), weight}));
}

describe('picking a backend', () => {
  it.each([
    [0, '0'],
    [0.24, '0'],
    [0.25, '1'],
    [0.999, '1'],
  ])('gives each its part of the draws: %s is %s', (draw, expected) => {
    expect(pickBackend(named(1, 3), () => draw)).toBe(expected);
  });

  it('picks none when none has a weight', () => {
    expect(pickBackend(named(0, 0), () => 0)).toBeUndefined();
    expect(pickBackend([], () => 0)).toBeUndefined();
  });

  it('converges to the shares, and never picks a backend without one', () => {
    const weightsOf = fc.array(fc.integer({min: 0, max: 9}), {minLength: 1, maxLength: 5});
    fc.assert(
      fc.property(weightsOf, fc.integer(), (weights, seed) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const random = seededRandom(seed);
        const counts = weights.map(() => 0);
        const draws = 4000;
        for (let draw = 0; draw < draws; draw++) {
          const picked = Number(pickBackend(named(...weights), random));
          counts[picked] = (counts[picked] ?? 0) + 1;
        }
        weights.forEach((weight, index) => {
          const share = weight / total;
          // Five standard deviations: less than one in a million by chance, and chance is seeded.
          const tolerance = 5 * Math.sqrt((share * (1 - share)) / draws);
          expect(Math.abs((counts[index] ?? 0) / draws - share)).toBeLessThanOrEqual(tolerance);
        });
      }),
      {numRuns: 30, seed: 1},
    );
  });
});
