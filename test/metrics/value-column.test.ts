import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ValueColumn} from '../../src/metrics/value-column.ts';

describe('ValueColumn', () => {
  it('keeps what was pushed, far beyond its first size', () => {
    const column = new ValueColumn();
    for (let value = 0; value < 5000; value++) column.push(value);
    expect(column.length).toBe(5000);
    expect([...column.values()]).toEqual(Array.from({length: 5000}, (_, value) => value));
  });

  it('has no value for rows that were left out', () => {
    const column = new ValueColumn();
    column.set(2, 7);
    column.set(700, 8);
    expect([column.at(0), column.at(2), column.at(699), column.at(700), column.at(701)]).toEqual([
      NaN,
      7,
      NaN,
      8,
      NaN,
    ]);
    expect(column.length).toBe(701);
  });

  it('gives back every number as it was set, whatever came before it', () => {
    const numbers = fc.oneof(
      fc.integer({min: 0, max: 300}),
      fc.integer({min: 65_000, max: 66_000}),
      fc.integer({min: 2 ** 32 - 3, max: 2 ** 32 + 1}),
      fc.double(),
      fc.constantFrom(-0, NaN, 255, 65_535, 2 ** 32 - 1),
    );
    fc.assert(
      fc.property(fc.array(numbers, {maxLength: 30}), fc.nat(3), (values, gap) => {
        const column = new ValueColumn();
        for (const [index, value] of values.entries()) column.set(gap + index, value);
        const missing = Array.from({length: values.length === 0 ? 0 : gap}, () => NaN);
        expect([...column.values()]).toEqual([...missing, ...values]);
      }),
    );
  });

  it('counts, and picks in copies', () => {
    const column = new ValueColumn();
    column.push(1);
    column.push(2);
    const values = column.values();
    column.set(0, 9);
    expect([...values]).toEqual([1, 2]);
    expect(column.count((value) => value > 1)).toBe(2);
    expect([...column.pick(Float64Array.of(1, 0, 5))]).toEqual([2, 9, NaN]);
  });
});
