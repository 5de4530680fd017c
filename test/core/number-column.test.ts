import {describe, expect, it} from 'vitest';
import {NumberColumn} from '../../src/core/number-column.ts';

describe('NumberColumn', () => {
  it('holds numbers beyond a chunk and is 0 where nothing was set', () => {
    const column = new NumberColumn('uint32');
    column.set(200_000, 7);
    column.push(8);
    expect([column.get(0), column.get(200_000), column.get(200_001), column.get(999_999)]).toEqual([
      0, 7, 8, 0,
    ]);
    expect(column.length).toBe(200_002);
  });

  it('holds any number as float64', () => {
    const column = new NumberColumn('float64');
    column.push(2 ** 53 - 1);
    column.push(-1.5);
    expect([column.get(0), column.get(1)]).toEqual([2 ** 53 - 1, -1.5]);
  });
});
