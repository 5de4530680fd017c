/** Where a collection stands, read whenever progress is shown. */
export interface ProgressSnapshot {
  /** Rollouts this run owes, those already done by an earlier run left out. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly inFlight: number;
  /** Tokens in and out, of policy and judge. */
  readonly tokens: number;
  /** Of the rollouts judged in this run; undefined before the first. */
  readonly meanReward: number | undefined;
}

/** Rate and time left, from how the count moved over the last half minute. */
export interface Pace {
  /** Rollouts ended a second; 0 when nothing moved. */
  readonly perSecond: number;
  /** Undefined while there is no rate to tell it from. */
  readonly secondsLeft: number | undefined;
}

const windowMs = 30_000;

/** Remembers how many rollouts had ended when, and tells the pace of the last half minute. */
export class PaceMeter {
  readonly #samples: {readonly atMs: number; readonly ended: number}[] = [];

  /** Takes a reading at `nowMs` (any monotonic milliseconds). */
  read({total, done, failed}: ProgressSnapshot, nowMs: number): Pace {
    const ended = done + failed;
    this.#samples.push({atMs: nowMs, ended});
    while (this.#samples.length > 2 && nowMs - (this.#samples[1]?.atMs ?? nowMs) >= windowMs)
      this.#samples.shift();
    const oldest = this.#samples[0] ?? {atMs: nowMs, ended};
    const seconds = (nowMs - oldest.atMs) / 1000;
    const perSecond = seconds > 0 ? (ended - oldest.ended) / seconds : 0;
    return {perSecond, secondsLeft: perSecond > 0 ? Math.max(0, total - ended) / perSecond : undefined};
  }
}
