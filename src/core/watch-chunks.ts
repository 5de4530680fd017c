/** How the reading of a stream ended: to its last chunk, by the reader's leaving, or with an error. */
export type StreamEnd = 'read' | 'left' | Error;

/**
 * The same chunks, and `onOver` called once when they are over: read to the end, failed, or left, be it before the first.
 * Leaving tells at once, even while a chunk is waited for: a generator would only hear of it when that has come.
 */
export function watchChunks<T>(chunks: AsyncIterable<T>, onOver: (end: StreamEnd) => void): AsyncIterable<T> {
  return new WatchedChunks(chunks, onOver);
}

class WatchedChunks<T> implements AsyncIterableIterator<T, undefined> {
  readonly #chunks: AsyncIterator<T>;
  #onOver: ((end: StreamEnd) => void) | undefined;

  constructor(chunks: AsyncIterable<T>, onOver: (end: StreamEnd) => void) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#onOver = onOver;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    if (this.#onOver === undefined) return {done: true, value: undefined};
    try {
      const result = await this.#chunks.next();
      if (result.done !== true) return result;
      this.#finish('read');
      return {done: true, value: undefined};
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (this.#onOver !== undefined) {
      this.#finish('left');
      await this.#chunks.return?.();
    }
    return {done: true, value: undefined};
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(end: StreamEnd): void {
    const tell = this.#onOver;
    this.#onOver = undefined;
    tell?.(end);
  }
}
