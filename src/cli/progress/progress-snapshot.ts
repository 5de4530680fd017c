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
  /** What holds calls up; undefined where nothing does. */
  readonly hold?: Hold | undefined;
  /** Of the rollouts judged in this run; undefined before the first. */
  readonly meanReward: number | undefined;
}

/** Calls to a deployment wait, for its quota or since it asked to be left alone. */
export interface Hold {
  readonly name: string;
  readonly leftMs: number;
  /** Code of the error that asked for it; undefined: for want of quota. */
  readonly because: string | undefined;
}

/** Rate and time left, from how the counts moved lately. */
export interface Pace {
  /** Rollouts ended a second; 0 when nothing moved. */
  readonly perSecond: number;
  /** Undefined while there is no rate to tell it from. */
  readonly secondsLeft: number | undefined;
  /** Seconds since a rollout has ended, or since the beginning. */
  readonly secondsStill: number;
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
  /** The first reading at which as many had ended as now. */
  #moved: Reading = {atMs: 0, ended: -1, tokens: 0};

  /** Takes a reading at `nowMs` (any monotonic milliseconds). */
  read(snapshot: ProgressSnapshot, nowMs: number): Pace {
    const {done, failed, tokens} = snapshot;
    const now: Reading = {atMs: nowMs, ended: done + failed, tokens};
    this.#readings.push(now);
    if (this.#moved.ended !== now.ended) this.#moved = now;
    while (this.#readings.length > 2 && nowMs - (this.#readings[1]?.atMs ?? nowMs) >= etaWindowMs)
      this.#readings.shift();
    const last = this.#readings.findLast(({atMs}) => nowMs - atMs >= paceWindowMs);
    const perSecond = rateSince(last ?? this.#readings[0] ?? now, now, ({ended}) => ended);
    return {
      perSecond,
      secondsLeft: secondsLeft(snapshot, this.#readings[0] ?? now, now),
      secondsStill: (nowMs - this.#moved.atMs) / 1000,
    };
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
