import type {RateLimits} from '../core/rate-limits.ts';
import {ProvisionedQuota, type ThroughputCharge} from './provisioned-quota.ts';
import {QuotaWindow, type WindowCharge} from './quota-window.ts';

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
  readonly requests: WindowCharge;
  readonly tokens: WindowCharge;
}

/**
 * How much a deployment takes, as it looks from here. Limits come from configuration and from what replies say; while none
 * is known, nothing is paced. What replies say is a hint, not a lock.
 */
export interface Quota {
  /** Whether there is a limit to keep to. */
  readonly isKnown: boolean;
  /** Whether calls need be charged: a limit is known, or a reply may still tell one. */
  readonly counts: boolean;
  /** Milliseconds until a call of so many tokens may be sent; 0: at once. */
  msUntilRoom(nowMs: number, tokens: number): number;
  /** Share of the limit in use, from 0; of requests or tokens, whichever is more. 0 where no limit is known. */
  usedShare(nowMs: number): number;
  charge(nowMs: number, tokens: number): Charge;
  /** Learns from the reply to a call; `limits` is undefined where it said nothing, `charge` where it was not charged. */
  observe(limits: RateLimits | undefined, charge: Charge | undefined): void;
  /** A charged call was refused for want of quota, to be left alone for `waitMs`. */
  refuse(charge: Charge, waitMs: number, nowMs: number): void;
  /** Whether such a call alone is more than the whole limit that was told. */
  isBeyond(charge: Charge): boolean;
  /** Takes a call off the books that was refused for that. */
  forget(charge: Charge): void;
  /** Whether a refusal for so long says nothing about how many calls may be in flight. */
  absorbs(waitMs: number): boolean;
  /** Calls a millisecond that it lets through in the long run; undefined where that is not known. */
  callsPerMs(): number | undefined;
}

const requestWindowMs = 10_000;
const tokenWindowMs = 60_000;

const callsToAverage = 100;

/** What a call was charged, in tokens. */
export function tokensOf(charge: Charge): {readonly atMs: number; readonly tokens: number} {
  const {atMs, amount} = charge.kind === 'windows' ? charge.tokens : charge;
  return {atMs, tokens: amount};
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

  get counts(): boolean {
    return this.#kind.counts;
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

  refuse(charge: Charge, waitMs: number, nowMs: number): void {
    this.#kind.refuse(charge, waitMs, nowMs);
  }

  isBeyond(charge: Charge): boolean {
    return this.#kind.isBeyond(charge);
  }

  forget(charge: Charge): void {
    this.#kind.forget(charge);
  }

  absorbs(waitMs: number): boolean {
    return this.#kind.absorbs(waitMs);
  }

  callsPerMs(): number | undefined {
    return this.#kind.callsPerMs();
  }
}

/**
 * The quota of a pay-as-you-go deployment as the service keeps it (azure-openai.md §5): a sixth of the requests a minute in
 * any ten seconds, the tokens a minute in any sixty, both charged on arrival.
 */
class LearntQuota implements Quota {
  readonly #requests: QuotaWindow;
  readonly #tokens: QuotaWindow;
  #isSilent = false;
  #callTokens = 0;
  #calls = 0;

  constructor({requestsPerMinute, tokensPerMinute}: QuotaOptions) {
    const ownLimit = sliceOf(requestsPerMinute);
    this.#requests = new QuotaWindow({lengthMs: requestWindowMs, spareMs: 100, isEstimate: false, ownLimit});
    this.#tokens = new QuotaWindow({
      ...{lengthMs: tokenWindowMs, spareMs: 250, isEstimate: true},
      ownLimit: tokensPerMinute,
    });
  }

  get isKnown(): boolean {
    return this.#requests.limit !== undefined || this.#tokens.limit !== undefined;
  }

  get counts(): boolean {
    return !this.#isSilent;
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
    return {
      kind: 'windows',
      requests: this.#requests.charge(nowMs, 1),
      tokens: this.#tokens.charge(nowMs, tokens),
    };
  }

  observe(limits: RateLimits | undefined, charge: Charge | undefined): void {
    if (limits?.isSpilledOver === true) return;
    this.#isSilent = limits === undefined && !this.isKnown;
    if (limits === undefined) return;
    const {limitRequests, limitTokens, remainingRequests, remainingTokens} = limits;
    const own = charge?.kind === 'windows' ? charge : undefined;
    this.#requests.observe(own?.requests, {limit: sliceOf(limitRequests), remaining: remainingRequests});
    this.#tokens.observe(own?.tokens, {limit: limitTokens, remaining: remainingTokens});
  }

  refuse(charge: Charge, waitMs: number, nowMs: number): void {
    if (charge.kind !== 'windows') return;
    this.#requests.refuse(charge.requests, waitMs, nowMs);
    this.#tokens.refuse(charge.tokens, waitMs, nowMs);
  }

  isBeyond(charge: Charge): boolean {
    return charge.kind === 'windows' && this.#tokens.isBeyond(charge.tokens);
  }

  forget(charge: Charge): void {
    if (charge.kind === 'windows') this.#tokens.forget(charge.tokens);
  }

  absorbs(): boolean {
    return false;
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

/** Requests in any ten seconds. */
function sliceOf(requestsPerMinute: number | undefined): number | undefined {
  return requestsPerMinute === undefined
    ? undefined
    : Math.max(1, Math.ceil((requestsPerMinute * requestWindowMs) / 60_000));
}
