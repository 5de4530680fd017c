import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {KeyTable} from '../../src/core/key-table.ts';

const word = fc.oneof(fc.constantFrom(0, 1, 0xffffffff), fc.nat({max: 0xffffffff}));

describe('KeyTable', () => {
  it('numbers keys in the order in which they first come, as a Map of them would', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word, word), {maxLength: 300}), (keys) => {
        const table = new KeyTable();
        const model = new Map<string, number>();
        for (const key of keys) {
          const slot = model.get(key.join()) ?? model.size;
          model.set(key.join(), slot);
          expect(table.intern(...key)).toBe(slot);
          expect([...table.keyAt(slot)]).toEqual(key);
        }
        expect(table.size).toBe(model.size);
      }),
    );
  });

  it('keeps every key while it grows past its chunks', () => {
    const table = new KeyTable();
    for (let n = 0; n < 150_000; n++) table.intern(n, 0, n % 7, 0);
    for (let n = 0; n < 150_000; n++) expect(table.find(n, 0, n % 7, 0)).toBe(n);
    expect(table.find(150_000, 0, 0, 0)).toBe(-1);
    expect(table.size).toBe(150_000);
  });
});
