import {describe, expect, it} from 'vitest';
import {type Batches, itemsOf, mapBatches} from '../../src/core/batches.ts';

describe('batches', () => {
  it('give their items in order, each made when it is asked for', async () => {
    const made: number[] = [];
    const doubled = mapBatches(batchesOf([1, 2], [], [3]), (item) => {
      made.push(item);
      return item * 2;
    });
    const items = itemsOf(doubled);
    expect(await items.next()).toEqual({done: false, value: 2});
    expect(made).toEqual([1]);
    const rest: number[] = [];
    for await (const item of items) rest.push(item);
    expect(rest).toEqual([4, 6]);
  });

  it('fail where an item fails', async () => {
    const failing = mapBatches(batchesOf([1]), () => {
      throw new Error('no item');
    });
    await expect(itemsOf(failing).next()).rejects.toThrow('no item');
  });
});

async function* batchesOf(...batches: number[][]): Batches<number> {
  for (const batch of batches) yield await Promise.resolve(batch);
}
