import type {Cancellation} from '../core/cancellation.ts';
import {type Clock, type Random, sleep} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';

/** What is known about a call that has just failed. */
export interface RepeatHistory {
  /** Failures to reach the server so far, this one included. */
  readonly unreached: number;
  /** Refusals by the server so far, this one included. */
  readonly refusals: number;
  /** Milliseconds waited so far. */
  readonly waitedMs: number;
}

export interface RepeatOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly cancellation: Cancellation;
  /** Whether a refusal may be repeated, as nothing was done for it or doing it twice changes nothing. */
  readonly mayRepeat: (error: CallError) => boolean;
}

const unreachedTries = 5;
const refusedTries = 4;
const baseDelayMs = 500;
const longestDelayMs = 8_000;
const longestWaitMs = 120_000;

/** Makes a call, and makes it again while that is safe and within bounds: 5 tries to reach the server, 3 repeats of a refusal, 2 minutes. */
export async function repeatCall<T>(call: () => Promise<T>, options: RepeatOptions): Promise<T> {
  const {clock, random, cancellation, mayRepeat} = options;
  let history: RepeatHistory = {unreached: 0, refusals: 0, waitedMs: 0};
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof CallError) || cancellation.reason !== undefined) throw error;
      // A server that answers may say of another one that it is unreachable.
      const isUnsent = error.unreachable && error.httpStatus === undefined;
      const {unreached, refusals, waitedMs} = history;
      history = isUnsent
        ? {unreached: unreached + 1, refusals, waitedMs}
        : {unreached, refusals: refusals + 1, waitedMs};
      const delayMs = isUnsent || mayRepeat(error) ? repeatDelayMs(error, history, random) : undefined;
      if (delayMs === undefined) throw error;
      await sleep(clock, delayMs, cancellation);
      history = {...history, waitedMs: waitedMs + delayMs};
    }
  }
}

/** When to repeat, in milliseconds: between half and the whole of what doubles each time, no sooner than the server asks; undefined: never. */
export function repeatDelayMs(error: CallError, history: RepeatHistory, random: Random): number | undefined {
  const {unreached, refusals, waitedMs} = history;
  if (error.effect !== 'retry' || unreached >= unreachedTries || refusals >= refusedTries) return undefined;
  const ceilingMs = Math.min(longestDelayMs, baseDelayMs * 2 ** (unreached + refusals - 1));
  // Not from zero: of a hundred rollouts one would draw short waits only, and end the run while the server restarts.
  const delayMs = Math.max(((1 + random()) / 2) * ceilingMs, error.retryAfterMs ?? 0);
  return waitedMs + delayMs > longestWaitMs ? undefined : delayMs;
}

/** The server's own word that it has not begun and may be asked again. */
export function wasNotRun({httpStatus, retryAfterMs}: CallError): boolean {
  return retryAfterMs !== undefined && (httpStatus === 429 || httpStatus === 503);
}
