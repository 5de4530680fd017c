import {CancellationSource} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError, CancelledError} from '../core/errors.ts';
import type {CallOptions} from '../core/ports.ts';
import {watchChunks} from '../core/watch-chunks.ts';
import type {WireAnswer, WireModel, WireRequest} from '../core/wire.ts';
import {errorEvent} from './gateway-error-event.ts';
import {FrameCutter} from './gateway-frames.ts';

/**
 * The same model, but what takes longer than the request's `tryTimeoutMs`, a stream's last byte included, is broken
 * off: it fails with a retryable `CallError` (told as 504), or its stream ends with an error event. It belongs around one
 * provider's single try, inside of retry and failover.
 */
export function limitTryTime(model: WireModel, clock: Clock): WireModel {
  return (request, options) => {
    const {tryTimeoutMs} = request;
    if (tryTimeoutMs === undefined) return model(request, options);
    const limit = {limitMs: tryTimeoutMs, clock, createError: () => tryTimedOut(tryTimeoutMs)};
    return callInTime(model, request, options, limit);
  };
}

/** The same for a whole exchange and a limit of its own: it belongs around everything, retry and failover included. */
export function limitExchangeTime(model: WireModel, limitMs: number, clock: Clock): WireModel {
  const limit = {limitMs, clock, createError: () => exchangeTimedOut(limitMs)};
  return (request, options) => callInTime(model, request, options, limit);
}

// A longer one would fire at once (32 bits).
const longestTimerMs = 2_147_483_647;

interface TimeLimit {
  readonly limitMs: number;
  readonly clock: Clock;
  readonly createError: () => CallError;
}

async function callInTime(
  model: WireModel,
  request: WireRequest,
  {cancellation}: CallOptions,
  {limitMs, clock, createError}: TimeLimit,
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
    const endInTime = new EndInTime(chunks, {scope, expiry, request, answer, createError});
    return {...answer, content: {kind: 'events', chunks: endInTime}};
  } catch (error) {
    finish();
    throw scope.reason === expiry ? createError() : error;
  }
}

interface StreamLimit {
  readonly scope: CancellationSource;
  /** The reason with which `scope` is cancelled when the time is up. */
  readonly expiry: Error;
  readonly request: WireRequest;
  readonly answer: WireAnswer;
  readonly createError: () => CallError;
}

/** A stream that ends with an error event when its time is up, whether or not its source heeds the cancellation. */
class EndInTime implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #limit: StreamLimit;
  readonly #frames = new FrameCutter();
  #last: Uint8Array | undefined;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>, limit: StreamLimit) {
    this.#source = chunks[Symbol.asyncIterator]();
    this.#limit = limit;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#isOver) {
      const step = this.#isExpired() ? 'expired' : await this.#nextInTime();
      const chunk = step === 'expired' ? this.#cutOff() : this.#take(step);
      if (chunk !== undefined) return {done: false, value: chunk};
    }
    return {done: true, value: undefined};
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

  #take(step: IteratorResult<Uint8Array>): Uint8Array | undefined {
    if (step.done === true) {
      this.#isOver = true;
      return this.#frames.rest();
    }
    const whole = this.#frames.push(step.value);
    this.#last = whole ?? this.#last;
    return whole;
  }

  #cutOff(): Uint8Array {
    this.#isOver = true;
    const {request, answer, createError} = this.#limit;
    const error = createError();
    answer.facts.errorCode = error.code;
    // It may take its time to notice, and what it has to say about it does not matter any more.
    void this.#source.return?.().catch(() => undefined);
    return errorEvent(request.api, error, this.#last);
  }
}

function tryTimedOut(limitMs: number): CallError {
  return new CallError(`the backend did not answer within ${limitMs / 1000} s`, {
    code: 'ERR_MODEL_TIMEOUT',
    fault: 'model',
    effect: 'retry',
    hint: "The limit of one try is the route's timeouts.backendRequest.",
  });
}

function exchangeTimedOut(limitMs: number): CallError {
  return new CallError(`the request was not answered within ${limitMs / 1000} s`, {
    code: 'ERR_GATEWAY_TIMEOUT',
    fault: 'model',
    effect: 'retry',
    hint: "The limit of a whole request is the route's timeouts.request.",
  });
}
