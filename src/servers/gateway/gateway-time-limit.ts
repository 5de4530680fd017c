import {CancellationSource} from '../../core/cancellation.ts';
import type {Clock} from '../../core/clock.ts';
import {CallError, CancelledError} from '../../core/errors.ts';
import type {CallOptions} from '../../core/ports.ts';
import {watchChunks} from '../../core/watch-chunks.ts';
import type {WireAnswer, WireModel, WireRequest} from '../../core/wire.ts';
import {errorEvent} from './gateway-error-event.ts';

/**
 * The same model, but an exchange that takes longer than `limitMs`, retry, failover and a stream's last byte included, is
 * broken off: it fails with a `CallError` (`ERR_GATEWAY_TIMEOUT`), or its stream ends with an error event.
 */
export function limitExchangeTime(model: WireModel, limitMs: number, clock: Clock): WireModel {
  return (request, options) => answerInTime(model, request, options, {limitMs, clock});
}

// A longer timer would fire at once (32 bits).
const longestTimerMs = 2_147_483_647;

interface TimeLimit {
  readonly limitMs: number;
  readonly clock: Clock;
}

async function answerInTime(
  model: WireModel,
  request: WireRequest,
  {cancellation}: CallOptions,
  {limitMs, clock}: TimeLimit,
): Promise<WireAnswer> {
  const scope = new CancellationSource(cancellation);
  // Not the error itself: nobody on the way down shall take it for a provider's and try again.
  const expiry = new CancelledError('out of time');
  const stopTimer = clock.setTimer(Math.min(limitMs, longestTimerMs), () => scope.cancel(expiry));
  const finish = (): void => {
    stopTimer();
    scope.release();
  };
  scope.onCancel(finish);
  try {
    const answer = await model(request, {cancellation: scope});
    const {content} = answer;
    if (content.kind === 'body') {
      finish();
      return answer;
    }
    const chunks = watchChunks(content.chunks, finish);
    const endInTime = new EndInTime(chunks, {scope, expiry, request, answer, limitMs});
    return {...answer, content: {kind: 'events', chunks: endInTime}};
  } catch (error) {
    finish();
    throw scope.reason === expiry ? timedOut(limitMs) : error;
  }
}

interface StreamLimit {
  readonly scope: CancellationSource;
  /** The reason with which `scope` is cancelled when the time is up. */
  readonly expiry: Error;
  readonly request: WireRequest;
  readonly answer: WireAnswer;
  readonly limitMs: number;
}

/** A stream that ends with an error event when its time is up, whether or not its source heeds the cancellation. */
class EndInTime implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #limit: StreamLimit;
  #last: Uint8Array | undefined;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>, limit: StreamLimit) {
    this.#source = chunks[Symbol.asyncIterator]();
    this.#limit = limit;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return {done: true, value: undefined};
    const step = this.#isExpired() ? 'expired' : await this.#nextInTime();
    if (step === 'expired') return {done: false, value: this.#cutOff()};
    if (step.done === true) {
      this.#isOver = true;
      return {done: true, value: undefined};
    }
    this.#last = step.value;
    return step;
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isOver = true;
    await this.#source.return?.();
    return {done: true, value: undefined};
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #isExpired(): boolean {
    const {scope, expiry} = this.#limit;
    return scope.reason === expiry;
  }

  #nextInTime(): Promise<IteratorResult<Uint8Array> | 'expired'> {
    return new Promise((resolve) => {
      const stopListening = this.#limit.scope.onCancel(() => {
        if (this.#isExpired()) resolve('expired');
      });
      const step = this.#source.next();
      const settle = (): void => {
        stopListening();
        // A source that is broken off may fail or end before it is known here why.
        resolve(this.#isExpired() ? 'expired' : step);
      };
      step.then(settle, settle);
    });
  }

  #cutOff(): Uint8Array {
    this.#isOver = true;
    const {request, answer, limitMs} = this.#limit;
    const error = timedOut(limitMs);
    const note = (): void => void (answer.facts.errorCode = error.code);
    note();
    // It may take its time to notice, and what it has to say about its end does not matter any more.
    void this.#source.return?.().then(note, note);
    return errorEvent(request.api, error, this.#last);
  }
}

function timedOut(limitMs: number): CallError {
  return new CallError(`the request was not answered within ${limitMs / 1000} s`, {
    code: 'ERR_GATEWAY_TIMEOUT',
    fault: 'model',
    effect: 'retry',
    hint: "The limit of a whole request is the route's timeouts.request.",
  });
}
