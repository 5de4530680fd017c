import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ValueColumn} from '../../../src/metrics/value-column.ts';
import {binsOf, renderHistogram} from '../../../src/report/html/histogram.ts';

function columnOf(values: readonly number[]): ValueColumn {
  const column = new ValueColumn();
  for (const value of values) column.push(value);
  return column;
}

describe('binsOf', () => {
  it('has a bar for each of a few values', () => {
    expect(binsOf(columnOf([1, 0, 1, Number.NaN, 0.5]), String)).toEqual([
      {label: '0', count: 1},
      {label: '0.5', count: 1},
      {label: '1', count: 2},
    ]);
  });

  it('has bars of equal width for measurements, few as they may be', () => {
    const bins = binsOf(columnOf([58, 61, 62.5, 62, 76, 89, 92, 116, 125, 158]), String);
    expect(bins[0]).toMatchObject({count: 4});
    expect(bins.at(-1)).toEqual({label: 'above, to 158', count: 1});
  });

  it('keeps a few far values from flattening all others', () => {
    const values = [...Array.from({length: 1000}, (_, index) => index), 1e9];
    const bins = binsOf(columnOf(values), String);
    expect(bins).toHaveLength(21);
    expect(bins.slice(0, 20).every(({count}) => count >= 40)).toBe(true);
    expect(bins.at(-1)).toEqual({label: 'above, to 1000000000', count: 10});
  });

  it('counts every value once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double({noDefaultInfinity: true}), fc.constant(3)), {maxLength: 300}),
        (values) => {
          const counted = binsOf(columnOf(values), String).reduce((sum, {count}) => sum + count, 0);
          expect(counted).toBe(values.filter((value) => !Number.isNaN(value)).length);
        },
      ),
    );
  });
});

it('a distribution of nothing is not drawn', () => {
  expect(renderHistogram(columnOf([Number.NaN]), {title: 'x', format: String})).toBeUndefined();
});
