import {ChatStreamAccumulator} from '../protocol/chat-stream.ts';
import {truncatedReply} from '../protocol/model-reply-errors.ts';
import {ResponsesStreamAccumulator} from '../protocol/responses-stream.ts';
import {EventDecoder, type ServerSentEvent} from '../protocol/server-sent-events.ts';
import type {UpstreamApi} from './capabilities.ts';

// A first event that is longer than this is no error.
const longestLook = 65_536;

/**
 * Waits until a stream has truly begun: an error among its first events, or an end before any, is thrown (as a
 * `StreamError` or a `CallError`) while there is still time to try again. What was read to find out comes again.
 */
export async function beginStream(
  chunks: AsyncIterable<Uint8Array>,
  api: UpstreamApi,
): Promise<AsyncIterable<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const accumulator = api === 'chat' ? new ChatStreamAccumulator() : new ResponsesStreamAccumulator();
  const decoder = new EventDecoder();
  const read: Uint8Array[] = [];
  try {
    for (let bytes = 0, hasBegun = false; !hasBegun && bytes < longestLook; ) {
      const result = await iterator.next();
      const isEnd = result.done === true;
      const events = isEnd ? decoder.end() : decoder.push(result.value);
      for (const event of events) accumulator.add(event);
      if (isEnd && events.length === 0) throw truncatedReply('it ended before any answer');
      if (isEnd) break;
      read.push(result.value);
      bytes += result.value.length;
      // A comment says that the service is at work: nobody waits longer to hear it.
      hasBegun = events.some(saysSomething) || result.value[0] === colon;
    }
  } catch (error) {
    await iterator.return?.();
    throw error;
  }
  return new ReadAgain(read, iterator);
}

/** Azure tells of the prompt's filters before there is an answer, in a frame without choices. */
function saysSomething({data}: ServerSentEvent): boolean {
  return !/"choices":\s*\[\s*\]/.test(data);
}

const colon = ':'.charCodeAt(0);

class ReadAgain implements AsyncIterableIterator<Uint8Array> {
  readonly #read: Uint8Array[];
  readonly #rest: AsyncIterator<Uint8Array>;

  constructor(read: Uint8Array[], rest: AsyncIterator<Uint8Array>) {
    this.#read = read;
    this.#rest = rest;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#read.shift();
    return chunk === undefined ? this.#rest.next() : Promise.resolve({done: false, value: chunk});
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#read.length = 0;
    await this.#rest.return?.();
    return {done: true, value: undefined};
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
