import type {Cancellation} from '../core/cancellation.ts';
import {type Clock, type Random, sleep} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import type {Admission, Place, Priority} from './admission.ts';
import {DeploymentGate, type Gate} from './deployment-gate.ts';
import type {RetryOptions} from './retry-policy.ts';
import {Tries} from './tries.ts';

/** How a call is to be admitted. */
export interface CallTerms {
  readonly cancellation: Cancellation;
  readonly priority: Priority;
  /** For callers who would rather know: a cool-down, or a wait for quota, longer than one may wait fails the call, and is not waited for. */
  readonly failsInCoolDown?: boolean | undefined;
  /** What the call takes of the deployment's tokens. */
  readonly tokens?: (() => number) | undefined;
  /** Calls with the same of these texts are best served by the same of several deployments; asked only where that counts. */
  readonly affinityKey?: (() => string) | undefined;
  /** Whether it may be sent twice where that is on; not for results that go on after they are there. */
  readonly mayHedge?: boolean | undefined;
}

export interface DispatchOptions<T = unknown> extends CallTerms {
  /**
   * For results that go on after they are there, such as streams: the place is held until this promise settles.
   * Without it, or without a promise, it is given back with the result.
   */
  readonly holdWhile?: ((value: T) => Promise<void> | undefined) | undefined;
  /** What a result tells about the deployment's quota. */
  readonly limitsOf?: ((value: T) => RateLimits | undefined) | undefined;
}

export interface ExchangeOptions {
  readonly cancellation: Cancellation;
  /** Which of a pool's deployments is to be asked; 0 where there is but one. */
  readonly member: number;
}

/** One exchange with a deployment. It is called again for each try. */
export type Exchange<T> = (options: ExchangeOptions) => Promise<T>;

/** A call's result with what it took: tries, and milliseconds waiting and on the wire over all of them. */
export interface Dispatched<T> {
  readonly value: T;
  readonly calls: number;
  readonly queuedMs: number;
  readonly callMs: number;
  /** Copies that were broken off because another was answered first. */
  readonly lostCopies?: readonly LostCopy[] | undefined;
}

/** A copy of a call that was broken off: at which of several deployments, and after how many milliseconds. */
export interface LostCopy {
  readonly member: number;
  readonly tookMs: number;
}

/** The one owner of admission and retry for a deployment, or for several; knows no HTTP and no Azure. */
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
  /** The clock that calls are timed by; `clock`, if left out. */
  readonly awake?: Clock | undefined;
  readonly random: Random;
  /** Told of every try that failed and will be repeated. */
  readonly onRetry?: ((error: CallError, delayMs: number) => void) | undefined;
}

/** See `Dispatcher`. A refusal for want of quota, or a wait that the server asks for, pauses the whole deployment. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return dispatchThrough(new DeploymentGate(options), options.awake ?? options.clock);
}

/** The place of an exchange that is under way. */
export interface PlaceInUse<P extends Place> {
  place: P;
  /** How long the copy took that was answered, where there may have been several. */
  tookMs: number | undefined;
}

/** Makes an exchange from a place, perhaps in more than one copy. */
export interface Racer<P extends Place> {
  /** Ends as the copy that counts did; then `held` has the place of that one, which is still to be given back. */
  race<T>(
    exchange: Exchange<T>,
    held: PlaceInUse<P>,
    options: {readonly terms: CallTerms; readonly tries: Tries},
  ): Promise<T>;
}

/** The dispatcher of whatever is behind a gate. Without `hedger` nothing is sent twice. */
export function dispatchThrough<P extends Place>(gate: Gate<P>, clock: Clock, hedger?: Racer<P>): Dispatcher {
  return {
    async dispatch<T>(exchange: Exchange<T>, options: DispatchOptions<T>): Promise<Dispatched<T>> {
      const {cancellation, holdWhile, limitsOf} = options;
      const racer = options.mayHedge === false ? undefined : hedger;
      const tries = new Tries();
      for (;;) {
        const queuedFrom = clock.monotonic();
        const held: PlaceInUse<P> = {place: await gate.admit(options, tries), tookMs: undefined};
        const sentAt = clock.monotonic();
        tries.queuedMs += sentAt - queuedFrom;
        tries.calls++;
        let isHeld = false;
        try {
          const value = await (racer === undefined
            ? exchange({cancellation, member: held.place.member})
            : racer.race(exchange, held, {terms: options, tries}));
          const callMs = clock.monotonic() - sentAt;
          gate.answered(held.place, held.tookMs ?? callMs, limitsOf?.(value));
          isHeld = releaseWhenOver(held.place, holdWhile?.(value));
          const {calls, queuedMs, lostCopies} = tries;
          return {value, calls, queuedMs, callMs: tries.addCall(callMs), lostCopies};
        } catch (error) {
          if (!(error instanceof CallError) || cancellation.reason !== undefined) throw error;
          tries.addFailure(error, clock.monotonic() - sentAt);
          const delayMs = gate.failed(held.place, error, tries, options);
          // Only now, so that no one slips through into a cool-down.
          held.place.release();
          tries.queuedMs += delayMs;
          // Not a turn of the event loop goes by before another deployment is asked.
          if (delayMs > 0) await sleep(clock, delayMs, cancellation);
        } finally {
          if (!isHeld) held.place.release();
        }
      }
    },
  };
}

/** Whether the place is held for what is not over yet. */
function releaseWhenOver(place: Place, over: Promise<void> | undefined): boolean {
  if (over === undefined) return false;
  const release = (): void => place.release();
  void over.then(release, release);
  return true;
}
