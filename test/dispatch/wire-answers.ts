import {CallError, type CallErrorOptions} from '../../src/core/errors.ts';
import type {WireAnswer, WireRequest} from '../../src/core/wire.ts';

export const ask: WireRequest = {api: 'chat', body: {messages: []}};

const trace = {deployment: 'gpt', calls: 1, queuedMs: 0, callMs: 5, requestId: 'r-1'};

/** A whole answer that says who gave it. */
export function bodyAnswer(text = '{}'): WireAnswer {
  return {content: {kind: 'body', bytes: text}, headers: {}, trace, facts: {}};
}

/** A stream that its test feeds. */
export function streamAnswer(chunks: AsyncIterable<Uint8Array>): WireAnswer {
  return {content: {kind: 'events', chunks}, headers: {}, trace, facts: {}};
}

export function textOf({content}: WireAnswer): string {
  return content.kind === 'body' ? String(content.bytes) : 'events';
}

export function failure(about: Partial<CallErrorOptions> = {}): CallError {
  return new CallError('no', {
    code: 'ERR_MODEL_SERVER',
    fault: 'model',
    effect: 'retry',
    httpStatus: 500,
    ...about,
  });
}

/** Chunks that come when they are given, and end or fail when told. */
export class FedChunks implements AsyncIterableIterator<Uint8Array> {
  isLeft = false;
  #waiting: ((step: IteratorResult<Uint8Array> | Error) => void) | undefined;

  next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      this.#waiting = (step) => (step instanceof Error ? reject(step) : resolve(step));
    });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.isLeft = true;
    return Promise.resolve({done: true, value: undefined});
  }

  give(): void {
    this.#waiting?.({done: false, value: new Uint8Array([1])});
  }

  end(): void {
    this.#waiting?.({done: true, value: undefined});
  }

  fail(error: Error): void {
    this.#waiting?.(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
