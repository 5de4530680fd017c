import {createSlidingWindow, type SlidingWindow} from '../core/sliding-window.ts';

export interface QuotaWindowOptions {
  /** The service's own window. */
  readonly lengthMs: number;
  /** How much longer ours is: a call arrives later than it is sent, and not all by the same time. */
  readonly spareMs: number;
  /** Whether the amounts are guesses at what the service charges; otherwise it counts as we do. */
  readonly isEstimate: boolean;
  /** What we may use at most, whatever the service says. */
  readonly ownLimit?: number | undefined;
}

/** One call's part in a window, with what was known when it was sent. */
export interface WindowCharge {
  readonly atMs: number;
  readonly amount: number;
  /** What the service has surely charged us when the call arrives, the call included; and what it may have at most. */
  readonly low: number;
  readonly high: number;
  /** Use by others as it was believed then. */
  readonly others: number;
}

/** What the service told with a call's reply: its limit for the window, and how much of that was left. */
export interface WindowReport {
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
}

// Calls sent this close together may arrive, and be counted, in any order.
const reorderMs = 1_000;
// Differences below this share of the limit are noise.
const noise = 0.01;
// However far the service's charges seem to be from what we estimate, they are believed no less, and no more.
const leastScale = 0.1;
const mostScale = 8;
const stepDown = 0.1;
const stepUp = 0.05;
const mostCaution = 8;
// What caution is beyond one halves in this time.
const cautionHalfLifeMs = 60_000;
// The use that a refusal revealed leaves in so many steps.
const releaseSteps = 12;

/**
 * One quota of a deployment, as it looks from here: our own calls over a sliding window, and what others seem to use.
 * The service's word corrects both: what it has counted beyond ours is the others'; when it has counted less, they have
 * used less, or our estimates are high. Times are the clock's monotonic milliseconds.
 */
export class QuotaWindow {
  readonly #options: QuotaWindowOptions;
  readonly #own: SlidingWindow;
  readonly #others: SlidingWindow;
  #toldLimit: number | undefined;
  /** What the service charges for one of our estimated amounts. */
  #scale = 1;
  /** Until when a refusal fills the window: those that come in the meantime tell the same. */
  #filledUntil = 0;
  /** How much more room than its own amount a call needs: grows when calls are refused that should have fitted, and wears off. */
  #caution = 1;
  #cautiousAtMs = 0;

  constructor(options: QuotaWindowOptions) {
    this.#options = options;
    this.#own = createSlidingWindow(options.lengthMs + options.spareMs);
    this.#others = createSlidingWindow(options.lengthMs + options.spareMs);
  }

  /** Undefined while nobody has said anything. */
  get limit(): number | undefined {
    const {ownLimit} = this.#options;
    if (ownLimit === undefined || this.#toldLimit === undefined) return ownLimit ?? this.#toldLimit;
    return Math.min(ownLimit, this.#toldLimit);
  }

  /** How much of our estimates it lets through a millisecond in the long run; undefined as `limit`. */
  get perMs(): number | undefined {
    if (this.limit === undefined) return undefined;
    const {ownLimit = Infinity} = this.#options;
    return (
      Math.min(ownLimit / this.#ownScale, (this.#toldLimit ?? Infinity) / this.#scale) / this.#own.lengthMs
    );
  }

  /** Milliseconds until `amount` fits, if nothing more is charged; 0 if it does. What is beyond the limit waits for an empty window. */
  msUntilRoom(nowMs: number, amount: number): number {
    if (this.limit === undefined) return 0;
    this.#expire(nowMs);
    return this.#msUntilFree(nowMs, amount);
  }

  /** Share of the limit in use; 0 where none is known. */
  usedShare(nowMs: number): number {
    if (this.limit === undefined) return 0;
    this.#expire(nowMs);
    const own = this.#own.total;
    const ofAll =
      (own * this.#scale + this.#others.total) / (this.#toldLimit ?? this.#options.ownLimit ?? Infinity);
    return Math.max(ofAll, (own * this.#ownScale) / (this.#options.ownLimit ?? Infinity));
  }

  charge(nowMs: number, amount: number): WindowCharge {
    this.#expire(nowMs);
    const high = this.#own.total + amount;
    return this.#charged(nowMs, amount, high);
  }

  /** Learns from the reply to a call; of one that was not charged only the limit. */
  observe(charge: WindowCharge | undefined, {limit, remaining}: WindowReport): void {
    if (limit !== undefined) this.#toldLimit = limit;
    const whole = this.#toldLimit;
    if (charge === undefined) return;
    // A remainder beyond the limit counts something else.
    if (whole === undefined || remaining === undefined || remaining > whole) return;
    this.#reconcile(charge, whole - remaining, whole * noise);
  }

  /** A limit that was found out and not told; undefined: none is known any more. */
  keepTo(limit: number | undefined): void {
    this.#toldLimit = limit;
  }

  /** Whether an amount is more than the whole limit that the service told. */
  isBeyond({amount}: Pick<WindowCharge, 'amount'>): boolean {
    return this.#toldLimit !== undefined && amount > this.#toldLimit;
  }

  /** As if it had never been charged. */
  forget({atMs, amount}: Pick<WindowCharge, 'atMs' | 'amount'>): void {
    this.#own.take(atMs, amount);
  }

  /**
   * A call that should have fitted was refused, and none will fit for `waitMs`: somebody else uses the quota, or our
   * estimates are low. The window is full until then; what fills it leaves little by little, or when a reply tells better.
   */
  refuse(charge: WindowCharge, waitMs: number, nowMs: number): void {
    const {isEstimate} = this.#options;
    // A refused request costs no tokens, but takes up a request's place (azure-openai.md §5.2).
    if (isEstimate) this.#own.take(charge.atMs, charge.amount);
    this.#expire(nowMs);
    this.#scale = Math.max(1, this.#scale);
    const limit = this.#toldLimit ?? this.limit;
    if (limit === undefined) return;
    const hidden = limit - this.#own.total - this.#others.total;
    const isFirst = nowMs >= this.#filledUntil;
    this.#filledUntil = Math.max(this.#filledUntil, nowMs + waitMs);
    if (hidden <= 0) return;
    if (isFirst && isEstimate && hidden > charge.amount) {
      this.#caution = Math.min(mostCaution, this.#cautionAt(nowMs) * 2);
      this.#cautiousAtMs = nowMs;
    }
    this.#fill(hidden, isFirst ? Math.min(hidden, charge.amount) : 0);
  }

  /** Adds use that leaves when the window opens again: `first` at once, the rest step by step over the window's length. */
  #fill(amount: number, first: number): void {
    const atMs = this.#filledUntil - this.#others.lengthMs;
    if (first > 0) this.#others.add(atMs, first);
    if (amount === first) return;
    for (let index = 1; index <= releaseSteps; index++)
      this.#others.add(
        atMs + (index * this.#options.lengthMs) / releaseSteps,
        (amount - first) / releaseSteps,
      );
  }

  #cautionAt(nowMs: number): number {
    if (this.#caution === 1) return 1;
    return 1 + (this.#caution - 1) * 0.5 ** ((nowMs - this.#cautiousAtMs) / cautionHalfLifeMs);
  }

  #charged(nowMs: number, amount: number, high: number): WindowCharge {
    const own = this.#own;
    const {lengthMs} = this.#options;
    const goneByArrival = own.sumBetween(-Infinity, nowMs - lengthMs + reorderMs);
    const maybeLater = own.sumBetween(nowMs - reorderMs, nowMs);
    own.add(nowMs, amount);
    const low = Math.max(amount, high - goneByArrival - maybeLater);
    return {atMs: nowMs, amount, low, high, others: this.#others.total};
  }

  #reconcile(charge: WindowCharge, used: number, noiseAmount: number): void {
    const {low, atMs} = charge;
    const others = this.#others.total;
    const overtakers = this.#own.sumBetween(atMs - 1, atMs + reorderMs) - charge.amount;
    const high = charge.high + Math.max(0, overtakers);
    const most = this.#scale * high + Math.max(others, charge.others);
    if (used > most) this.#addUse(atMs, used - most, high, noiseAmount);
    else {
      const excess = this.#scale * low + Math.min(others, charge.others) - used - noiseAmount;
      // What is left of others after they have gone is only what sums of fractions leave.
      const ofOthers = Math.min(others, charge.others);
      if (excess > 0) this.#giveCredit(ofOthers > noiseAmount ? ofOthers : 0, excess, used / low);
    }
    if (this.#options.isEstimate && charge.others > noiseAmount) this.#explainOthers(used / high);
  }

  /** First our own calls are taken to cost what we thought at first, then it is others. */
  #addUse(atMs: number, surplus: number, own: number, noiseAmount: number): void {
    const scaledUp = Math.max(this.#scale, Math.min(1, this.#scale + surplus / own));
    const left = surplus - (scaledUp - this.#scale) * own;
    this.#scale = scaledUp;
    if (left > noiseAmount) this.#others.add(atMs, left);
  }

  /** Less is used than we thought: by others, or by calls that cost less than we think. */
  #giveCredit(others: number, excess: number, seenScale: number): void {
    if (others > 0) this.#others.takeOldest(Math.min(others, excess));
    else if (this.#options.isEstimate)
      this.#scale += stepDown * (Math.max(leastScale, seenScale) - this.#scale);
  }

  /**
   * What goes on in step with our own calls is taken for a part of their cost, little by little: whether they cost more
   * than we think or others are as busy as we are, the next one has to count it in before it is sent.
   */
  #explainOthers(seenScale: number): void {
    const step = stepUp * (Math.min(mostScale, seenScale) - this.#scale);
    if (step <= 0) return;
    this.#scale += step;
    this.#others.takeOldest(step * this.#own.total);
  }

  /** The scale for what is ours alone: above one it also stands for others who are busy when we are. */
  get #ownScale(): number {
    return Math.min(1, this.#scale);
  }

  #expire(nowMs: number): void {
    this.#own.expire(nowMs);
    this.#others.expire(nowMs);
  }

  #msUntilFree(nowMs: number, amount: number): number {
    const {ownLimit = Infinity} = this.#options;
    const limit = this.#toldLimit ?? ownLimit;
    // Sums of fractions are not exact.
    const ownMost = (ownLimit - Math.min(ownLimit, amount * this.#ownScale)) / this.#ownScale + 1e-6;
    const needed = Math.min(limit, amount * this.#scale * this.#cautionAt(nowMs));
    const allMost = limit - needed + 1e-6;
    let own = this.#own.total;
    let others = this.#others.total;
    let [ownIndex, othersIndex] = [0, 0];
    let waitMs = 0;
    while (own > ownMost || own * this.#scale + others > allMost) {
      const nextOwn = this.#own.partAt(ownIndex);
      const nextOthers = this.#others.partAt(othersIndex);
      const next =
        nextOthers === undefined || (nextOwn?.atMs ?? Infinity) <= nextOthers.atMs ? nextOwn : nextOthers;
      if (next === undefined) break;
      if (next === nextOwn) {
        own -= next.amount;
        ownIndex++;
      } else {
        others -= next.amount;
        othersIndex++;
      }
      waitMs = next.atMs + this.#own.lengthMs - nowMs;
    }
    return waitMs;
  }
}
