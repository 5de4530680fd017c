import {describe, expect, it} from 'vitest';
import {type StreamEnd, watchChunks} from '../../src/core/watch-chunks.ts';

async function* numbers(upTo: number): AsyncGenerator<number> {
  for (let number = 1; number <= upTo; number++) yield await Promise.resolve(number);
}

function watch<T>(chunks: AsyncIterable<T>) {
  const ends: StreamEnd[] = [];
  return {ends, iterator: watchChunks(chunks, (end) => ends.push(end))[Symbol.asyncIterator]()};
}

describe('watched chunks', () => {
  it('pass as they are, and their end is told once', async () => {
    const {ends, iterator} = watch(numbers(2));
    expect([await iterator.next(), await iterator.next()].map(({value}) => value as unknown)).toEqual([1, 2]);
    expect(ends).toEqual([]);
    expect(await iterator.next()).toEqual({done: true, value: undefined});
    await iterator.next();
    await iterator.return?.();
    expect(ends).toEqual(['read']);
  });

  it('tell of a reader that leaves before the first of them', async () => {
    const {ends, iterator} = watch(numbers(2));
    await iterator.return?.();
    expect(ends).toEqual(['left']);
    expect(await iterator.next()).toEqual({done: true, value: undefined});
  });

  it('tell of it at once while one is waited for', async () => {
    let give: (value: IteratorResult<number>) => void = () => undefined;
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({next: () => new Promise((resolve) => (give = resolve))}),
    };
    const {ends, iterator} = watch(silent);
    const pending = iterator.next();
    await iterator.return?.();
    expect(ends).toEqual(['left']);
    give({done: true, value: undefined});
    await pending;
    expect(ends).toEqual(['left']);
  });

  it('leave the source when they are left', async () => {
    let isLeft = false;
    async function* source(): AsyncGenerator<number> {
      try {
        yield* numbers(3);
      } finally {
        isLeft = true;
      }
    }
    for await (const number of watchChunks(source(), () => undefined)) if (number === 1) break;
    expect(isLeft).toBe(true);
  });

  it('fail as their source does', async () => {
    const failure = new Error('broken');
    const {ends, iterator} = watch({
      [Symbol.asyncIterator]: () => ({next: () => Promise.reject(failure)}),
    });
    await expect(iterator.next()).rejects.toBe(failure);
    expect(ends).toEqual([failure]);
  });
});
