/** What is known about a call when its answer is there. */
export interface AnsweredCall {
  readonly tookMs: number;
  /** Whether the limit kept others waiting meanwhile: only then has the answer something to say about more. */
  readonly isSaturated: boolean;
  /** Calls a millisecond that the quota lets through in the long run; undefined where that is not known. */
  readonly callsPerMs?: number | undefined;
}

/** How many calls may be in flight at once. */
export interface ConcurrencyLimit {
  readonly current: number;
  /** How high it may go. */
  readonly ceiling: number;
  /** Whether answers can still change it. */
  readonly isMoving: boolean;
  /** Whether it is still being found out how many are right: more may be had soon. */
  readonly isSlowStart: boolean;
  onAnswer(call: AnsweredCall): void;
  /** A call was refused for want of quota. Calls that were refused together count once: `round` is that of the call. */
  onRefusal(round: number, isPaced: boolean): void;
  /** Tells calls begun before a cut from those begun after it. */
  readonly round: number;
}

/** A limit that somebody has set: it is only left after a refusal, and come back to. */
export function createFixedLimit(limit: number): ConcurrencyLimit {
  return new MovingLimit({start: limit, ceiling: limit, watchesLatency: false});
}

/**
 * A limit that finds itself (azure-openai.md §5.3): it doubles with each round of answers while it is what keeps others
 * waiting, and where a quota is told takes at once as many places as that needs at the latency seen; is cut once an episode of refusals, and grows slowly from then on; and stops, or yields, where more calls only
 * make all of them slower.
 */
export function createAdaptiveLimit(ceiling: number): ConcurrencyLimit {
  return new MovingLimit({start: Math.min(startLimit, ceiling), ceiling, watchesLatency: true});
}

const startLimit = 10;
// More at once only where a quota says that they are needed.
const mostBlind = 1_024;
// Calls differ in length, and come in bursts.
const placesPerCall = 2;
const slowGrowth = 0.05;
// Where the quota is known it is what paces; a refusal says little about how many may be in flight.
const cutWhenPaced = 0.8;
const cutWhenBlind = 0.5;
// Calls differ in length: only twice the time, on average, is the service's queue.
const toleratedSlowness = 2;
const queueShare = 0.5;
const strongestYield = 0.8;
// A round as quick as the best one, but for chance.
const asGood = 1.1;
const leastCallsARound = 10;

interface MovingLimitOptions {
  readonly start: number;
  readonly ceiling: number;
  readonly watchesLatency: boolean;
}

class MovingLimit implements ConcurrencyLimit {
  readonly ceiling: number;
  readonly #watchesLatency: boolean;
  #limit: number;
  #isSlowStart = true;
  #round = 0;
  /** Answers that make up a round: as many as there were places when it began. */
  #roundSize = leastCallsARound;
  #answers = 0;
  #tookMs = 0;
  /** The mean of the best round, and the most places with which one was as good. */
  #baselineMs = Infinity;
  #baselineLimit = 1;
  #isSlow = false;
  /** Of all answers of the slow start. */
  #firstAnswers = 0;
  #firstTookMs = 0;

  constructor({start, ceiling, watchesLatency}: MovingLimitOptions) {
    this.#limit = start;
    this.ceiling = ceiling;
    this.#watchesLatency = watchesLatency;
  }

  get current(): number {
    return Math.floor(this.#limit);
  }

  get round(): number {
    return this.#round;
  }

  get isMoving(): boolean {
    return this.#watchesLatency || this.#limit < this.ceiling;
  }

  get isSlowStart(): boolean {
    return this.#watchesLatency && this.#isSlowStart && this.#limit < this.ceiling;
  }

  onAnswer({tookMs, isSaturated, callsPerMs}: AnsweredCall): void {
    if (this.#watchesLatency) this.#watchLatency(tookMs);
    if (!isSaturated || this.#isSlow) return;
    const step = this.#isSlowStart ? 1 : Math.max(1, this.#limit * slowGrowth) / this.#limit;
    const grown = Math.min(this.#limit + step, Math.max(mostBlind, this.#limit));
    const needed = this.#isSlowStart && this.#watchesLatency ? this.#neededFor(callsPerMs, tookMs) : 0;
    this.#limit = Math.min(this.ceiling, Math.max(grown, needed));
  }

  onRefusal(round: number, isPaced: boolean): void {
    if (round !== this.#round) return;
    this.#round++;
    this.#isSlowStart = false;
    this.#limit = Math.max(1, this.#limit * (isPaced ? cutWhenPaced : cutWhenBlind));
  }

  /** Places that the quota needs at the latency seen: it is known how much the service takes, so nothing has to be tried out. */
  #neededFor(callsPerMs: number | undefined, tookMs: number): number {
    this.#firstAnswers++;
    this.#firstTookMs += tookMs;
    if (callsPerMs === undefined) return 0;
    return Math.ceil(callsPerMs * (this.#firstTookMs / this.#firstAnswers) * placesPerCall);
  }

  /** Compares the mean of each round of calls with the best one. */
  #watchLatency(tookMs: number): void {
    this.#answers++;
    this.#tookMs += tookMs;
    if (this.#answers < this.#roundSize) return;
    const meanMs = this.#tookMs / this.#answers;
    this.#answers = 0;
    this.#tookMs = 0;
    this.#roundSize = Math.max(leastCallsARound, this.#limit);
    this.#baselineMs = Math.min(this.#baselineMs, meanMs);
    if (meanMs <= this.#baselineMs * asGood) this.#baselineLimit = Math.max(this.#baselineLimit, this.#limit);
    const slowness = meanMs / (this.#baselineMs * toleratedSlowness);
    // In a queue the time grows with the places; more time for each of many more places is chance, or other rows.
    const isQueue = meanMs / this.#baselineMs >= queueShare * (this.#limit / this.#baselineLimit);
    this.#isSlow = slowness > 1 && isQueue;
    if (!this.#isSlow) return;
    this.#isSlowStart = false;
    // As many as these have not waited for each other before: it is the rows that have become longer.
    if (this.#limit <= this.#baselineLimit) {
      this.#baselineMs = meanMs;
      this.#isSlow = false;
      this.#isSlowStart = this.#round === 0;
    } else {
      const yielded = this.#limit * Math.max(strongestYield, 1 / slowness);
      this.#limit = Math.max(this.#baselineLimit, yielded);
    }
  }
}
