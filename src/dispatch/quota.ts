import type {RateLimits} from '../core/rate-limits.ts';
import {QuotaWindow, type WindowCharge} from './quota-window.ts';

export interface QuotaOptions {
  /** What may be used at most; less wins if the service says less. Undefined: what the service says. */
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** What a call took of the quota when it was sent. */
export interface Charge {
  readonly requests: WindowCharge;
  readonly tokens: WindowCharge;
}

/**
 * The quota of a pay-as-you-go deployment as the service keeps it (azure-openai.md §5): a sixth of the requests a minute in
 * any ten seconds, the tokens a minute in any sixty, both charged on arrival. Limits come from configuration and from what
 * replies say; while none is known, nothing is paced. What replies say is a hint, not a lock.
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
}

const requestWindowMs = 10_000;
const tokenWindowMs = 60_000;

/** A quota of which nobody has used anything yet. */
export function createQuota(options: QuotaOptions): Quota {
  return new LearntQuota(options);
}

class LearntQuota implements Quota {
  readonly #requests: QuotaWindow;
  readonly #tokens: QuotaWindow;
  #isSilent = false;

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
    return {requests: this.#requests.charge(nowMs, 1), tokens: this.#tokens.charge(nowMs, tokens)};
  }

  observe(limits: RateLimits | undefined, charge: Charge | undefined): void {
    this.#isSilent = limits === undefined && !this.isKnown;
    if (limits === undefined) return;
    const {limitRequests, limitTokens, remainingRequests, remainingTokens} = limits;
    this.#requests.observe(charge?.requests, {limit: sliceOf(limitRequests), remaining: remainingRequests});
    this.#tokens.observe(charge?.tokens, {limit: limitTokens, remaining: remainingTokens});
  }

  refuse({requests, tokens}: Charge, waitMs: number, nowMs: number): void {
    this.#requests.refuse(requests, waitMs, nowMs);
    this.#tokens.refuse(tokens, waitMs, nowMs);
  }
}

/** Requests in any ten seconds. */
function sliceOf(requestsPerMinute: number | undefined): number | undefined {
  return requestsPerMinute === undefined
    ? undefined
    : Math.max(1, Math.ceil((requestsPerMinute * requestWindowMs) / 60_000));
}
