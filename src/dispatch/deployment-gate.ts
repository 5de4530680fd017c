import type {CallError} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import type {Admission, Place} from './admission.ts';
import {beyondQuota, isBeyondQuota} from './beyond-quota.ts';
import type {CallTerms, DispatcherOptions} from './dispatcher.ts';
import {Reach} from './reach.ts';
import {decideRetry} from './retry-policy.ts';
import type {Tries} from './tries.ts';
import {quotaExhausted, refuseLongWaits} from './waits-too-long.ts';

/** Where the tries of calls go, and what becomes of a call after one of them. */
export interface Gate<P extends Place = Place> {
  admit(terms: CallTerms, tries: Tries): Promise<P>;
  /** A try was answered. */
  answered(place: P, tookMs: number, limits: RateLimits | undefined): void;
  /**
   * A try has failed, its place still being held. Milliseconds until the next may be admitted, 0 for at once; throws the
   * error that ends the call.
   */
  failed(place: P, error: CallError, tries: Tries, terms: CallTerms): number;
}

/** One deployment. A refusal for want of quota, or a wait that the server asks for, pauses it for all. */
export class DeploymentGate implements Gate {
  readonly #options: DispatcherOptions;
  readonly #reach = new Reach();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  admit({cancellation, priority, failsInCoolDown, tokens}: CallTerms, tries: Tries): Promise<Place> {
    const {admission, deployment, retry} = this.#options;
    return admission.admit({
      priority: tries.calls === 0 ? priority : 'begun',
      cancellation,
      refuse: failsInCoolDown === true ? refuseLongWaits(deployment, retry.maxWaitMs, tries) : undefined,
      tokens,
    });
  }

  answered(place: Place, tookMs: number, limits: RateLimits | undefined): void {
    this.#reach.onAnswer();
    place.answered(tookMs, limits);
  }

  failed(place: Place, error: CallError, tries: Tries, {failsInCoolDown}: CallTerms): number {
    const {admission, clock, deployment, retry, random, onRetry} = this.#options;
    const nowMs = clock.monotonic();
    this.#reach.onFailure(error, nowMs);
    if (isBeyondQuota(error, place, retry.maxWaitMs)) throw beyondQuota(error, deployment);
    leaveAlone(error, admission, place);
    tries.count(error);
    const decision = decideRetry(error, tries.history(this.#reach.silentMs(nowMs)), retry, random);
    if (decision.action === 'stop') {
      // Who did not want to wait is told of the wait, not of an end.
      const isGone = decision.because === 'quota' && failsInCoolDown !== true;
      throw isGone ? quotaExhausted(error, deployment) : error;
    }
    const {delayMs} = decision;
    if (error.throttled) {
      tries.waitedMs += delayMs;
      admission.pause(delayMs, error);
    }
    onRetry?.(error, delayMs);
    return delayMs;
  }
}

/** Whoever asks to be left alone is, by all, even where this call is given up. */
export function leaveAlone(error: CallError, admission: Admission, place: Place): void {
  const {retryAfterMs, throttled} = error;
  if (retryAfterMs !== undefined) admission.pause(retryAfterMs, error);
  if (throttled) place.refused(retryAfterMs ?? 0);
}
