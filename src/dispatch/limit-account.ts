import type {CoolDownPeriod, DeploymentUse, LimitChange, LimitState} from '../core/deployment-use.ts';
import type {RateLimits} from '../core/rate-limits.ts';

/** What is known of an answered call. */
export interface AccountedCall {
  readonly limits: RateLimits | undefined;
  /** When it was sent and what it was charged; undefined where nothing is counted. */
  readonly charge: {readonly atMs: number; readonly tokens: number} | undefined;
  /** Calls that may be in flight now. */
  readonly places: number;
  /** Whether somebody waits. */
  readonly isSaturated: boolean;
}

// Places move with each answer: only now and then, and only if it is worth a line.
const placesEveryMs = 10_000;
const worthALine = 0.2;
const mostChanges = 200;
const firstKept = 50;
const minuteMs = 60_000;

/**
 * A deployment's limits as they were learnt, and what was made of them; what changes is kept, in bounds. Costs a few
 * comparisons a call.
 */
export class LimitAccount {
  readonly #openedAtMs: number;
  readonly #first: LimitChange[] = [];
  readonly #last: LimitChange[] = [];
  #leftOut = 0;
  #state: LimitState = {atMs: 0, limitRequests: undefined, limitTokens: undefined, places: 0};
  #noted = this.#state;
  #coolDown: (CoolDownPeriod & {refusals: number; coolDownMs: number}) | undefined;
  #answered = 0;
  #refused = 0;
  #reserved = 0;
  #used = 0;
  #readings = 0;
  #utilization = 0;
  readonly #minutes: Minute[] = [];

  constructor(nowMs: number) {
    this.#openedAtMs = nowMs;
  }

  /** Before the first call. */
  opened(places: number): void {
    this.#state = {...this.#state, places};
    this.#noted = this.#state;
    this.#push(this.#state);
  }

  answered(call: AccountedCall, nowMs: number): void {
    const {limits, charge, places, isSaturated} = call;
    this.#answered++;
    if (limits?.isSpilledOver === true) return;
    if (limits?.utilization !== undefined) {
      this.#readings++;
      this.#utilization += limits.utilization;
    }
    this.#learn(limits, places, nowMs);
    if (charge === undefined) return;
    this.#minuteOf(charge.atMs).add(charge.tokens, isSaturated, this.#state);
    if (limits?.usedTokens === undefined) return;
    this.#reserved += charge.tokens;
    this.#used += limits.usedTokens;
  }

  refused(): void {
    this.#refused++;
  }

  /** Nobody starts for so long; those that are asked for while one lasts make it longer. */
  paused(coolDownMs: number, because: string | undefined, nowMs: number): void {
    const atMs = nowMs - this.#openedAtMs;
    const last = this.#coolDown;
    if (last !== undefined && atMs < last.atMs + last.coolDownMs && last.because === because) {
      last.refusals++;
      last.coolDownMs = Math.max(last.coolDownMs, atMs + coolDownMs - last.atMs);
      return;
    }
    this.#coolDown = {atMs, coolDownMs, because, refusals: 1};
    this.#push(this.#coolDown);
  }

  describe(name: string): DeploymentUse {
    const {limitRequests, limitTokens, places} = this.#state;
    const use = useOf(this.#minutes);
    const changes = [...this.#first, ...this.#last];
    return {
      ...{name, limitRequests, limitTokens, places},
      answered: this.#answered,
      refused: this.#refused,
      saturatedMinutes: use.minutes,
      useAtSaturation: use.share,
      meanUtilization: this.#readings === 0 ? undefined : this.#utilization / this.#readings,
      reservedPerUsed: this.#used === 0 ? undefined : this.#reserved / this.#used,
      changes: this.#noted.places === places ? changes : [...changes, this.#state],
      changesLeftOut: this.#leftOut,
    };
  }

  #learn(limits: RateLimits | undefined, places: number, nowMs: number): void {
    const limitRequests = limits?.limitRequests ?? this.#state.limitRequests;
    const limitTokens = limits?.limitTokens ?? this.#state.limitTokens;
    const isSame = limitRequests === this.#state.limitRequests && limitTokens === this.#state.limitTokens;
    if (isSame && places === this.#state.places) return;
    const atMs = nowMs - this.#openedAtMs;
    this.#state = {atMs, limitRequests, limitTokens, places};
    if (isSame && !this.#isWorthALine(this.#state)) return;
    this.#noted = this.#state;
    this.#push(this.#state);
  }

  #isWorthALine({atMs, places}: LimitState): boolean {
    const {places: noted, atMs: notedAtMs} = this.#noted;
    return atMs >= notedAtMs + placesEveryMs && Math.abs(places - noted) >= worthALine * noted;
  }

  #push(change: LimitChange): void {
    if (this.#first.length < firstKept) this.#first.push(change);
    else if (this.#last.push(change) > mostChanges - firstKept) {
      this.#last.shift();
      this.#leftOut++;
    }
  }

  #minuteOf(atMs: number): Minute {
    const index = Math.floor((atMs - this.#openedAtMs) / minuteMs);
    while (this.#minutes.length <= index) this.#minutes.push(new Minute());
    return this.#minutes[index] ?? new Minute();
  }
}

/** What was sent within a minute, of what the limits were then. */
class Minute {
  calls = 0;
  tokens = 0;
  isSaturated = true;
  limits: Pick<LimitState, 'limitRequests' | 'limitTokens'> | undefined;

  add(tokens: number, isSaturated: boolean, limits: LimitState): void {
    this.calls++;
    this.tokens += tokens;
    this.isSaturated &&= isSaturated;
    this.limits ??=
      limits.limitRequests === undefined && limits.limitTokens === undefined ? undefined : limits;
  }

  /** Of tokens or requests, whichever is more. */
  get share(): number {
    const {limitRequests = Infinity, limitTokens = Infinity} = this.limits ?? {};
    return Math.max(this.calls / limitRequests, this.tokens / limitTokens);
  }
}

/** Over the whole minutes in which somebody waited all the time; the last one is not whole. */
function useOf(minutes: readonly Minute[]): {
  readonly minutes: number;
  readonly share: number | undefined;
} {
  const full = minutes
    .slice(0, -1)
    .filter(({isSaturated, limits, calls}) => isSaturated && calls > 0 && limits);
  if (full.length === 0) return {minutes: 0, share: undefined};
  return {minutes: full.length, share: full.reduce((sum, {share}) => sum + share, 0) / full.length};
}
