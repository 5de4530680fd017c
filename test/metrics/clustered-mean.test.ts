import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {meanByCluster} from '../../src/metrics/clustered-mean.ts';
import {describeNumbers} from '../../src/metrics/describe-numbers.ts';
import {studentT95} from '../../src/metrics/student-t.ts';

describe('studentT95', () => {
  // Printed tables of Student's t, two-sided 5 %.
  it.each([
    [1, 12.7062],
    [2, 4.30265],
    [3, 3.18245],
    [4, 2.77645],
    [5, 2.57058],
    [9, 2.26216],
    [10, 2.22814],
    [30, 2.04227],
    [100, 1.98397],
    [120, 1.97993],
    [1000, 1.96234],
  ])('of %d degrees is %d', (degrees, t) => {
    expect(studentT95(degrees)).toBeCloseTo(t, 4);
  });

  it('falls without a step where the series takes over', () => {
    expect(studentT95(200) - studentT95(201)).toBeCloseTo(studentT95(199) - studentT95(200), 5);
    expect(studentT95(201)).toBeLessThan(studentT95(200));
  });
});

describe('meanByCluster', () => {
  const of = (values: readonly number[], clusters: readonly number[]) =>
    meanByCluster(Float64Array.from(values), Float64Array.from(clusters));

  it('is the plain standard error when every value is a cluster of its own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: 2, maxLength: 40}),
        (values) => {
          const clustered = of(
            values,
            values.map((_, index) => index),
          )!;
          const plain = describeNumbers(Float64Array.from(values))!;
          expect(clustered.standardError).toBeCloseTo(plain.std! / Math.sqrt(values.length), 9);
        },
      ),
    );
  });

  it('is not fooled by repeats that say the same', () => {
    const once = of([1, 0, 1, 1], [0, 1, 2, 3])!;
    const fourTimes = of(
      [1, 0, 1, 1].flatMap((value) => [value, value, value, value]),
      [0, 1, 2, 3].flatMap((task) => [task, task, task, task]),
    )!;
    expect(fourTimes.standardError).toBeCloseTo(once.standardError!, 12);
  });

  it('computes a case by hand', () => {
    // Mean 0.75; the tasks' deviations sum to −0.5 and 0.5: √(0.5 · 2 / 1) / 4 = 0.25; t of one degree is 12.7062.
    const mean = of([1, 0, 1, 1], [0, 0, 1, 1])!;
    expect(mean).toMatchObject({count: 4, mean: 0.75, clusters: 2, standardError: 0.25});
    expect(mean.interval95![0]).toBeCloseTo(0.75 - 12.7062 / 4, 4);
    expect(mean.interval95![1]).toBeCloseTo(0.75 + 12.7062 / 4, 4);
  });

  it('leaves out values that are not there, and trusts a single task not at all', () => {
    expect(of([1, Number.NaN, 0], [0, 0, 0])).toEqual({
      count: 2,
      mean: 0.5,
      clusters: 1,
      standardError: undefined,
      interval95: undefined,
    });
    expect(of([Number.NaN], [0])).toBeUndefined();
  });
});
