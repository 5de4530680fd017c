import {describe, expect, it} from 'vitest';
import {ValueColumn} from '../../src/metrics/value-column.ts';

describe('ValueColumn', () => {
  it('keeps what was pushed, far beyond its first size', () => {
    const column = new ValueColumn();
    for (let value = 0; value < 5000; value++) column.push(value);
    expect(column.length).toBe(5000);
    expect([...column.view()]).toEqual(Array.from({length: 5000}, (_, value) => value));
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

  it('pads and picks in copies', () => {
    const column = new ValueColumn();
    column.push(1);
    column.push(2);
    const padded = column.padded(4);
    column.set(0, 9);
    expect([...padded]).toEqual([1, 2, NaN, NaN]);
    expect([...column.pick(Uint32Array.of(1, 0, 5))]).toEqual([2, 9, NaN]);
  });
});
