import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import {type ConcurrencyLimit, createAdaptiveLimit, createFixedLimit} from './concurrency.ts';
import {Opening} from './opening.ts';
import type {Charge, Quota} from './quota.ts';
import {type Waiter, WaitingLine} from './waiting-line.ts';

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

export interface AdmissionOptions {
  /** How many calls may be in flight at once, at least 1. */
  readonly limit: number;
  /** The limit is a ceiling: what is right below it is found out. */
  readonly isAdaptive?: boolean | undefined;
  /** Calls keep to it as far as it is known. */
  readonly quota?: Quota | undefined;
  readonly clock: Clock;
  /** Milliseconds from opening one place to opening the next, until the limit is reached. Default 1.5. */
  readonly openEveryMs?: number | undefined;
}

/**
 * At most `limit` at once, none during a cool-down, none beyond the quota. Those who wait hold no socket and no timer of
 * their own.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  return new GradualAdmission(options);
}

// Answers come one by one: with so large a share of the places taken, it is the places that are short.
const saturatedShare = 0.8;

class GradualAdmission implements Admission {
  readonly #limit: ConcurrencyLimit;
  readonly #quota: Quota | undefined;
  readonly #clock: Clock;
  readonly #opening: Opening;
  readonly #line = new WaitingLine<Waiting>();
  readonly #now = (): number => this.#clock.monotonic();
  #inFlight = 0;
  #pausedBecause: CallError | undefined;
  #wake: Wake | undefined;

  constructor({limit, isAdaptive = false, quota, clock, openEveryMs = 1.5}: AdmissionOptions) {
    this.#limit = isAdaptive ? createAdaptiveLimit(limit) : createFixedLimit(limit);
    this.#quota = quota;
    this.#clock = clock;
    this.#opening = new Opening(this.#limit, openEveryMs);
  }

  admit(options: AdmitOptions): Promise<Place> {
    const {priority, cancellation, refuse} = options;
    if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
    const tokens = this.#quota?.counts === true ? (options.tokens?.() ?? 0) : 0;
    if (this.#line.isFree(priority) && this.#hasPlace() && this.#msUntilRoom(tokens) === 0)
      return Promise.resolve(this.#take(priority, tokens));
    const refusal = refuse && (this.#refusalBy(refuse) ?? this.#refusalFor(tokens, refuse));
    return refusal === undefined ? this.#wait(options, tokens) : Promise.reject(refusal);
  }

  pause(waitMs: number, because?: CallError): void {
    if (this.#opening.pause(this.#now() + waitMs)) this.#pausedBecause = because;
    this.#refuseWaiting();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.size;
  }

  get limit(): number {
    return this.#limit.current;
  }

  get hasRoom(): boolean {
    if (this.waiting > 0 || this.#inFlight >= this.#limit.current) return false;
    return this.#now() >= this.#opening.pausedUntil && this.#msUntilRoom(0) === 0;
  }

  #wait({priority, cancellation, refuse}: AdmitOptions, tokens: number): Promise<Place> {
    return new Promise((resolve, reject) => {
      const leave = (reason: Error): void => {
        stopListening();
        this.#line.remove(waiter);
        if (this.waiting === 0) this.#stopWaking();
        reject(reason);
      };
      const start = (): void => {
        stopListening();
        resolve(this.#take(priority, tokens));
      };
      const waiter: Waiting = {priority, tokens, overtaken: 0, start, leave, refuse};
      this.#line.add(waiter);
      const stopListening = cancellation.onCancel(leave);
      this.#wakeLater();
    });
  }

  #refuseWaiting(): void {
    for (const {refuse, leave} of this.#line.all()) {
      const refusal = refuse && this.#refusalBy(refuse);
      if (refusal !== undefined) leave(refusal);
    }
  }

  #refusalBy(refuse: NonNullable<AdmitOptions['refuse']>): Error | undefined {
    const because = this.#pausedBecause;
    const leftMs = this.#opening.pausedUntil - this.#now();
    return because === undefined || leftMs <= 0 ? undefined : refuse({leftMs, because});
  }

  #refusalFor(tokens: number, refuse: NonNullable<AdmitOptions['refuse']>): Error | undefined {
    const leftMs = this.#msUntilRoom(tokens);
    return leftMs === 0 ? undefined : refuse({leftMs, because: undefined});
  }

  #take(priority: Priority, tokens: number): Place {
    this.#inFlight++;
    this.#line.started(priority);
    const quota = this.#quota;
    const charge = quota?.counts === true ? quota.charge(this.#now(), tokens) : undefined;
    return new HeldPlace(this, charge, this.#opening.start(), this.#limit.round);
  }

  /** For places only: one is given back. */
  giveBack({probeRound}: HeldPlace): void {
    this.#inFlight--;
    if (probeRound !== undefined) this.#opening.end(probeRound);
    this.#admitWaiting();
  }

  /** For places only. */
  noteAnswer({charge, probeRound}: HeldPlace, tookMs: number, limits: RateLimits | undefined): void {
    if (probeRound !== undefined) this.#opening.answered(probeRound);
    if (this.#limit.isMoving) {
      const isSaturated = this.#inFlight >= this.#limit.current * saturatedShare;
      this.#limit.onAnswer({tookMs, isSaturated, callsPerMs: this.#quota?.callsPerMs()});
    }
    const quota = this.#quota;
    if (quota === undefined || (limits === undefined && !quota.counts)) return;
    quota.observe(limits, charge);
    this.#admitWaiting();
  }

  /** For places only. */
  noteRefusal({charge, round}: HeldPlace, waitMs: number): void {
    const isPaced = this.#quota?.isKnown === true;
    if (this.#quota?.absorbs(waitMs) !== true) {
      this.#limit.onRefusal(round, isPaced);
      if (!isPaced) this.#opening.probe();
    }
    if (charge !== undefined) this.#quota?.refuse(charge, waitMs, this.#now());
  }

  #admitWaiting(): void {
    while (this.waiting > 0 && this.#hasPlace()) {
      const next = this.#nextInLine();
      if (next === undefined) break;
      this.#line.remove(next);
      next.start();
    }
    this.#wakeLater();
  }

  #nextInLine(): Waiting | undefined {
    if (this.#quota?.isKnown !== true) return this.#line.first();
    return this.#line.firstThat(({tokens}) => this.#msUntilRoom(tokens) === 0);
  }

  #hasPlace(): boolean {
    return this.#opening.hasPlace(this.#inFlight, this.#now);
  }

  #msUntilRoom(tokens: number): number {
    const quota = this.#quota;
    return quota?.isKnown === true ? quota.msUntilRoom(this.#now(), tokens) : 0;
  }

  /** Wakes those who wait when the next place opens and the quota has room, unless a place that is given back will do so. */
  #wakeLater(): void {
    if (this.waiting === 0) return;
    const placeAtMs = this.#opening.nextAt(this.#inFlight);
    if (placeAtMs === undefined) return;
    const atMs = Math.max(placeAtMs, this.#roomAt());
    // Rounding must not set the same timer again and again.
    if (this.#wake !== undefined && Math.abs(this.#wake.atMs - atMs) < 0.5) return;
    this.#stopWaking();
    const stop = this.#clock.setTimer(Math.max(0, atMs - this.#now()), () => {
      this.#wake = undefined;
      this.#admitWaiting();
    });
    this.#wake = {atMs, stop};
  }

  #roomAt(): number {
    if (this.#quota?.isKnown !== true) return 0;
    return this.#now() + this.#line.shortestWait(({tokens}) => this.#msUntilRoom(tokens));
  }

  #stopWaking(): void {
    this.#wake?.stop();
    this.#wake = undefined;
  }
}

class HeldPlace implements Place {
  readonly charge: Charge | undefined;
  readonly probeRound: number | undefined;
  readonly round: number;
  readonly #admission: GradualAdmission;
  #isHeld = true;

  constructor(
    admission: GradualAdmission,
    charge: Charge | undefined,
    probeRound: number | undefined,
    round: number,
  ) {
    this.#admission = admission;
    this.charge = charge;
    this.probeRound = probeRound;
    this.round = round;
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#admission.giveBack(this);
  }

  answered(tookMs: number, limits?: RateLimits): void {
    this.#admission.noteAnswer(this, tookMs, limits);
  }

  refused(waitMs: number): void {
    this.#admission.noteRefusal(this, waitMs);
  }
}

interface Waiting extends Waiter {
  readonly start: () => void;
  readonly leave: (reason: Error) => void;
  readonly refuse: AdmitOptions['refuse'];
}

interface Wake {
  readonly atMs: number;
  readonly stop: () => void;
}
