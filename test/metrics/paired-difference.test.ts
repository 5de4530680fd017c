import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {meansByTask, pairedDifference} from '../../src/metrics/paired-difference.ts';
import {ValueColumn} from '../../src/metrics/value-column.ts';

describe('pairedDifference', () => {
  it('is the mean of the differences by task, with an interval by Student’s t', () => {
    const ours = new Map([
      [1, 1],
      [2, 0.5],
      [3, 1],
      [4, 0],
    ]);
    const other = new Map([
      [1, 0],
      [2, 0.5],
      [3, 0.5],
      [4, 0.5],
    ]);
    // By hand: differences 1, 0, 0.5, −0.5; mean 0.25; squares 0.5625 + 0.0625 + 0.0625 + 0.5625 = 1.25;
    // standard error √(1.25 ÷ 3 ÷ 4) = 0.3227486; t with 3 degrees 3.1824463: 0.25 ± 1.0271302.
    const pair = pairedDifference(ours, other);
    expect(pair).toMatchObject({tasks: 4, mean: 0.625, otherMean: 0.375, higher: 2, lower: 1, equal: 1});
    expect(pair?.difference.mean).toBe(0.25);
    expect(pair?.difference.standardError).toBeCloseTo(0.322_748_6, 7);
    expect(pair?.difference.interval95?.[0]).toBeCloseTo(-0.777_13, 5);
    expect(pair?.difference.interval95?.[1]).toBeCloseTo(1.277_13, 5);
  });

  it('takes only tasks that both have, and has no interval for one', () => {
    const pair = pairedDifference(
      new Map([
        [1, 1],
        [2, 1],
      ]),
      new Map([
        [2, 0],
        [3, 1],
      ]),
    );
    expect(pair).toMatchObject({tasks: 1, mean: 1, otherMean: 0, higher: 1});
    expect(pair?.difference.interval95).toBeUndefined();
  });

  it('is nothing without a common task', () => {
    expect(pairedDifference(new Map([[1, 1]]), new Map([[2, 1]]))).toBeUndefined();
  });

  it('is the opposite the other way round, and nothing between a run and itself', () => {
    const means = fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: 2, maxLength: 30});
    fc.assert(
      fc.property(means, means, (first, second) => {
        const [a, b] = [new Map(first.entries()), new Map(second.entries())];
        const [there, back] = [pairedDifference(a, b), pairedDifference(b, a)];
        expect(there?.difference.mean).toBeCloseTo(-(back?.difference.mean ?? 0), 12);
        expect([there?.higher, there?.lower]).toEqual([back?.lower, back?.higher]);
        expect(pairedDifference(a, a)?.difference).toMatchObject({mean: 0, interval95: [0, 0]});
      }),
    );
  });
});

describe('meansByTask', () => {
  it('averages the rollouts of each task that have a value', () => {
    const [tasks, values] = [new ValueColumn(), new ValueColumn()];
    for (const [task, value] of [
      [5, 1],
      [5, 0],
      [6, Number.NaN],
      [7, 0.25],
    ] as const) {
      tasks.push(task);
      values.push(value);
    }
    expect(meansByTask(tasks, values)).toEqual(
      new Map([
        [5, 0.5],
        [7, 0.25],
      ]),
    );
  });
});
