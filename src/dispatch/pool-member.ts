import type {CallError} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import type {Place, PooledAdmission} from './admission.ts';
import {
  endCall,
  noteAnswer,
  noteFailure,
  type ProviderCall,
  type ProviderHealth,
  startCall,
  steadfast,
  untriedProvider,
} from './provider-health.ts';
import {Reach} from './reach.ts';
import {Silence} from './silence.ts';

/** One deployment of a pool. */
export interface PoolDeployment {
  /** Its own within the pool. */
  readonly name: string;
  readonly admission: PooledAdmission;
  /** Those with the lowest number are asked first. */
  readonly priority: number;
  /** Its share beside others of the same priority, for as much room. */
  readonly weight: number;
}

/**
 * What may be asked of a deployment.
 * - `serving`: anything.
 * - `due`: one call, to see whether it answers again.
 * - `resting`: nothing for now: it fails, or has fallen silent.
 * - `lost`: nothing as long as there are others: its credentials or its name are wrong, or its quota is gone for longer than
 *   a run may wait.
 */
export type Standing = 'serving' | 'due' | 'resting' | 'lost';

/** A deployment with what calls have shown of it. Times are the clock's monotonic milliseconds. */
export class PoolMember {
  readonly index: number;
  readonly name: string;
  readonly weight: number;
  readonly admission: PooledAdmission;
  readonly reach: Reach = new Reach();
  /** Calls sent to it so far. */
  started = 0;
  /** Why its quota is gone for so long. */
  quotaError: CallError | undefined;
  lastError: CallError | undefined;
  #quotaGoneUntil = 0;
  #isMisconfigured = false;
  #health: ProviderHealth = untriedProvider;
  readonly #silence = new Silence();

  constructor({name, weight, admission}: PoolDeployment, index: number) {
    this.index = index;
    this.name = name;
    this.weight = weight;
    this.admission = admission;
  }

  standing(nowMs: number): Standing {
    const {aside} = this.#health;
    if (nowMs < this.#quotaGoneUntil) return 'lost';
    if (aside !== undefined) {
      if (aside.untilMs <= nowMs && aside.probes === 0) return 'due';
      return this.#isMisconfigured ? 'lost' : 'resting';
    }
    if (!this.#silence.isSilent(nowMs)) return 'serving';
    return this.#silence.isProbeDue(nowMs) ? 'due' : 'resting';
  }

  /** When its standing may become better, or worse, without a call; undefined: not of itself. */
  changesAt(nowMs: number): number | undefined {
    const {aside} = this.#health;
    const times = [
      this.#quotaGoneUntil,
      aside?.probes === 0 ? aside.untilMs : 0,
      this.#silence.changesAt(nowMs),
    ];
    const next = Math.min(...times.filter((atMs) => atMs > nowMs));
    return next === Infinity ? undefined : next;
  }

  /** Calls under way of which it has said nothing yet. */
  get unanswered(): number {
    return this.#silence.unanswered;
  }

  /** How long it rests; 0 where it does not. */
  restMs(nowMs: number): number {
    return this.standing(nowMs) === 'resting' ? (this.changesAt(nowMs) ?? nowMs) - nowMs : 0;
  }

  /** A call is sent to it, from a place of its admission. */
  begin(place: Place, nowMs: number): PooledPlace {
    const {provider, call} = startCall(this.#health, nowMs);
    this.#health = provider;
    this.#silence.onStart(nowMs);
    this.started++;
    return new PooledPlace(this, place, call);
  }

  /** For places only; true when it had been set aside and is no longer. */
  noteAnswer(call: ProviderCall, nowMs: number, tookMs: number | undefined): boolean {
    const wasAside = this.#health.aside !== undefined;
    this.reach.onAnswer();
    this.#silence.onAnswer(nowMs, tookMs);
    this.#health = noteAnswer(this.#health, call, tookMs === undefined ? undefined : nowMs);
    if (!wasAside || this.#health.aside !== undefined) return false;
    this.#isMisconfigured = false;
    return true;
  }

  /** For places only; true when it is set aside for it, but not each time again. */
  noteFailure(call: ProviderCall, error: CallError, nowMs: number): boolean {
    const isMisconfigured = error.effect === 'run';
    const wasServing = this.#health.aside === undefined;
    const wasMisconfigured = this.#isMisconfigured;
    this.lastError = error;
    this.reach.onFailure(error, nowMs);
    // The wait that the server asks for is kept by the admission.
    const failure = {nowMs, retryAfterMs: undefined, isMisconfigured, isUnreachable: error.unreachable};
    this.#health = noteFailure(this.#health, call, failure, steadfast);
    if (this.#health.aside === undefined) return false;
    this.#isMisconfigured = isMisconfigured || wasMisconfigured;
    return wasServing || this.#isMisconfigured !== wasMisconfigured;
  }

  /** For places only: the call is over, whatever became of it. */
  end(call: ProviderCall, wasAnswered: boolean): void {
    this.#health = endCall(this.#health, call);
    if (!wasAnswered) this.#silence.onEnd();
  }

  loseQuota(error: CallError, untilMs: number): void {
    this.quotaError = error;
    this.#quotaGoneUntil = Math.max(this.#quotaGoneUntil, untilMs);
  }
}

/** A place at a deployment of a pool: what becomes of its call is noted there too. */
export class PooledPlace implements Place {
  readonly owner: PoolMember;
  readonly call: ProviderCall;
  readonly #place: Place;
  #isHeld = true;
  #isAnswered = false;

  constructor(owner: PoolMember, place: Place, call: ProviderCall) {
    this.owner = owner;
    this.call = call;
    this.#place = place;
  }

  get member(): number {
    return this.owner.index;
  }

  /** True when the deployment had been set aside and is no longer. */
  noteAnswer(nowMs: number, tookMs: number | undefined): boolean {
    if (this.#isAnswered) return false;
    this.#isAnswered = true;
    return this.owner.noteAnswer(this.call, nowMs, tookMs);
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.owner.end(this.call, this.#isAnswered);
    this.#place.release();
  }

  answered(tookMs: number, limits?: RateLimits): void {
    this.#place.answered(tookMs, limits);
  }

  refused(waitMs: number): void {
    this.#place.refused(waitMs);
  }

  get isBeyondQuota(): boolean {
    return this.#place.isBeyondQuota;
  }

  withdraw(): void {
    this.#place.withdraw();
  }
}
