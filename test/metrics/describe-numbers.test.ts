import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {describeNumbers, quantileOfSorted, sum} from '../../src/metrics/describe-numbers.ts';

const numbers = (...values: number[]): Float64Array => Float64Array.from(values);

describe('describeNumbers', () => {
  it.each([
    ['of one', [3], {count: 1, mean: 3, max: 3, min: 3, median: 3, std: undefined}],
    ['of an even count', [1, 0, 1, 1], {count: 4, mean: 0.75, max: 1, min: 0, median: 1, std: 0.5}],
    [
      'with a median between two',
      [4, 1, 3, 2],
      {count: 4, mean: 2.5, max: 4, min: 1, median: 2.5, std: Math.sqrt(5 / 3)},
    ],
    [
      'with gaps',
      [Number.NaN, 2, Number.NaN, 4],
      {count: 2, mean: 3, max: 4, min: 2, median: 3, std: Math.SQRT2},
    ],
  ])('describes values %s', (_name, values, description) => {
    expect(describeNumbers(numbers(...values))).toEqual(description);
  });

  it.each([[[]], [[Number.NaN]], [[Number.NaN, Number.NaN]]])('has nothing to say about %j', (values) => {
    expect(describeNumbers(numbers(...values))).toBeUndefined();
  });

  it('keeps nine digits where plain sums lose them', () => {
    const values = numbers(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16);
    expect(describeNumbers(values)?.std).toBeCloseTo(Math.sqrt(30), 9);
    expect(sum([1e16, 1, -1e16])).toBe(1);
  });

  it('agrees with the definitions for any values', () => {
    const value = fc.double({min: -1e6, max: 1e6, noNaN: true});
    fc.assert(
      fc.property(fc.array(value, {minLength: 2, maxLength: 60}), (values) => {
        const described = describeNumbers(numbers(...values))!;
        const sorted = [...values].sort((a, b) => a - b);
        const mean = values.reduce((total, each) => total + each, 0) / values.length;
        const squares = values.reduce((total, each) => total + (each - mean) ** 2, 0);
        const middle = sorted.length / 2;
        const median =
          sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
        const close = (actual: number, wanted: number): void => {
          expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
        };
        close(described.mean, mean);
        close(described.std!, Math.sqrt(squares / (values.length - 1)));
        close(described.median, median);
        expect([described.min, described.max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });
});

describe('quantileOfSorted', () => {
  // numpy.quantile([1, 2, 3, 4, 10], q)
  it.each([
    [0, 1],
    [0.5, 3],
    [0.95, 8.8],
    [0.99, 9.76],
    [1, 10],
  ])("at %d is NumPy's", (q, expected) => {
    expect(quantileOfSorted(numbers(1, 2, 3, 4, 10), q)).toBeCloseTo(expected, 12);
  });
});
