import {describe, expect, it} from 'vitest';
import {formatCount, formatCounted, formatDuration, formatShare} from '../../src/report/format-quantity.ts';

describe('quantities', () => {
  it.each([
    [0, '0 ms'],
    [47.6, '48 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [3210, '3.2 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 00 s'],
    [245_000, '4 min 05 s'],
    [3_599_400, '59 min 59 s'],
    [3_599_600, '1 h 00 min'],
    [7_380_000, '2 h 03 min'],
  ])('a time of %d ms reads %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [0, 5, '0 %'],
    [5, 5, '100 %'],
    [0, 0, '0 %'],
    [1, 3, '33.3 %'],
    [1, 100_000, '0.1 %'],
    [99_999, 100_000, '99.9 %'],
  ])('%d of %d is %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });

  it('a count has its thousands apart', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect([formatCounted(0, 'call'), formatCounted(1, 'call'), formatCounted(1200, 'call')]).toEqual([
      '0 calls',
      '1 call',
      '1,200 calls',
    ]);
  });
});
