import type {Cancellation} from '../core/cancellation.ts';
import {type Clock, type Random, sleep} from '../core/clock.ts';
import {CallError, callErrorOptions} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import type {Admission, AdmitOptions, CoolDown, Place, Priority} from './admission.ts';
import {type CallHistory, decideRetry, type RetryOptions} from './retry-policy.ts';

export interface DispatchOptions<T = unknown> {
  readonly cancellation: Cancellation;
  readonly priority: Priority;
  /**
   * For results that go on after they are there, such as streams: the place is held until this promise settles.
   * Without it, or without a promise, it is given back with the result.
   */
  readonly holdWhile?: ((value: T) => Promise<void> | undefined) | undefined;
  /** For callers who would rather know: a cool-down, or a wait for quota, longer than one may wait fails the call, and is not waited for. */
  readonly failsInCoolDown?: boolean | undefined;
  /** What the call takes of the deployment's tokens. */
  readonly tokens?: (() => number) | undefined;
  /** What a result tells about the deployment's quota. */
  readonly limitsOf?: ((value: T) => RateLimits | undefined) | undefined;
}

/** One exchange with the deployment. It is called again for each try. */
export type Exchange<T> = (options: {readonly cancellation: Cancellation}) => Promise<T>;

/** A call's result with what it took: tries, and milliseconds waiting and on the wire over all of them. */
export interface Dispatched<T> {
  readonly value: T;
  readonly calls: number;
  readonly queuedMs: number;
  readonly callMs: number;
}

/** The one owner of admission and retry for a deployment; knows no HTTP and no Azure. */
export interface Dispatcher {
  /**
   * Admits, makes the exchange, and tries again as the retry policy says; a place is held only while on the wire
   * (see `holdWhile`).
   * Fails with the last `CallError`, its `calls` counted, or with the cancellation's reason.
   */
  dispatch<T>(exchange: Exchange<T>, options: DispatchOptions<T>): Promise<Dispatched<T>>;
}

export interface DispatcherOptions {
  readonly deployment: string;
  readonly admission: Admission;
  readonly retry: RetryOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every try that failed and will be repeated. */
  readonly onRetry?: ((error: CallError, delayMs: number) => void) | undefined;
}

/** See `Dispatcher`. A refusal for want of quota, or a wait that the server asks for, pauses the whole deployment. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const {admission, clock} = options;
  const reach = new Reach();

  return {
    async dispatch(exchange, {cancellation, priority, holdWhile, failsInCoolDown, tokens, limitsOf}) {
      const tries = new Tries();
      const refuse = refuserOf(failsInCoolDown, tries, options);
      for (;;) {
        const queuedFrom = clock.monotonic();
        const place = await admission.admit({
          priority: tries.calls === 0 ? priority : 'begun',
          cancellation,
          refuse,
          tokens,
        });
        const sentAt = clock.monotonic();
        tries.queuedMs += sentAt - queuedFrom;
        tries.calls++;
        let isHeld = false;
        try {
          const value = await exchange({cancellation});
          reach.onAnswer();
          const callMs = clock.monotonic() - sentAt;
          place.answered(callMs, limitsOf?.(value));
          const over = holdWhile?.(value);
          isHeld = over !== undefined;
          const release = (): void => place.release();
          void over?.then(release, release);
          return {
            value,
            calls: tries.calls,
            queuedMs: tries.queuedMs,
            callMs: tries.addCall(callMs),
          };
        } catch (error) {
          if (!(error instanceof CallError) || cancellation.reason !== undefined) throw error;
          tries.addCall(clock.monotonic() - sentAt);
          reach.onFailure(error, clock.monotonic());
          leaveAlone(error, admission, place);
          const silentMs = reach.silentMs(clock.monotonic());
          const delayMs = delayBeforeRetry(error, tries, {...options, silentMs, failsInCoolDown});
          // Before the place is free again, so that no one slips through into the cool-down.
          if (error.throttled) admission.pause(delayMs, error);
          place.release();
          tries.queuedMs += delayMs;
          await sleep(clock, delayMs, cancellation);
        } finally {
          if (!isHeld) place.release();
        }
      }
    },
  };
}

/** Whoever asks to be left alone is, by all, even where this call is given up. */
function leaveAlone(error: CallError, admission: Admission, place: Place): void {
  const {retryAfterMs, throttled} = error;
  if (retryAfterMs !== undefined) admission.pause(retryAfterMs, error);
  if (throttled) place.refused(retryAfterMs ?? 0);
}

/** What a call has been through so far. */
class Tries {
  calls = 0;
  queuedMs = 0;
  callMs = 0;
  failures = 0;
  refusals = 0;
  waitedMs = 0;

  addCall(elapsedMs: number): number {
    this.callMs += elapsedMs;
    return this.callMs;
  }
}

/** Whether the deployment can be reached, told from all calls to it. Time without calls is no silence. */
class Reach {
  #hasAnswered = false;
  #unreachableSince: number | undefined;

  onAnswer(): void {
    this.#hasAnswered = true;
    this.#unreachableSince = undefined;
  }

  onFailure({httpStatus, unreachable}: CallError, nowMs: number): void {
    if (httpStatus !== undefined) this.onAnswer();
    else if (unreachable) this.#unreachableSince ??= nowMs;
  }

  silentMs(nowMs: number): number | undefined {
    return this.#hasAnswered ? nowMs - (this.#unreachableSince ?? nowMs) : undefined;
  }
}

interface RetryContext extends DispatcherOptions {
  readonly silentMs: number | undefined;
  readonly failsInCoolDown: boolean | undefined;
}

/** Milliseconds until the next try; throws the error when there is none. */
function delayBeforeRetry(error: CallError, tries: Tries, context: RetryContext): number {
  if (error.throttled) tries.refusals++;
  else tries.failures++;
  const history: CallHistory = {
    failures: tries.failures,
    refusals: tries.refusals,
    waitedMs: tries.waitedMs,
    silentMs: context.silentMs,
  };
  const decision = decideRetry(error, history, context.retry, context.random);
  if (decision.action === 'stop') {
    // Who did not want to wait is told of the wait, not of an end.
    const isGone = decision.because === 'quota' && context.failsInCoolDown !== true;
    const final = isGone ? quotaExhausted(error, context.deployment) : error;
    final.calls = tries.calls;
    throw final;
  }
  if (error.throttled) tries.waitedMs += decision.delayMs;
  context.onRetry?.(error, decision.delayMs);
  return decision.delayMs;
}

function refuserOf(
  failsInCoolDown: boolean | undefined,
  tries: Tries,
  options: DispatcherOptions,
): AdmitOptions['refuse'] {
  return failsInCoolDown === true ? (coolDown) => refuseLongCoolDown(coolDown, tries, options) : undefined;
}

/** Says how long the deployment is to be left alone, and why; undefined if that is short enough to wait for. */
function refuseLongCoolDown(
  {leftMs, because}: CoolDown,
  {calls}: Tries,
  {deployment, retry}: DispatcherOptions,
): CallError | undefined {
  if (leftMs <= retry.maxWaitMs) return undefined;
  const seconds = String(Math.ceil(leftMs / 1000));
  const why = because?.message ?? 'its quota is used up';
  const refusal = new CallError(`${deployment} is to be left alone for another ${seconds} s: ${why}`, {
    ...(because === undefined ? quotaUsedUp : callErrorOptions(because)),
    effect: 'retry',
    retryAfterMs: leftMs,
  });
  refusal.calls = calls;
  return refusal;
}

const quotaUsedUp = {code: 'ERR_MODEL_RATE_LIMIT', fault: 'model', httpStatus: 429, throttled: true} as const;

function quotaExhausted(error: CallError, deployment: string): CallError {
  const asked =
    error.retryAfterMs === undefined
      ? ''
      : ` (it asks to wait ${String(Math.ceil(error.retryAfterMs / 1000))} s)`;
  return new CallError(
    `quota of deployment ${deployment} is gone for longer than this run may wait${asked}: ${error.message}`,
    {
      ...callErrorOptions(error),
      code: 'ERR_MODEL_QUOTA_EXHAUSTED',
      effect: 'run',
      throttled: true,
      hint: 'Run the same command again later, raise the quota, or allow longer waits with retry.max_wait_s.',
    },
  );
}
