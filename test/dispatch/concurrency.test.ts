import {describe, expect, it} from 'vitest';
import {
  type ConcurrencyLimit,
  createAdaptiveLimit,
  createFixedLimit,
} from '../../src/dispatch/concurrency.ts';

function answer(
  limit: ConcurrencyLimit,
  count: number,
  about: {tookMs?: number; isSaturated?: boolean; callsPerMs?: number} = {},
) {
  for (let index = 0; index < count; index++) limit.onAnswer({tookMs: 100, isSaturated: true, ...about});
}

describe('an adaptive limit', () => {
  it('starts at ten and doubles with each round of answers, up to its ceiling', () => {
    const limit = createAdaptiveLimit(64);
    const seen = [0, 1, 2, 3].map(() => {
      const {current} = limit;
      answer(limit, current);
      return current;
    });
    expect(seen).toEqual([10, 20, 40, 64]);
    expect(createAdaptiveLimit(3).current).toBe(3);
  });

  it('does not grow while places are not what is short', () => {
    const limit = createAdaptiveLimit(64);
    answer(limit, 100, {isSaturated: false});
    expect(limit.current).toBe(10);
  });

  it.each([
    ['to 0.8 where the quota is known', true, 32],
    ['to a half where it is not', false, 20],
  ])(
    'is cut %s, once for all calls that were refused together, and grows slowly from then on',
    (_, isPaced, cut) => {
      const limit = createAdaptiveLimit(64);
      answer(limit, 30);
      const {round} = limit;
      for (let index = 0; index < 9; index++) limit.onRefusal(round, isPaced);
      expect(limit.current).toBe(cut);
      answer(limit, cut);
      expect(limit.current).toBe(Math.floor(cut + Math.max(1, cut * 0.05)));
      limit.onRefusal(limit.round, isPaced);
      expect(limit.current).toBeLessThan(cut);
    },
  );

  it('takes at once as many places as a quota needs at the latency seen, beyond what it would try blindly', () => {
    const limit = createAdaptiveLimit(8_192);
    answer(limit, 1, {tookMs: 20_000, callsPerMs: 0.1});
    expect(limit.current).toBe(4_000);
    answer(limit, 100, {tookMs: 20_000, callsPerMs: 0.1});
    expect(limit.current).toBe(4_000);
    const blind = createAdaptiveLimit(8_192);
    answer(blind, 9_000);
    expect(blind.current).toBe(1_024);
  });

  it('takes no more places for a quota once it has been refused', () => {
    const limit = createAdaptiveLimit(8_192);
    limit.onRefusal(limit.round, true);
    answer(limit, 10, {tookMs: 20_000, callsPerMs: 0.1});
    expect(limit.current).toBeLessThan(20);
  });

  it('never falls below one', () => {
    const limit = createAdaptiveLimit(64);
    for (let index = 0; index < 20; index++) limit.onRefusal(limit.round, false);
    expect(limit.current).toBe(1);
  });

  it('settles near what a service works on at once, when more only wait for each other', () => {
    const limit = createAdaptiveLimit(1_024);
    const atOnce = 40;
    for (let round = 0; round < 100; round++) {
      const inFlight = limit.current;
      answer(limit, inFlight, {tookMs: 200 * Math.max(1, inFlight / atOnce)});
    }
    expect(limit.current).toBeGreaterThanOrEqual(atOnce);
    expect(limit.current).toBeLessThan(3 * atOnce);
  });

  it('yields no further than to what has been good before, and then takes rows that have become longer for what they are', () => {
    const limit = createAdaptiveLimit(64);
    answer(limit, 20);
    const before = limit.current;
    const seen: number[] = [];
    for (let round = 0; round < 200; round++) {
      answer(limit, limit.current, {tookMs: 1_000});
      seen.push(limit.current);
    }
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(19);
    expect([before, seen.at(-1)]).toEqual([30, 64]);
  });

  it('is not held down by a first round that was quick by chance', () => {
    const limit = createAdaptiveLimit(256);
    answer(limit, 10, {tookMs: 100});
    for (let round = 0; round < 20; round++) answer(limit, limit.current, {tookMs: 280});
    expect(limit.current).toBe(256);
  });

  it('does not take rows of different length for a queue', () => {
    const limit = createAdaptiveLimit(256);
    for (let round = 0; round < 10; round++)
      for (let index = limit.current; index > 0; index--) answer(limit, 1, {tookMs: 50 + (index % 10) * 500});
    expect(limit.current).toBe(256);
  });
});

describe('a fixed limit', () => {
  it('stands still, whatever the answers', () => {
    const limit = createFixedLimit(8);
    expect([limit.current, limit.isMoving]).toEqual([8, false]);
    answer(limit, 20, {tookMs: 1e6});
    expect(limit.current).toBe(8);
  });

  it('is left after a refusal and come back to, and not passed', () => {
    const limit = createFixedLimit(40);
    limit.onRefusal(limit.round, false);
    expect([limit.current, limit.isMoving]).toEqual([20, true]);
    answer(limit, 2_000);
    expect([limit.current, limit.isMoving]).toEqual([40, false]);
  });
});
