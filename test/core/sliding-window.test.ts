import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createSlidingWindow} from '../../src/core/sliding-window.ts';

function filled(...parts: readonly (readonly [atMs: number, amount: number])[]) {
  const window = createSlidingWindow(100);
  for (const [atMs, amount] of parts) window.add(atMs, amount);
  return window;
}

describe('a sliding window', () => {
  it('holds the sum of its length, and forgets what is exactly as old', () => {
    const window = filled([0, 1], [50, 2]);
    window.expire(99);
    expect(window.total).toBe(3);
    window.expire(100);
    expect([window.total, window.partAt(0)]).toEqual([2, {atMs: 50, amount: 2}]);
  });

  it('tells when the sum has fallen far enough', () => {
    const window = filled([0, 1], [50, 2]);
    expect([3, 2, 0, -1].map((amount) => window.msUntilAtMost(amount, 60))).toEqual([0, 40, 90, undefined]);
  });

  it('puts what comes late, or is yet to come, where it belongs', () => {
    const window = filled([50, 2], [20, 1], [150, 4], [20.5, 1]);
    expect([0, 1, 2].map((index) => window.partAt(index))).toEqual([
      {atMs: 20, amount: 2},
      {atMs: 50, amount: 2},
      {atMs: 150, amount: 4},
    ]);
    window.expire(200);
    expect(window.total).toBe(4);
  });

  it('takes back what was added, and nothing that is gone', () => {
    const window = filled([0, 5], [50, 2]);
    window.take(0.3, 3);
    window.take(40, 9);
    expect(window.total).toBe(4);
    window.expire(100);
    window.take(0, 1);
    window.take(50, 9);
    expect(window.total).toBe(0);
  });

  it('takes out the oldest first', () => {
    const window = filled([0, 5], [50, 2]);
    window.takeOldest(6);
    expect([window.total, window.partAt(0)]).toEqual([1, {atMs: 50, amount: 1}]);
    window.takeOldest(9);
    expect(window.total).toBe(0);
    window.add(60, 3);
    expect([window.total, window.partAt(0)]).toEqual([3, {atMs: 60, amount: 3}]);
  });

  it('agrees with a plain list, for all orders of adding, taking and asking', () => {
    const step = fc.record({
      gapMs: fc.nat(30),
      lateMs: fc.nat(60),
      amount: fc.integer({min: 1, max: 9}),
      isTaken: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, {maxLength: 60}), (steps) => {
        const window = createSlidingWindow(100);
        let list: {atMs: number; amount: number}[] = [];
        let nowMs = 100;
        for (const {gapMs, lateMs, amount, isTaken} of steps) {
          nowMs += gapMs;
          window.expire(nowMs);
          list = list.filter(({atMs}) => nowMs - atMs < 100);
          window.add(nowMs - lateMs, amount);
          if (isTaken) window.take(nowMs - lateMs, amount);
          else list.push({atMs: nowMs - lateMs, amount});
          const sum = (from: number, to: number): number =>
            list.reduce((all, each) => all + (each.atMs > from && each.atMs <= to ? each.amount : 0), 0);
          expect(window.total).toBe(sum(-Infinity, Infinity));
          expect(window.sumBetween(nowMs - 50, nowMs - 20)).toBe(sum(nowMs - 50, nowMs - 20));
        }
      }),
    );
  });
});
