/** Where a collection stands, read whenever progress is shown. */
export interface ProgressSnapshot {
  /** Rollouts this run owes, those already done by an earlier run left out. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Tokens in and out, of policy and judge. */
  readonly tokens: number;
  /** US dollars so far; undefined where no price is known. */
  readonly costUsd?: number | undefined;
  /** What the run will have used in the end; undefined until enough is known to foretell it. */
  readonly projectedTokens?: number | undefined;
  readonly projectedCostUsd?: number | undefined;
  /** Of the rollouts judged in this run; undefined before the first. */
  readonly meanReward: number | undefined;
}

/** Rate and time left, from how the counts moved lately. */
export interface Pace {
  /** Rollouts ended a second; 0 when nothing moved. */
  readonly perSecond: number;
  /** Undefined while there is no rate to tell it from. */
  readonly secondsLeft: number | undefined;
}

const paceWindowMs = 30_000;
// A quota is given back by the minute: rollouts may end in waves.
const etaWindowMs = 120_000;

interface Reading {
  readonly atMs: number;
  readonly ended: number;
  readonly tokens: number;
}

/** Remembers how much had been done when: the pace is that of the last half minute, the time left goes by the last two minutes. */
export class PaceMeter {
  readonly #readings: Reading[] = [];

  /** Takes a reading at `nowMs` (any monotonic milliseconds). */
  read(snapshot: ProgressSnapshot, nowMs: number): Pace {
    const {done, failed, tokens} = snapshot;
    const now: Reading = {atMs: nowMs, ended: done + failed, tokens};
    this.#readings.push(now);
    while (this.#readings.length > 2 && nowMs - (this.#readings[1]?.atMs ?? nowMs) >= etaWindowMs)
      this.#readings.shift();
    const last = this.#readings.findLast(({atMs}) => nowMs - atMs >= paceWindowMs);
    const perSecond = rateSince(last ?? this.#readings[0] ?? now, now, ({ended}) => ended);
    return {perSecond, secondsLeft: secondsLeft(snapshot, this.#readings[0] ?? now, now)};
  }
}

function rateSince(then: Reading, now: Reading, countOf: (reading: Reading) => number): number {
  const seconds = (now.atMs - then.atMs) / 1000;
  return seconds > 0 ? (countOf(now) - countOf(then)) / seconds : 0;
}

/** By tokens where it is known how many there will be: rollouts that are left may be longer than those that have ended. */
function secondsLeft(
  {total, projectedTokens}: ProgressSnapshot,
  then: Reading,
  now: Reading,
): number | undefined {
  const tokensPerSecond = rateSince(then, now, ({tokens}) => tokens);
  if (projectedTokens !== undefined && tokensPerSecond > 0)
    return Math.max(0, projectedTokens - now.tokens) / tokensPerSecond;
  const perSecond = rateSince(then, now, ({ended}) => ended);
  return perSecond > 0 ? Math.max(0, total - now.ended) / perSecond : undefined;
}
