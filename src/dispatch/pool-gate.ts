import type {Clock, Random} from '../core/clock.ts';
import {CallError, callErrorOptions} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import {beyondQuota, isBeyondQuota} from './beyond-quota.ts';
import {type Gate, leaveAlone} from './deployment-gate.ts';
import type {CallTerms} from './dispatcher.ts';
import {kindOfFailure} from './failed-tries.ts';
import type {Pool} from './pool.ts';
import type {PooledPlace} from './pool-member.ts';
import {decideRetry, type RetryOptions} from './retry-policy.ts';
import type {Tries} from './tries.ts';
import {quotaExhausted, refuseLongWaits} from './waits-too-long.ts';

export interface PoolGateOptions {
  readonly pool: Pool;
  readonly retry: RetryOptions;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of every try that failed and will be repeated; 0 ms: at another deployment. */
  readonly onRetry?: ((error: CallError, delayMs: number) => void) | undefined;
}

/**
 * Several deployments. A call that one of them failed goes to another at once; only when all have failed it does it back
 * off. What one asks for, it alone is given; the run ends when no deployment is left.
 */
export class PoolGate implements Gate<PooledPlace> {
  readonly #options: PoolGateOptions;

  constructor(options: PoolGateOptions) {
    this.#options = options;
  }

  admit(terms: CallTerms, tries: Tries): Promise<PooledPlace> {
    const {pool, retry} = this.#options;
    const {priority, cancellation, tokens, affinityKey, failsInCoolDown} = terms;
    return pool.admit({
      priority: tries.calls === 0 ? priority : 'begun',
      cancellation,
      refuse: failsInCoolDown === true ? refuseLongWaits(pool.name, retry.maxWaitMs, tries) : undefined,
      tokens: tokens !== undefined && pool.countsTokens ? tokens() : 0,
      tried: tries.tried,
      affinityKey,
    });
  }

  answered(place: PooledPlace, tookMs: number, limits: RateLimits | undefined): void {
    this.#options.pool.noteAnswer(place, tookMs);
    place.answered(tookMs, limits);
  }

  failed(place: PooledPlace, error: CallError, tries: Tries, {failsInCoolDown = false}: CallTerms): number {
    const {pool, onRetry, retry} = this.#options;
    if (isBeyondQuota(error, place, retry.maxWaitMs)) return this.#delayBeyondQuota(place, error, tries);
    leaveAlone(error, place.owner.admission, place);
    this.#note(place, error, failsInCoolDown);
    if (error.effect !== 'run' && error.effect !== 'retry') throw error;
    if (error.effect === 'retry') tries.count(error);
    tries.tried = new Set(tries.tried).add(place.member);
    if (pool.roster.isLost && !failsInCoolDown) throw this.#endOfPool(error);
    const hasOther = pool.roster.hasOther(tries.tried);
    const delayMs =
      error.effect === 'run'
        ? this.#delayAfterLoss(error, tries, hasOther)
        : this.#delayAfterFailure(place, error, {tries, hasOther, isImpatient: failsInCoolDown});
    onRetry?.(error, delayMs);
    return delayMs;
  }

  /** One of two copies of a call has failed, the other still runs: it counts as a failed try. */
  noteFailedCopy(place: PooledPlace, error: CallError, tries: Tries, terms: CallTerms): void {
    tries.tried = new Set(tries.tried).add(place.member);
    if (isBeyondQuota(error, place, this.#options.retry.maxWaitMs)) {
      this.#options.pool.noteAnswer(place, undefined);
      return;
    }
    leaveAlone(error, place.owner.admission, place);
    this.#note(place, error, terms.failsInCoolDown === true);
    if (error.effect === 'retry') tries.count(error);
  }

  /** Too large for this deployment is not too large for another. */
  #delayBeyondQuota(place: PooledPlace, error: CallError, tries: Tries): number {
    const {pool, onRetry} = this.#options;
    pool.noteAnswer(place, undefined);
    tries.tried = new Set(tries.tried).add(place.member);
    if (!pool.roster.hasOther(tries.tried)) throw beyondQuota(error, place.owner.name);
    onRetry?.(error, 0);
    return 0;
  }

  /** What the failure tells about its deployment. */
  #note(place: PooledPlace, error: CallError, isImpatient: boolean): void {
    const {pool, retry} = this.#options;
    const {throttled, retryAfterMs = 0} = error;
    if (throttled || kindOfFailure(error) === 'final') pool.noteAnswer(place, undefined);
    else pool.noteFailure(place, error);
    if (throttled && !isImpatient && retryAfterMs > retry.maxWaitMs)
      pool.loseQuota(place, error, retryAfterMs);
  }

  /** What is wrong with a deployment is no failure of the call, as long as there is another. */
  #delayAfterLoss(error: CallError, tries: Tries, hasOther: boolean): number {
    if (hasOther) return 0;
    if (this.#options.pool.roster.isLost) throw error;
    tries.tried = undefined;
    return 0;
  }

  #delayAfterFailure(
    {owner}: PooledPlace,
    error: CallError,
    {tries, hasOther, isImpatient}: FailedCall,
  ): number {
    const {pool, retry, random} = this.#options;
    const {throttled} = error;
    const alone = decideRetry(error, tries.history(pool.roster.silentMs()), retry, random);
    if (throttled && alone.action === 'retry') owner.admission.pause(alone.delayMs, error);
    if (alone.action === 'stop' && alone.because === 'tries' && !throttled) throw error;
    if (hasOther) return 0;
    const soonestMs = pool.roster.soonestMs();
    const decision = decideRetry(error, tries.history(pool.roster.silentMs(), soonestMs), retry, random);
    if (decision.action === 'stop') {
      if (decision.because !== 'quota') throw error;
      // Who did not want to wait is told of the wait, not of an end.
      throw isImpatient ? withWait(error, soonestMs) : quotaExhausted(error, owner.name);
    }
    tries.tried = undefined;
    if (throttled) tries.waitedMs += decision.delayMs;
    return decision.delayMs;
  }

  /** No deployment is left. A quota comes back by itself, so that is what is told if it is the end of any. */
  #endOfPool(error: CallError): CallError {
    const {pool} = this.#options;
    const gone = pool.roster.members.find(({quotaError}) => quotaError !== undefined);
    const end = gone?.quotaError === undefined ? error : quotaExhausted(gone.quotaError, gone.name);
    end.calls = error.calls;
    pool.refuseAll(end);
    return end;
  }
}

interface FailedCall {
  readonly tries: Tries;
  /** Another deployment could take it soon. */
  readonly hasOther: boolean;
  readonly isImpatient: boolean;
}

/** The same error, with the wait until the first of all deployments may be asked. */
function withWait(error: CallError, retryAfterMs: number): CallError {
  const told = new CallError(error.message, {...callErrorOptions(error), retryAfterMs});
  told.calls = error.calls;
  return told;
}
