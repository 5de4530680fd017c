import type {RateLimits} from '../core/rate-limits.ts';
import {ProvisionedQuota, type ThroughputCharge} from './provisioned-quota.ts';
import {QuotaLearner} from './quota-learner.ts';
import {QuotaWindow, type WindowCharge} from './quota-window.ts';
import type {UsageLog} from './usage-log.ts';

export interface QuotaOptions {
  /** What may be used at most; less wins if the service says less. Undefined: what the service says. */
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Whether throughput is provisioned. Undefined: it is when replies tell a utilisation. */
  readonly isProvisioned?: boolean | undefined;
}

/** What a call took of the quota when it was sent. */
export type Charge = WindowCharges | ThroughputCharge;

interface WindowCharges {
  readonly kind: 'windows';
  readonly atMs: number;
  readonly amount: number;
  /** Undefined while nothing is known that could be kept to. */
  readonly windows: {readonly requests: WindowCharge; readonly tokens: WindowCharge} | undefined;
}

/**
 * How much a deployment takes, as it looks from here. Limits come from configuration and from what replies say; while none
 * is known, nothing is paced. What replies say is a hint, not a lock.
 */
export interface Quota {
  /** Whether there is a limit to keep to. */
  readonly isKnown: boolean;
  /** Milliseconds until a call of so many tokens may be sent; 0: at once. */
  msUntilRoom(nowMs: number, tokens: number): number;
  /** Share of the limit in use, from 0; of requests or tokens, whichever is more. 0 where no limit is known. */
  usedShare(nowMs: number): number;
  charge(nowMs: number, tokens: number): Charge;
  /** Learns from the reply to a call; `limits` is undefined where it said nothing, `charge` where it was not charged. */
  observe(limits: RateLimits | undefined, charge: Charge | undefined): void;
  /**
   * A charged call was refused for want of quota, to be left alone for `waitMs`; true where that says nothing about how many
   * calls may be in flight.
   */
  refuse(charge: Charge, waitMs: number, nowMs: number): boolean;
  /** Whether such a call alone is more than the whole limit that was told. */
  isBeyond(charge: Charge): boolean;
  /** Takes a call off the books that was refused for that. */
  forget(charge: Charge): void;
  /** Calls a millisecond that it lets through in the long run; undefined where that is not known. */
  callsPerMs(): number | undefined;
}

const requestWindowMs = 10_000;
const tokenWindowMs = 60_000;

const callsToAverage = 100;
// With so large a share in use, it is the quota that is short.
const nearlyAll = 0.9;

/** What a call was charged, in tokens. */
export function tokensOf(charge: Charge): {readonly atMs: number; readonly tokens: number} {
  return {atMs: charge.atMs, tokens: charge.amount};
}

/** A quota of which nobody has used anything yet. */
export function createQuota(options: QuotaOptions): Quota {
  const {isProvisioned} = options;
  if (isProvisioned === undefined) return new DetectedQuota(options);
  return isProvisioned ? new ProvisionedQuota() : new LearntQuota(options);
}

/** Tokens a minute, until a reply tells that throughput is provisioned. */
class DetectedQuota implements Quota {
  #kind: Quota;

  constructor(options: QuotaOptions) {
    this.#kind = new LearntQuota(options);
  }

  get isKnown(): boolean {
    return this.#kind.isKnown;
  }

  msUntilRoom(nowMs: number, tokens: number): number {
    return this.#kind.msUntilRoom(nowMs, tokens);
  }

  usedShare(nowMs: number): number {
    return this.#kind.usedShare(nowMs);
  }

  charge(nowMs: number, tokens: number): Charge {
    return this.#kind.charge(nowMs, tokens);
  }

  observe(limits: RateLimits | undefined, charge: Charge | undefined): void {
    if (limits?.utilization !== undefined && this.#kind instanceof LearntQuota)
      this.#kind = new ProvisionedQuota();
    this.#kind.observe(limits, charge);
  }

  refuse(charge: Charge, waitMs: number, nowMs: number): boolean {
    return this.#kind.refuse(charge, waitMs, nowMs);
  }

  isBeyond(charge: Charge): boolean {
    return this.#kind.isBeyond(charge);
  }

  forget(charge: Charge): void {
    this.#kind.forget(charge);
  }

  callsPerMs(): number | undefined {
    return this.#kind.callsPerMs();
  }
}

/**
 * The quota of a pay-as-you-go deployment as the service keeps it (azure-openai.md §5): a sixth of the requests a minute in
 * any ten seconds, the tokens a minute in any sixty, both charged on arrival. Where replies say nothing of it, refusals do.
 */
class LearntQuota implements Quota {
  readonly #options: QuotaOptions;
  #requests: QuotaWindow;
  #tokens: QuotaWindow;
  /** Undefined once replies tell. */
  #learner: QuotaLearner | undefined = new QuotaLearner();
  /** Replies say nothing, and nothing else is known. */
  #isSilent = false;
  #callTokens = 0;
  #calls = 0;

  constructor(options: QuotaOptions) {
    this.#options = options;
    this.#requests = requestWindow(options);
    this.#tokens = tokenWindow(options);
  }

  get isKnown(): boolean {
    return this.#requests.limit !== undefined || this.#tokens.limit !== undefined;
  }

  msUntilRoom(nowMs: number, tokens: number): number {
    return Math.max(this.#requests.msUntilRoom(nowMs, 1), this.#tokens.msUntilRoom(nowMs, tokens));
  }

  usedShare(nowMs: number): number {
    return Math.max(this.#requests.usedShare(nowMs), this.#tokens.usedShare(nowMs));
  }

  charge(nowMs: number, tokens: number): Charge {
    this.#calls = Math.min(callsToAverage, this.#calls + 1);
    this.#callTokens += (tokens - this.#callTokens) / this.#calls;
    this.#learner?.sent(nowMs, tokens);
    if (this.#isSilent) return {kind: 'windows', atMs: nowMs, amount: tokens, windows: undefined};
    const windows = {requests: this.#requests.charge(nowMs, 1), tokens: this.#tokens.charge(nowMs, tokens)};
    this.#tryMore(nowMs);
    return {kind: 'windows', atMs: nowMs, amount: tokens, windows};
  }

  observe(limits: RateLimits | undefined, charge: Charge | undefined): void {
    if (limits?.isSpilledOver === true) return;
    this.#isSilent = limits === undefined && !this.isKnown;
    if (limits === undefined) return;
    if (this.#learner !== undefined) this.#believe();
    const {limitRequests, limitTokens, remainingRequests, remainingTokens} = limits;
    const own = charge?.kind === 'windows' ? charge.windows : undefined;
    this.#requests.observe(own?.requests, {limit: sliceOf(limitRequests), remaining: remainingRequests});
    this.#tokens.observe(own?.tokens, {limit: limitTokens, remaining: remainingTokens});
  }

  refuse(charge: Charge, waitMs: number, nowMs: number): boolean {
    if (charge.kind !== 'windows') return false;
    const {atMs, amount, windows} = charge;
    const learner = this.#learner;
    const hasTaught = learner?.refused({atMs, tokens: amount, waitMs, nowMs}) === true;
    if (learner !== undefined && (hasTaught || !this.#isSilent)) this.#keepTo(learner);
    if (hasTaught) {
      this.forget(charge);
      return true;
    }
    if (windows !== undefined) {
      this.#requests.refuse(windows.requests, waitMs, nowMs);
      this.#tokens.refuse(windows.tokens, waitMs, nowMs);
    }
    return false;
  }

  isBeyond(charge: Charge): boolean {
    return charge.kind === 'windows' && this.#tokens.isBeyond(charge);
  }

  forget(charge: Charge): void {
    if (charge.kind !== 'windows') return;
    const {atMs, amount, windows} = charge;
    // What was sent before anything was known stands in the windows with all that was sent at about that time.
    const startMs = windows === undefined ? this.#learner?.log.startOf(atMs) : atMs;
    this.#tokens.forget({atMs: startMs ?? atMs, amount});
  }

  #tryMore(nowMs: number): void {
    const learner = this.#learner;
    if (learner === undefined) return;
    const isOut =
      (this.#tokens.usedShare(nowMs) > nearlyAll && learner.tryMore('tokens', nowMs)) ||
      (this.#requests.usedShare(nowMs) > nearlyAll && learner.tryMore('calls', nowMs));
    if (isOut) this.#keepTo(learner);
  }

  /** What is told is worth more than what was found out. */
  #believe(): void {
    this.#learner = undefined;
    this.#requests.keepTo(undefined);
    this.#tokens.keepTo(undefined);
  }

  #keepTo({tokens, calls, log}: QuotaLearner): void {
    // What was sent before anything was known counts too.
    if (this.#isSilent) this.#fillFrom(log);
    this.#isSilent = false;
    this.#requests.keepTo(calls);
    this.#tokens.keepTo(tokens);
  }

  #fillFrom(log: UsageLog): void {
    this.#requests = requestWindow(this.#options);
    this.#tokens = tokenWindow(this.#options);
    log.eachPiece((atMs, {calls, tokens}) => {
      if (calls === 0) return;
      this.#requests.charge(atMs, calls);
      this.#tokens.charge(atMs, tokens);
    });
  }

  callsPerMs(): number | undefined {
    const requests = this.#requests.perMs;
    const tokens = this.#tokens.perMs;
    const byTokens = tokens === undefined || this.#callTokens === 0 ? undefined : tokens / this.#callTokens;
    return requests === undefined || byTokens === undefined
      ? (requests ?? byTokens)
      : Math.min(requests, byTokens);
  }
}

function requestWindow({requestsPerMinute}: QuotaOptions): QuotaWindow {
  const ownLimit = sliceOf(requestsPerMinute);
  return new QuotaWindow({lengthMs: requestWindowMs, spareMs: 100, isEstimate: false, ownLimit});
}

function tokenWindow({tokensPerMinute}: QuotaOptions): QuotaWindow {
  return new QuotaWindow({
    ...{lengthMs: tokenWindowMs, spareMs: 250, isEstimate: true},
    ownLimit: tokensPerMinute,
  });
}

/** Requests in any ten seconds. */
function sliceOf(requestsPerMinute: number | undefined): number | undefined {
  return requestsPerMinute === undefined
    ? undefined
    : Math.max(1, Math.ceil((requestsPerMinute * requestWindowMs) / 60_000));
}
