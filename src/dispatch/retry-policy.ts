import type {Random} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';

export interface RetryOptions {
  /** HTTP exchanges for one call, the first included; refusals for want of quota do not count. */
  readonly maxTries: number;
  /** Back-off before the second try is drawn from 0 to this, in milliseconds; it doubles with each try. */
  readonly baseDelayMs: number;
  /** No back-off of ours is longer than this. A wait that the server asks for is kept in full. */
  readonly maxDelayMs: number;
  /** One wait longer than this ends the deployment; waits that sum up to more end the call. */
  readonly maxWaitMs: number;
  /**
   * How long a deployment that has answered before may be out of reach until a call is given up; 120,000 unless said. 0:
   * nobody waits for its end, and what cannot be reached counts as any other failure.
   */
  readonly outageMs?: number | undefined;
}

/** What is known about a call when it has just failed. */
export interface CallHistory {
  /** Failures so far that count against `maxTries`, this one included. */
  readonly failures: number;
  /** Refusals for want of quota so far, this one included. */
  readonly refusals: number;
  /** Milliseconds already spent waiting on refusals. */
  readonly waitedMs: number;
  /** Milliseconds since the first call that could not reach the deployment after its last answer; undefined if it never answered. */
  readonly silentMs: number | undefined;
  /** Until the first of several deployments may be asked again, in the place of the wait that this error asks for. */
  readonly soonestMs?: number | undefined;
}

export type RetryDecision =
  | {readonly action: 'retry'; readonly delayMs: number}
  | {readonly action: 'stop'; readonly because: 'final' | 'tries' | 'unreachable' | 'quota'};

// An endpoint that never answered is most likely misspelt: say so after a few seconds.
// One that did answer may be restarting: nothing is lost by waiting for it a while.
const triesIfNeverReached = 3;
const defaultOutageMs = 120_000;
const waitsToBelieve = 3;

/** Whether and when to try a failed call again. Full jitter; the server's own wait wins over ours (azure-openai.md §4.4). */
export function decideRetry(
  error: CallError,
  history: CallHistory,
  options: RetryOptions,
  random: Random,
): RetryDecision {
  if (error.effect !== 'retry') return {action: 'stop', because: 'final'};
  const {baseDelayMs, maxDelayMs, outageMs = defaultOutageMs} = options;
  const doublings = error.throttled ? history.refusals : history.failures;
  // A server that says how long to wait knows better, unless it has been wrong a few times.
  const isTold = error.throttled && error.retryAfterMs !== undefined && doublings <= waitsToBelieve;
  const backOffMs = isTold ? 0 : random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (doublings - 1));
  const delayMs = Math.max(backOffMs, history.soonestMs ?? error.retryAfterMs ?? 0);
  const because =
    error.unreachable && outageMs > 0
      ? endOfOutage(history, delayMs, outageMs)
      : endOfTries(error, history, delayMs, options);
  return because === undefined ? {action: 'retry', delayMs} : {action: 'stop', because};
}

type End = Extract<RetryDecision, {readonly action: 'stop'}>['because'];

function endOfOutage({failures, silentMs}: CallHistory, delayMs: number, outageMs: number): End | undefined {
  const isGivenUp = silentMs === undefined ? failures >= triesIfNeverReached : silentMs + delayMs > outageMs;
  return isGivenUp ? 'unreachable' : undefined;
}

function endOfTries(
  {throttled, mostTries = Infinity}: CallError,
  {failures, waitedMs}: CallHistory,
  delayMs: number,
  {maxTries, maxWaitMs}: RetryOptions,
): End | undefined {
  if (!throttled && failures >= Math.min(maxTries, mostTries)) return 'tries';
  if (delayMs > maxWaitMs) return 'quota';
  return throttled && waitedMs + delayMs > maxWaitMs ? 'tries' : undefined;
}
