import type {RateLimits} from '../core/rate-limits.ts';
import type {Charge, Quota} from './quota.ts';
import {UtilizationModel} from './utilization-model.ts';

/** A call's part in provisioned throughput. */
export interface ThroughputCharge {
  readonly kind: 'throughput';
  readonly atMs: number;
  readonly amount: number;
  /** Tokens sent until then, this call's included, less what came back. */
  readonly sent: number;
}

// Above it calls are refused: so much is kept free for what is not foreseen, more after refusals.
const usualMargin = 0.04;
const mostMargin = 0.4;
const marginHalfLifeMs = 120_000;
// A longer wait than this is no overshoot.
const shortWaitMs = 10_000;
const callsToAverage = 100;
// However full it seems, after so long one call goes to find out.
const longestSilenceMs = 10_000;
// Below it calls may come in a burst; above, no faster than so many times what is worked off: a burst would arrive before
// its first refusal, and its readings in no order.
const muchRoom = 0.3;
const mostHurry = 4;
// Each refusal of a call that was sent after the last one doubles these, until there has been none for a while.
const firstHoldMs = 50;
const mostDoublings = 6;
const calmAfterMs = 10_000;

/**
 * Provisioned throughput (azure-openai.md §5.1): no tokens a minute, but a leaky bucket whose level replies tell. Calls go
 * as long as the utilisation, as foreseen, stays just below 100 %; a refusal corrects the foresight and, being short,
 * nothing else.
 */
export class ProvisionedQuota implements Quota {
  readonly #model = new UtilizationModel();
  #sent = 0;
  /** What a call takes in the end, on average. */
  #callTokens = 0;
  #calls = 0;
  #margin = usualMargin;
  #marginAtMs = 0;
  #refusedAtMs = 0;
  #refusalsInARow = 0;
  #holdUntil = 0;
  #chargedAtMs = 0;

  get isKnown(): boolean {
    return this.#model.isKnown;
  }

  msUntilRoom(nowMs: number, tokens: number): number {
    const {isKnown, perToken, perMs} = this.#model;
    if (!isKnown) return 0;
    const most = 1 - this.#marginAt(nowMs);
    const level = this.#levelAt(nowMs);
    // The service asks only whether there is room at all; a call that is a large part of the bucket has to go some time.
    const over = level + Math.min(tokens * perToken, most / 2) - most;
    const waitMs = Math.max(over / perMs, this.#msUntilTurn(nowMs, level));
    const silenceMs = this.#chargedAtMs + longestSilenceMs - nowMs;
    return waitMs <= 0 || silenceMs <= 0 ? 0 : Math.max(1, Math.min(waitMs, silenceMs));
  }

  /** Of the bucket, as foreseen. */
  usedShare(nowMs: number): number {
    return this.#levelAt(nowMs);
  }

  charge(nowMs: number, tokens: number): Charge {
    this.#levelAt(nowMs);
    this.#sent += tokens;
    this.#chargedAtMs = nowMs;
    return {kind: 'throughput', atMs: nowMs, amount: tokens, sent: this.#sent};
  }

  observe(limits: RateLimits | undefined, charge: Charge | undefined): void {
    if (charge?.kind !== 'throughput') return;
    if (limits?.isSpilledOver === true) {
      this.refuse(charge, 0, charge.atMs);
      return;
    }
    const {utilization, usedTokens} = limits ?? {};
    const {amount, sent, atMs} = charge;
    this.#average(usedTokens ?? amount);
    if (utilization !== undefined) this.#model.learn({sent, atMs, utilization}, amount, this.#callTokens);
    // The service takes back what it had guessed too high when the call ends.
    if (usedTokens !== undefined) this.#sent -= amount - usedTokens;
  }

  refuse(charge: Charge, waitMs: number, nowMs: number): boolean {
    if (charge.kind !== 'throughput') return waitMs < shortWaitMs;
    this.#sent -= charge.amount;
    if (waitMs >= shortWaitMs) return false;
    // Of calls that were refused together only the first tells something.
    if (charge.atMs >= this.#refusedAtMs) {
      this.#margin = Math.min(mostMargin, this.#marginAt(nowMs) * 1.5);
      this.#marginAtMs = nowMs;
      this.#refusalsInARow = nowMs > this.#refusedAtMs + calmAfterMs ? 1 : this.#refusalsInARow + 1;
      this.#refusedAtMs = nowMs;
      this.#holdUntil = nowMs + waitMs + firstHoldMs * this.#caution();
    }
    this.#model.raise({sent: this.#sent, atMs: nowMs, utilization: 1 + this.#model.perMs * waitMs});
    return true;
  }

  /** A bucket takes any call that comes while it is not full. */
  isBeyond(): boolean {
    return false;
  }

  forget(charge: Charge): void {
    if (charge.kind === 'throughput') this.#sent -= charge.amount;
  }

  callsPerMs(): number | undefined {
    const {isKnown, perToken, perMs} = this.#model;
    if (!isKnown || perToken === 0 || this.#callTokens === 0) return undefined;
    return perMs / perToken / this.#callTokens;
  }

  /** Calls follow each other at their pace, and the slower the more were refused: the foresight was wrong. */
  #msUntilTurn(nowMs: number, level: number): number {
    if (level < muchRoom) return 0;
    const isCalm = nowMs > this.#refusedAtMs + calmAfterMs;
    const spacingMs = (isCalm ? 1 : this.#caution()) / (mostHurry * (this.callsPerMs() ?? Infinity));
    return Math.max(this.#holdUntil, this.#chargedAtMs + spacingMs) - nowMs;
  }

  #caution(): number {
    return 2 ** Math.min(mostDoublings, this.#refusalsInARow);
  }

  /** An empty bucket does not fall further: what is missing counts as sent. */
  #levelAt(nowMs: number): number {
    if (!this.#model.isKnown) return 0;
    const level = this.#model.levelAt(nowMs, this.#sent);
    if (level >= 0 || this.#model.perToken === 0) return Math.max(0, level);
    this.#sent -= level / this.#model.perToken;
    return 0;
  }

  #average(tokens: number): void {
    this.#calls = Math.min(callsToAverage, this.#calls + 1);
    this.#callTokens += (tokens - this.#callTokens) / this.#calls;
  }

  #marginAt(nowMs: number): number {
    return (
      usualMargin + (this.#margin - usualMargin) * 0.5 ** ((nowMs - this.#marginAtMs) / marginHalfLifeMs)
    );
  }
}
