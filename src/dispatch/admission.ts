import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import {GradualAdmission} from './gradual-admission.ts';
import type {LimitAccount} from './limit-account.ts';
import type {Guest} from './lines.ts';
import type {Quota} from './quota.ts';
import type {Waiter} from './waiting-line.ts';

/** Who goes first when there is room: a rollout already begun (its judge, its next turn, its retry), then new ones. */
export type Priority = 'begun' | 'new';

/** A pause that somebody's refusal brought about, or a wait for room in the quota. */
export interface CoolDown {
  readonly leftMs: number;
  /** Undefined: nobody was refused, but the quota is used up. */
  readonly because: CallError | undefined;
}

export interface AdmitOptions {
  readonly priority: Priority;
  readonly cancellation: Cancellation;
  /** Asked about the cool-down or the lack of quota that is met, and the cool-down that begins while waiting: an error means not to wait. */
  readonly refuse?: ((coolDown: CoolDown) => Error | undefined) | undefined;
  /** What the call takes of the deployment's tokens; asked at most once, and only where it matters. */
  readonly tokens?: (() => number) | undefined;
}

/** A call's leave to be in flight. */
export interface Place {
  /** Gives it back. Calling it twice is harmless. */
  release(): void;
  /** The call was answered after `tookMs`; `limits` is what the reply said about the quota, if anything. */
  answered(tookMs: number, limits?: RateLimits): void;
  /** The call was refused for want of quota; the deployment wants to be left alone for `waitMs`. The pause is asked for apart. */
  refused(waitMs: number): void;
  /** Whether the call alone is more than the deployment's quota, as far as that is told. */
  readonly isBeyondQuota: boolean;
  /** The call was refused for that: as if it had never been sent. */
  withdraw(): void;
  /** Which of a pool's deployments it is at; 0 where there is but one. */
  readonly member: number;
}

/** Someone who waits for a place at a deployment, or at any of several. */
export interface Waiting extends Waiter {
  /** Given a place, out of the line already; `member` says at which of several deployments. */
  readonly start: (place: Place, member: number) => void;
  readonly leave: (reason: Error) => void;
  readonly refuse: AdmitOptions['refuse'];
  /** Deployments of a pool that have failed this call just now. */
  readonly tried: ReadonlySet<number> | undefined;
}

/** When a call to a deployment may start. Every door to the deployment asks the same one. */
export interface Admission {
  /**
   * Resolves when there is a place, and room in the quota where one is known. First come first served within a priority,
   * but a call that is too large for what is left of the quota may be overtaken a few times.
   * Rejects when cancelled or refused while waiting.
   */
  admit(options: AdmitOptions): Promise<Place>;
  /** Nobody starts before `waitMs` have passed (a cool-down): a longer pause wins over a shorter one. `because` is told to those who wait. */
  pause(waitMs: number, because?: CallError): void;
  readonly inFlight: number;
  readonly waiting: number;
  /** How many calls may be in flight as things stand. */
  readonly limit: number;
  /** Whether a call could start at once. */
  readonly hasRoom: boolean;
}

/** An admission as pools of several deployments need it: their callers wait at all of them. */
export interface PooledAdmission extends Admission {
  /** Whether it wants to know what a call takes of the quota. */
  readonly countsTokens: boolean;
  /** Whether such a call could start at once, with nobody of any line before it. */
  hasRoomFor(priority: Priority, tokens: number): boolean;
  /** A place for a call for which there is room. */
  take(priority: Priority, tokens: number): Place;
  /** What keeps a call of so many tokens from starting, places apart. */
  coolDown(tokens: number): CoolDown | undefined;
  /** The same for all of those who wait; undefined where one of them lacks only a place, or nobody waits for it. */
  readonly hold: CoolDown | undefined;
  /**
   * Whether it takes no call of so many tokens now and will not by growing: a cool-down, no quota, or all places taken of
   * as many as are right. While a new deployment is still finding out how many these are, it is not full.
   */
  isFull(tokens: number): boolean;
  /** Share of places, or of the quota if that is more, that is in use with one more call; beyond 1 when too full. */
  readonly load: number;
  /** Lets a pool's line wait here too. */
  host(guest: Guest<Waiting>): void;
  /** Something has changed that this admission does not know of: lets in who may start now. */
  lookAgain(): void;
}

export interface AdmissionOptions {
  /** How many calls may be in flight at once, at least 1. */
  readonly limit: number;
  /** The limit is a ceiling: what is right below it is found out. */
  readonly isAdaptive?: boolean | undefined;
  /** Calls keep to it as far as it is known. */
  readonly quota?: Quota | undefined;
  /** Told of what is learnt of the deployment's limits, and what becomes of its calls. */
  readonly account?: LimitAccount | undefined;
  readonly clock: Clock;
  /** Milliseconds from opening one place to opening the next, until the limit is reached; undefined: 1.5, or less where there are many. */
  readonly openEveryMs?: number | undefined;
}

/**
 * At most `limit` at once, none during a cool-down, none beyond the quota. Those who wait hold no socket and no timer of
 * their own.
 */
export function createAdmission(options: AdmissionOptions): PooledAdmission {
  return new GradualAdmission(options);
}
