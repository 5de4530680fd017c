import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {ascendingPlaces} from '../../src/metrics/ascending-places.ts';

describe('ascendingPlaces', () => {
  it('orders any numbers, equal ones by their place', () => {
    const numbers = fc.oneof(fc.nat(5), fc.integer(), fc.maxSafeNat(), fc.double({noNaN: true}));
    fc.assert(
      fc.property(fc.array(numbers), (values) => {
        const places = [...ascendingPlaces(values.length, (place) => values[place]!)];
        const expected = values.map((_, place) => place).sort((a, b) => values[a]! - values[b]! || a - b);
        expect(places).toEqual(expected);
      }),
    );
  });
});
