import {type Usage, UsageLog} from './usage-log.ts';

/** A call that was refused. */
export interface RefusedCall {
  readonly atMs: number;
  readonly tokens: number;
  /** How long the service asked to be left alone, and when. */
  readonly waitMs: number;
  readonly nowMs: number;
}

const minuteMs = 60_000;
const sliceMs = 10_000;
// What arrives later than it is sent, and in another order, makes the books differ by so much from the service's.
const tolerance = 0.01;
// So many calls beyond the first may have been refused with it, which no reply has told yet.
const fewCalls = 3;
// A limit is tried out when nobody was refused for so long and so many calls; for twice as much after each try in vain.
const calmMs = 60_000;
const calmCalls = 400;
const mostPatience = 32;
const firstStep = 0.01;
const mostStep = 0.3;
// A limit that has never been felt is more likely than one that seems to have become lower by more than this.
const ofUnproven = 0.98;
// What is less likely contradicts what was learnt.
const doubtful = 0.5;
// Where much was sent at the time that counts, the bounds are too far apart to correct what is known.
const tight = 0.8;
// Calls take more or less time to arrive.
const delayMs = 100;

// Services that do not know when there is room say a second or two.
const longestGuessMs = 5_000;

function isGuess(waitMs: number): boolean {
  return waitMs <= longestGuessMs && waitMs % 1_000 === 0;
}

interface Bounds {
  /** A limit that explains a refusal: so much is let in. */
  readonly least: number;
  /** And so much is not. */
  readonly most: number;
}

function tightnessOf({least, most}: Bounds): number {
  return least / most;
}

type Kind = 'tokens' | 'calls';

/**
 * The quota of a deployment that says nothing of it, told from its refusals. A sliding window lets a refused call in when
 * enough of what was sent before it has left the window: what then is left, and the call, is what the window holds. A
 * wait that fits neither what was sent within a minute nor the calls of ten seconds has another reason, and teaches nothing.
 */
export class QuotaLearner {
  /** In any minute; undefined while nothing is learnt. */
  tokens: number | undefined;
  /** In any ten seconds. */
  calls: number | undefined;
  readonly log: UsageLog = new UsageLog();
  /** What was let in before, as far as nothing speaks against it. */
  readonly #proven = {tokens: 0, calls: 0};
  #largest = 0;
  #refusals = 0;
  #refusedAtMs = -Infinity;
  #learntAtMs = -Infinity;
  /** When a limit was last learnt or raised, and the calls since. */
  #changedAtMs = 0;
  #callsSince = 0;
  #patience = 1;
  #step = 0;
  #triedFrom = 0;

  sent(nowMs: number, tokens: number): void {
    this.log.add(nowMs, tokens);
    this.#callsSince++;
    this.#largest = Math.max(tokens, this.#largest * 0.999);
  }

  /** Learns from a refusal; the return value says whether it did. */
  refused(call: RefusedCall): boolean {
    const {atMs, tokens, nowMs} = call;
    this.log.takeTokens(atMs, tokens);
    this.#refusals = nowMs - this.#refusedAtMs > sliceMs ? 1 : this.#refusals + 1;
    this.#refusedAtMs = nowMs;
    if (isGuess(call.waitMs)) return false;
    const byTokens = this.#tokensBy(call);
    const byCalls = this.#callsBy(call);
    const ofTokens = this.#likelihood('tokens', byTokens);
    const ofCalls = this.#likelihood('calls', byCalls);
    const likelihood = Math.max(ofTokens, ofCalls);
    if (likelihood > 0 && likelihood < doubtful) this.#forget();
    if (likelihood < doubtful) return false;
    const kind = ofTokens >= ofCalls ? 'tokens' : 'calls';
    this.#learn(kind, ofTokens >= ofCalls ? byTokens : byCalls);
    // Others that were on their way with it tell nothing more about tries.
    if (atMs > this.#learntAtMs) this.#endTries(kind);
    this.#learntAtMs = nowMs;
    this.#changedAtMs = nowMs;
    this.#callsSince = 0;
    return true;
  }

  /** Where calls keep to a limit and none is refused, there may be more; true when it was raised. */
  tryMore(kind: Kind, nowMs: number): boolean {
    const limit = this[kind];
    const patience = this.#step > 0 ? 1 : this.#patience;
    const isCalm = nowMs - this.#changedAtMs >= calmMs * patience && this.#callsSince >= calmCalls * patience;
    if (limit === undefined || !isCalm) return false;
    if (this.#step === 0) this.#triedFrom = limit;
    this.#step = this.#step === 0 ? firstStep : Math.min(mostStep, this.#step * 2);
    this[kind] = Math.ceil(limit * (1 + this.#step));
    this.#changedAtMs = nowMs;
    this.#callsSince = 0;
    return true;
  }

  /** The limits have changed, or have never been such. */
  #forget(): void {
    this.tokens = undefined;
    this.calls = undefined;
    this.#proven.tokens = 0;
    this.#proven.calls = 0;
    this.#step = 0;
  }

  /** Up to 1: the more a limit would have to be less than what was let in before, the less it is that one. */
  #likelihood(kind: Kind, bounds: Bounds | undefined): number {
    if (bounds === undefined) return 0;
    const proven = this.#proven[kind];
    return (proven === 0 ? ofUnproven : Math.min(1, bounds.most / proven)) * tightnessOf(bounds);
  }

  #learn(kind: Kind, bounds: Bounds | undefined): void {
    const proven = this.#proven[kind];
    if (bounds === undefined || (proven > 0 && tightnessOf(bounds) < tight)) return;
    const {least, most} = bounds;
    this.#proven[kind] = proven < most ? Math.max(proven, least) : least;
    this[kind] = this.#proven[kind];
  }

  /** Each try in vain is a reason to wait for longer with the next. */
  #endTries(kind: Kind): void {
    if (this.#step === 0) return;
    const isInVain = (this[kind] ?? 0) < this.#triedFrom * (1 + firstStep);
    this.#patience = isInVain ? Math.min(mostPatience, this.#patience * 2) : 1;
    this.#step = 0;
  }

  #tokensBy({atMs, tokens, waitMs}: RefusedCall): Bounds | undefined {
    const {all, left, least, most} = this.#leftAfter(waitMs, minuteMs, atMs);
    const few = tokens + this.#largest + tolerance * all.tokens;
    const isOne = least.tokens < all.tokens && all.tokens - most.tokens <= few;
    if (!isOne) return undefined;
    return {
      least: Math.min(all.tokens, left.tokens + tokens),
      most: this.#countedBy(minuteMs, atMs).tokens + tokens,
    };
  }

  #callsBy({atMs, waitMs}: RefusedCall): Bounds | undefined {
    const {all, left, least, most} = this.#leftAfter(waitMs, sliceMs, atMs);
    const few = fewCalls + this.#refusals + tolerance * all.calls;
    const isOne = left.calls > 0 && least.calls < all.calls && all.calls - most.calls <= few;
    if (!isOne) return undefined;
    return {least: Math.min(all.calls - 1, left.calls + 1), most: this.#countedBy(sliceMs, atMs).calls};
  }

  /** What a window of the service's may have held when a call arrived, which others may have overtaken. */
  #countedBy(windowMs: number, atMs: number): Usage {
    return this.log.between(atMs - windowMs, atMs + delayMs);
  }

  /**
   * What had been sent before a call within a window of the service's, and what of it is in there when the call may come again:
   * by when it was sent, as all take about as long to arrive; and at least and at most.
   */
  #leftAfter(
    waitMs: number,
    windowMs: number,
    atMs: number,
  ): Readonly<Record<'all' | 'left' | 'least' | 'most', Usage>> {
    const fromMs = atMs + waitMs - windowMs;
    return {
      all: this.log.between(atMs - windowMs, atMs),
      left: this.log.between(fromMs, atMs),
      least: this.log.between(fromMs + delayMs, atMs),
      most: this.log.between(fromMs - delayMs, atMs),
    };
  }
}
