import type {Exchange, ExchangeReader} from './exchange.ts';
import type {ReplyHeaders} from './reply-headers.ts';

/** A reply whose body is read as it comes. */
export interface StreamedReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Read it once. Leaving the loop early closes the connection. Fails as a call does. */
  readonly chunks: AsyncIterable<Buffer>;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<Buffer, undefined>) => void;
  readonly reject: (error: Error) => void;
}

// Enough to keep the decoder busy; a reader that is further behind holds the server back.
const highWaterBytes = 262_144;

/** Hands the pieces of a reply to one reader, who sets the pace. */
export class ByteStream implements ExchangeReader, AsyncIterableIterator<Buffer, undefined> {
  readonly #onReply: (reply: StreamedReply) => void;
  readonly #onEarlyFailure: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #exchange: Exchange | undefined;
  #isPaused = false;
  #end: Error | 'done' | undefined;
  #waiter: Waiter | undefined;

  constructor(onReply: (reply: StreamedReply) => void, onEarlyFailure: (error: Error) => void) {
    this.#onReply = onReply;
    this.#onEarlyFailure = onEarlyFailure;
  }

  /** The exchange that fills this stream, to hold it back and to break it off. */
  attach(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  onHeaders(status: number, headers: ReplyHeaders): void {
    this.#onReply({status, headers, chunks: this});
  }

  onChunk(chunk: Buffer): void {
    if (this.#waiter !== undefined) {
      this.#answer({value: chunk, done: false});
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < highWaterBytes || this.#isPaused) return;
    this.#isPaused = true;
    this.#exchange?.pause();
  }

  onEnd(): void {
    this.#end = 'done';
    this.#answer({value: undefined, done: true});
  }

  onFailure(error: Error): void {
    this.#end = error;
    this.#onEarlyFailure(error);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.reject(error);
  }

  next(): Promise<IteratorResult<Buffer, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#bytes -= chunk.length;
      if (this.#isPaused && this.#bytes === 0) {
        this.#isPaused = false;
        this.#exchange?.resume();
      }
      return Promise.resolve({value: chunk, done: false});
    }
    if (this.#end === 'done') return Promise.resolve({value: undefined, done: true});
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => (this.#waiter = {resolve, reject}));
  }

  return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#chunks.length = 0;
    if (this.#end === undefined) this.#exchange?.fail(new Error('the reader left'));
    return Promise.resolve({value: undefined, done: true});
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #answer(result: IteratorResult<Buffer, undefined>): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve(result);
  }
}
