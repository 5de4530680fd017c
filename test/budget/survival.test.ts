import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {estimateSurvival} from '../../src/budget/survival.ts';
import {fitProportionalTrend, fitTrend} from '../../src/budget/trend.ts';
import {lognormal, seeded} from './forecast-scene.ts';

describe('survival', () => {
  it('weighs all alike when nothing runs', () => {
    const {weights, beyond} = estimateSurvival([3, 1, 2, 4], []);
    for (const weight of weights) expect(weight).toBeCloseTo(0.25, 12);
    expect(beyond).toBeCloseTo(0, 12);
  });

  it('gives the weight of those that run to those that took longer than they have so far', () => {
    // Of five, the one that has run for 2.5 is as likely to take 3 as 4.
    const {weights} = estimateSurvival([1, 2, 3, 4], [2.5]);
    expect([...weights].map((weight) => Number(weight.toFixed(3)))).toEqual([0.2, 0.2, 0.3, 0.3]);
  });

  it('accounts for every rollout, for all durations', () => {
    const times = fc.array(fc.double({min: 0.1, max: 100, noNaN: true}), {minLength: 1, maxLength: 50});
    fc.assert(
      fc.property(times, times, (durations, running) => {
        const {weights, beyond, expectedBeyond} = estimateSurvival(durations, running);
        expect(weights.reduce((sum, weight) => sum + weight, beyond)).toBeCloseTo(1, 9);
        expect(expectedBeyond).toBeGreaterThanOrEqual(Math.max(...durations) - 1e-9);
      }),
    );
  });

  it('expects of those beyond what the shape of the others lets expect', () => {
    // The shorter half of all from 1 to 3.
    const random = seeded(5);
    const durations = Array.from({length: 400}, () => 1 + 2 * random());
    const seen = durations.filter((duration) => duration < 2);
    const running = durations.filter((duration) => duration >= 2).map(() => 2);
    const {beyond, expectedBeyond} = estimateSurvival(seen, running);
    expect(beyond).toBeCloseTo(running.length / 400, 6);
    expect(expectedBeyond).toBeGreaterThan(2.3);
    expect(expectedBeyond).toBeLessThan(2.8);
  });
});

describe('a trend', () => {
  const xs = [1, 2, 3, 4, 5, 6, 7, 8];
  const ones = xs.map(() => 1);

  it('goes through points on a line, wherever it is asked for', () => {
    const {at} = fitTrend(
      xs,
      xs.map((x) => 10 + 3 * x),
      ones,
    );
    expect(at(100)).toBeCloseTo(310, 6);
  });

  it('is level where the points may as well lie as they do by chance', () => {
    const {at} = fitTrend(xs, [5, 9, 2, 8, 4, 7, 3, 8], ones);
    expect(at(1000)).toBeCloseTo(5.75, 9);
  });

  it('goes where the weight is', () => {
    expect(fitTrend([1, 1], [0, 10], [1, 3]).at(1)).toBe(7.5);
    expect(fitTrend([], [], []).at(3)).toBe(0);
  });
});

describe('a trend of what scatters the more the higher it lies', () => {
  it('is nearer to the truth than one by which all points count alike, over 200 seeds', () => {
    const errorOf = (fit: typeof fitTrend): number => {
      let sum = 0;
      for (let seed = 0; seed < 200; seed++) {
        const random = seeded(seed);
        const xs = Array.from({length: 50}, () => 20 * 50 ** random());
        const ys = xs.map((x) => x * lognormal(0.4, random));
        sum += Math.abs(
          fit(
            xs,
            ys,
            xs.map(() => 1),
          ).at(500) - 500,
        );
      }
      return sum / 200;
    };
    expect(errorOf(fitProportionalTrend)).toBeLessThanOrEqual(0.8 * errorOf(fitTrend));
  });

  it('is level where the points may as well lie as they do by chance, and none where there are none', () => {
    const xs = [1, 2, 3, 4, 5, 6, 7, 8];
    const {at} = fitProportionalTrend(
      xs,
      [5, 9, 2, 8, 4, 7, 3, 8],
      xs.map(() => 1),
    );
    expect(at(1000)).toBeCloseTo(5.75, 9);
    expect(fitProportionalTrend([], [], []).at(3)).toBe(0);
  });
});
