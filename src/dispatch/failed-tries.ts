import {CallError, callErrorOptions} from '../core/errors.ts';
import type {WireAnswer} from '../core/wire.ts';

/**
 * Whose failure it is.
 * - `final`: the request's. Every provider would say the same.
 * - `provider`: this one's, and it may pass.
 * - `misconfigured`: this one's, until somebody mends its credentials, deployment or address.
 */
export type FailureKind = 'final' | 'provider' | 'misconfigured';

/** Tells whose failure an error is. */
export function kindOfFailure({effect, throttled, unreachable, httpStatus}: CallError): FailureKind {
  if (throttled) return 'provider';
  if (effect === 'run') return 'misconfigured';
  // What a request brings about must not take a provider from all others.
  if (httpStatus === 400) return 'final';
  if (effect === 'retry') return 'provider';
  return unreachable || (httpStatus !== undefined && httpStatus >= 500) ? 'provider' : 'final';
}

/** The tries of one request that failed, and what they leave behind: their cost, and one error. */
export class FailedTries {
  count = 0;
  #calls = 0;
  #elapsedMs = 0;
  #last: {readonly error: CallError; readonly kind: FailureKind} | undefined;

  /** Adds a try that took `elapsedMs`. */
  add(error: CallError, kind: FailureKind, elapsedMs: number): void {
    this.count++;
    this.#calls += error.calls;
    this.#elapsedMs += elapsedMs;
    // That one provider is set up wrongly is nothing to a client, as long as another could have answered.
    if (kind !== 'misconfigured' || this.#last === undefined || this.#last.kind === 'misconfigured') {
      this.#last = {error, kind};
    }
  }

  /** The answer that came after them, with their calls and times in its trace. */
  addTo(answer: WireAnswer): WireAnswer {
    if (this.count === 0) return answer;
    const {calls, callMs} = answer.trace;
    return {
      ...answer,
      trace: {...answer.trace, calls: calls + this.#calls, callMs: callMs + this.#elapsedMs},
    };
  }

  /** The error to fail with, and `retryAfterMs` as its wait where it may pass. */
  toError(retryAfterMs: number | undefined): CallError {
    if (this.#last === undefined) throw new Error('nothing has failed');
    const {error, kind} = this.#last;
    const needsWait =
      kind === 'provider' && retryAfterMs !== undefined && retryAfterMs !== error.retryAfterMs;
    const thrown = needsWait
      ? new CallError(error.message, {...callErrorOptions(error), retryAfterMs})
      : error;
    thrown.calls = this.#calls;
    return thrown;
  }
}
