import type {Clock} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';
import type {RateLimits} from '../core/rate-limits.ts';
import type {
  AdmissionOptions,
  AdmitOptions,
  CoolDown,
  Place,
  PooledAdmission,
  Priority,
  Waiting,
} from './admission.ts';
import {type ConcurrencyLimit, createAdaptiveLimit, createFixedLimit} from './concurrency.ts';
import type {LimitAccount} from './limit-account.ts';
import {type Guest, Lines} from './lines.ts';
import {Opening} from './opening.ts';
import {type Charge, type Quota, tokensOf} from './quota.ts';

// Answers come one by one: with so large a share of the places taken, it is the places that are short.
const saturatedShare = 0.8;

/** See `createAdmission`. */
export class GradualAdmission implements PooledAdmission {
  readonly #limit: ConcurrencyLimit;
  readonly #quota: Quota | undefined;
  readonly #account: LimitAccount | undefined;
  readonly #clock: Clock;
  readonly #opening: Opening;
  readonly #lines = new Lines<Waiting>();
  readonly #now = (): number => this.#clock.monotonic();
  #inFlight = 0;
  #pausedBecause: CallError | undefined;
  #wake: Wake | undefined;

  constructor({limit, isAdaptive = false, quota, account, clock, openEveryMs}: AdmissionOptions) {
    this.#limit = isAdaptive ? createAdaptiveLimit(limit) : createFixedLimit(limit);
    this.#quota = quota;
    this.#account = account;
    this.#clock = clock;
    this.#opening = new Opening(this.#limit, openEveryMs);
    account?.opened(this.#limit.current);
  }

  admit(options: AdmitOptions): Promise<Place> {
    const {priority, cancellation, refuse} = options;
    if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
    const tokens = this.countsTokens ? (options.tokens?.() ?? 0) : 0;
    if (this.hasRoomFor(priority, tokens)) return Promise.resolve(this.take(priority, tokens));
    const refusal = refuse && (this.#refusalBy(refuse) ?? this.#refusalFor(tokens, refuse));
    return refusal === undefined ? this.#wait(options, tokens) : Promise.reject(refusal);
  }

  pause(waitMs: number, because?: CallError): void {
    this.#account?.paused(waitMs, because?.code, this.#now());
    if (this.#opening.pause(this.#now() + waitMs)) this.#pausedBecause = because;
    this.#refuseWaiting();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#lines.size;
  }

  get limit(): number {
    return this.#limit.current;
  }

  get hasRoom(): boolean {
    if (this.waiting > 0 || this.#inFlight >= this.#limit.current) return false;
    return this.#now() >= this.#opening.pausedUntil && this.#msUntilRoom(0) === 0;
  }

  get hold(): CoolDown | undefined {
    if (this.waiting === 0) return undefined;
    const pauseMs = this.#opening.pausedUntil - this.#now();
    const leftMs = Math.max(
      pauseMs,
      this.#lines.shortestWait(({tokens}) => this.#msUntilRoom(tokens)),
    );
    if (leftMs <= 0 || leftMs === Infinity) return undefined;
    return {leftMs, because: pauseMs > 0 ? this.#pausedBecause : undefined};
  }

  get countsTokens(): boolean {
    return this.#quota !== undefined;
  }

  hasRoomFor(priority: Priority, tokens: number): boolean {
    return this.#lines.isFree(priority) && this.#hasPlace() && this.#msUntilRoom(tokens) === 0;
  }

  coolDown(tokens: number): CoolDown | undefined {
    const pauseMs = this.#opening.pausedUntil - this.#now();
    const leftMs = Math.max(pauseMs, this.#msUntilRoom(tokens));
    return leftMs <= 0 ? undefined : {leftMs, because: pauseMs > 0 ? this.#pausedBecause : undefined};
  }

  isFull(tokens: number): boolean {
    if (this.coolDown(tokens) !== undefined || this.#opening.isProbing) return true;
    return this.#inFlight >= this.#limit.current && !this.#limit.isSlowStart;
  }

  get load(): number {
    const ofPlaces = (this.#inFlight + 1) / this.#limit.current;
    const quota = this.#quota;
    return quota?.isKnown === true ? Math.max(ofPlaces, quota.usedShare(this.#now())) : ofPlaces;
  }

  host(guest: Guest<Waiting>): void {
    this.#lines.host(guest);
  }

  lookAgain(): void {
    this.#admitWaiting();
  }

  #wait({priority, cancellation, refuse}: AdmitOptions, tokens: number): Promise<Place> {
    return new Promise((resolve, reject) => {
      const leave = (reason: Error): void => {
        stopListening();
        this.#lines.own.remove(waiter);
        if (this.waiting === 0) this.#stopWaking();
        reject(reason);
      };
      const start = (place: Place): void => {
        stopListening();
        resolve(place);
      };
      const sinceMs = this.#now();
      const waiter: Waiting = {
        ...{priority, tokens, sinceMs, overtaken: 0, tried: undefined},
        ...{start, leave, refuse},
      };
      this.#lines.own.add(waiter);
      const stopListening = cancellation.onCancel(leave);
      this.#wakeLater();
    });
  }

  #refuseWaiting(): void {
    for (const {refuse, leave} of this.#lines.own.all()) {
      const refusal = refuse && this.#refusalBy(refuse);
      if (refusal !== undefined) leave(refusal);
    }
    for (const {onCoolDown} of this.#lines.guests) onCoolDown();
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

  take(priority: Priority, tokens: number): Place {
    this.#inFlight++;
    this.#lines.started(priority);
    const charge = this.#quota?.charge(this.#now(), tokens);
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
    this.#account?.answered(
      {
        limits,
        charge: quota?.isKnown === true && charge !== undefined ? tokensOf(charge) : undefined,
        places: this.#limit.current,
        isSaturated: this.waiting > 0,
      },
      this.#now(),
    );
    quota?.observe(limits, charge);
    if (quota?.isKnown === true) this.#admitWaiting();
  }

  /** For places only. */
  noteRefusal({charge, round}: HeldPlace, waitMs: number): void {
    this.#account?.refused();
    const isPaced = this.#quota?.isKnown === true;
    if (charge !== undefined && this.#quota?.refuse(charge, waitMs, this.#now()) === true) return;
    this.#limit.onRefusal(round, isPaced);
    if (!isPaced) this.#opening.probe();
  }

  /** For places only. */
  isBeyondQuota({charge}: HeldPlace): boolean {
    return charge !== undefined && this.#quota?.isBeyond(charge) === true;
  }

  /** For places only. */
  withdraw({charge}: HeldPlace): void {
    this.#account?.refused();
    if (charge !== undefined) this.#quota?.forget(charge);
  }

  #admitWaiting(): void {
    let hasStarted = false;
    while (this.waiting > 0 && this.#hasPlace()) {
      const next = this.#nextInLine();
      if (next === undefined) break;
      const member = this.#lines.remove(next);
      next.start(this.take(next.priority, next.tokens), member);
      hasStarted = true;
    }
    this.#wakeLater();
    if (hasStarted) for (const {onStart} of this.#lines.guests) onStart();
  }

  #nextInLine(): Waiting | undefined {
    if (this.#quota?.isKnown !== true) return this.#lines.first();
    return this.#lines.firstThat(({tokens}) => this.#msUntilRoom(tokens) === 0);
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
    if (this.waiting === 0) {
      this.#stopWaking();
      return;
    }
    const placeAtMs = this.#opening.nextAt(this.#inFlight);
    if (placeAtMs === undefined) return;
    const atMs = Math.max(placeAtMs, this.#roomAt());
    // Nobody who waits may start here: whoever changes that says so.
    if (atMs === Infinity) return;
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
    if (this.#quota?.isKnown !== true)
      return this.#lines.guests.length > 0 && this.#lines.first() === undefined ? Infinity : 0;
    return this.#now() + this.#lines.shortestWait(({tokens}) => this.#msUntilRoom(tokens));
  }

  #stopWaking(): void {
    this.#wake?.stop();
    this.#wake = undefined;
  }
}

class HeldPlace implements Place {
  readonly member = 0;
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

  get isBeyondQuota(): boolean {
    return this.#admission.isBeyondQuota(this);
  }

  withdraw(): void {
    this.#admission.withdraw(this);
  }
}

interface Wake {
  readonly atMs: number;
  readonly stop: () => void;
}
