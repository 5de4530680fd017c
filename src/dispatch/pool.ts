import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';
import type {AdmitOptions, CoolDown, Place, Waiting} from './admission.ts';
import {chooseMember} from './choose-member.ts';
import type {PoolDeployment, PooledPlace, PoolMember} from './pool-member.ts';
import {Roster, type RosterCall} from './roster.ts';
import {WaitingLine} from './waiting-line.ts';

export interface PoolOptions {
  /** For people. */
  readonly name: string;
  readonly deployments: readonly PoolDeployment[];
  readonly clock: Clock;
  /** Told when a deployment is set aside, and for how long; `isLost`: until somebody mends it, or its quota is renewed. */
  readonly onAside?: ((event: MemberAside) => void) | undefined;
  /** Told when one that was set aside answers again. */
  readonly onBack?: ((name: string) => void) | undefined;
}

export interface MemberAside {
  readonly name: string;
  readonly error: CallError;
  readonly waitMs: number;
  readonly isLost: boolean;
}

export interface PoolAdmitOptions extends Omit<AdmitOptions, 'tokens'>, RosterCall {
  readonly affinityKey: (() => string) | undefined;
}

/**
 * Several deployments that answer alike. Whoever calls waits at all of them at once, in one line, and the first that has
 * room takes it. Which may be asked, and what failures mean for that, is known here; retries are the dispatcher's.
 */
export class Pool {
  readonly name: string;
  readonly roster: Roster;
  readonly #line = new WaitingLine<Waiting>();
  readonly #clock: Clock;
  readonly #options: PoolOptions;
  #wake: {readonly atMs: number; readonly stop: () => void} | undefined;

  constructor(options: PoolOptions) {
    const {name, deployments, clock} = options;
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.roster = new Roster(deployments, clock);
    for (const [tier, members] of this.roster.tiers.entries())
      for (const member of members) this.#attend(member, tier);
  }

  get countsTokens(): boolean {
    return this.roster.members.some(({admission}) => admission.countsTokens);
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** See `Admission`: resolves with a place at one of the deployments. */
  admit(options: PoolAdmitOptions): Promise<PooledPlace> {
    const {cancellation, refuse} = options;
    if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
    const place = this.takeNow(options);
    if (place !== undefined) return Promise.resolve(place);
    const refusal = refuse && this.#refusalFor(options);
    return refusal === undefined ? this.#wait(options, cancellation) : Promise.reject(refusal);
  }

  /** A place at once, or none. */
  takeNow(call: Omit<PoolAdmitOptions, 'cancellation'>): PooledPlace | undefined {
    const {priority, tokens, affinityKey} = call;
    if (!this.#line.isFree(priority)) return undefined;
    const nowMs = this.#clock.monotonic();
    for (const tier of this.roster.tiers) {
      const able = tier.filter((member) => this.roster.mayServe(member, call, nowMs));
      const roomy = able.filter(({admission}) => admission.hasRoomFor(priority, tokens));
      const member = chooseMember(roomy, {nowMs, affinityKey});
      if (member !== undefined) return member.begin(member.admission.take(priority, tokens), nowMs);
      if (able.some((upper) => this.roster.servesSoon(upper, call, nowMs))) return undefined;
    }
    return undefined;
  }

  /** A call was answered; `tookMs` is undefined for refusals, which are signs of life and no more. */
  noteAnswer(place: PooledPlace, tookMs: number | undefined): void {
    if (place.noteAnswer(this.#clock.monotonic(), tookMs)) this.#options.onBack?.(place.owner.name);
  }

  /** A call has failed for a reason that is its deployment's. */
  noteFailure({owner, call}: PooledPlace, error: CallError): void {
    const nowMs = this.#clock.monotonic();
    const isNews = owner.noteFailure(call, error, nowMs);
    this.#wakeLater();
    if (!isNews) return;
    const waitMs = Math.max(0, (owner.changesAt(nowMs) ?? nowMs) - nowMs);
    this.#tellAside({name: owner.name, error, waitMs, isLost: error.effect === 'run'});
  }

  /** A deployment's quota is gone for longer than a run may wait. */
  loseQuota({owner}: PooledPlace, error: CallError, waitMs: number): void {
    const nowMs = this.#clock.monotonic();
    const isNews = owner.standing(nowMs) !== 'lost';
    owner.loseQuota(error, nowMs + waitMs);
    if (isNews) this.#tellAside({name: owner.name, error, waitMs, isLost: true});
  }

  /** Ends the waiting of everybody. */
  refuseAll(error: Error): void {
    for (const {leave} of [...this.#line.all()]) leave(error);
  }

  #tellAside(event: MemberAside): void {
    this.#options.onAside?.(event);
    this.#lookAround();
  }

  #attend(member: PoolMember, tier: number): void {
    member.admission.host({
      line: this.#line,
      member: member.index,
      isOpen: () => this.roster.isUsable(member, this.#clock.monotonic()),
      mayStart: (waiter) => this.#mayStart(waiter, member, tier),
      onCoolDown: () => this.#onCoolDown(),
      onStart: () => this.#lookBelow(tier),
    });
  }

  #wait(options: PoolAdmitOptions, cancellation: Cancellation): Promise<PooledPlace> {
    return new Promise((resolve, reject) => {
      const {priority, tokens, tried, refuse} = options;
      const leave = (reason: Error): void => {
        stopListening();
        this.#line.remove(waiter);
        this.#settle(undefined);
        reject(reason);
      };
      const start = (place: Place, index: number): void => {
        stopListening();
        const member = this.roster.members[index];
        if (member === undefined) throw new Error(`a pool has no deployment ${String(index)}`);
        resolve(member.begin(place, this.#clock.monotonic()));
        this.#settle(member);
      };
      const sinceMs = this.#clock.monotonic();
      const waiter: Waiting = {priority, tokens, sinceMs, overtaken: 0, tried, start, leave, refuse};
      const stopListening = cancellation.onCancel(leave);
      this.#line.add(waiter);
      this.#lookAround();
    });
  }

  #mayStart(waiter: Waiting, member: PoolMember, tier: number): boolean {
    const nowMs = this.#clock.monotonic();
    if (waiter.tried !== undefined && !this.roster.mayServe(member, waiter, nowMs)) return false;
    return tier === 0 || !this.roster.isServedAbove(tier, waiter, nowMs);
  }

  #refusalFor({refuse, ...call}: Pick<PoolAdmitOptions, 'refuse' | 'tokens' | 'tried'>): Error | undefined {
    if (refuse === undefined) return undefined;
    const nowMs = this.#clock.monotonic();
    let shortest: CoolDown | undefined;
    for (const member of this.roster.members) {
      const restMs = member.restMs(nowMs);
      if (restMs === 0 && !this.roster.mayServe(member, call, nowMs)) continue;
      const coolDown =
        restMs > 0 ? {leftMs: restMs, because: member.lastError} : member.admission.coolDown(call.tokens);
      if (coolDown === undefined) return undefined;
      if (shortest === undefined || coolDown.leftMs < shortest.leftMs) shortest = coolDown;
    }
    return shortest && refuse(shortest);
  }

  #onCoolDown(): void {
    if (this.#line.size === 0) return;
    for (const waiter of this.#line.all()) {
      const refusal = this.#refusalFor(waiter);
      if (refusal !== undefined) waiter.leave(refusal);
    }
    this.#lookAround();
  }

  /** There is less room in a tier: those below it may be needed now. */
  #lookBelow(tier: number): void {
    if (this.#line.size === 0) return;
    for (const lower of this.roster.tiers.slice(tier + 1))
      for (const {admission} of lower) admission.lookAgain();
  }

  #lookAround(): void {
    if (this.#line.size === 0) return;
    for (const tier of this.roster.tiers) for (const {admission} of tier) admission.lookAgain();
    this.#wakeLater();
  }

  /** Nobody waits any more: no deployment has to be woken for it. `by` is the one that knows already. */
  #settle(by: PoolMember | undefined): void {
    if (this.#line.size > 0) return;
    for (const member of this.roster.members) if (member !== by) member.admission.lookAgain();
    this.#stopWaking();
  }

  /** Wakes those who wait when a deployment that is set aside is due, or one has been silent for too long. */
  #wakeLater(): void {
    if (this.#line.size === 0) return;
    const nowMs = this.#clock.monotonic();
    const atMs = Math.min(...this.roster.members.map((member) => member.changesAt(nowMs) ?? Infinity));
    if (this.#wake !== undefined && this.#wake.atMs <= atMs) return;
    this.#stopWaking();
    if (atMs === Infinity) return;
    const stop = this.#clock.setTimer(atMs - nowMs, () => {
      this.#wake = undefined;
      this.#lookAround();
    });
    this.#wake = {atMs, stop};
  }

  #stopWaking(): void {
    this.#wake?.stop();
    this.#wake = undefined;
  }
}
