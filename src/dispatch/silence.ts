// Short enough that few calls follow the first ones; a wrong guess costs little, as one call tries it out at once.
const leastMs = 1_000;
const slowestTimes = 1.5;
// With many calls under way an answer is due long before the longest of them may be: so many times as much waiting between
// two answers as the most there was is no chance, once so many answers have been waited for.
const mostWaitingTimes = 3;
const enoughAnswers = 20;
// A long call weighs until some hundred others were shorter.
const fading = 0.995;
const longestProbeMs = 60_000;

/**
 * Whether a deployment takes calls and answers none: nothing has come for half as long again as the longest of the
 * last calls took, though some are under way; or its calls have waited together for much longer than they ever did between two
 * answers. The calls themselves wait for their own time limits; this only keeps others from following them. Times are the
 * clock's monotonic milliseconds.
 */
export class Silence {
  #unanswered = 0;
  #slowestMs: number | undefined;
  #heardMs = 0;
  #probes = 0;
  #probeAtMs = 0;
  /** What all calls under way have waited since the last answer, summed up until `#countedToMs`; and the most it was of late. */
  #waitedMs = 0;
  #countedToMs = 0;
  #mostWaitedMs = 0;
  #answers = 0;

  /** Calls under way that have no answer yet. */
  get unanswered(): number {
    return this.#unanswered;
  }

  isSilent(nowMs: number): boolean {
    return this.#unanswered > 0 && nowMs > this.#silentAt;
  }

  /** While it is silent, one call goes there now and then to see whether it answers others. */
  isProbeDue(nowMs: number): boolean {
    return nowMs >= this.#probeAtMs;
  }

  /** When it becomes silent, or due; infinite where it does not of itself. */
  changesAt(nowMs: number): number {
    if (this.#unanswered === 0) return Infinity;
    // Only after that time, not at it.
    return this.isSilent(nowMs) ? this.#probeAtMs : this.#silentAt + 1;
  }

  onStart(nowMs: number): void {
    // Who had nothing to say before was not silent.
    if (this.#unanswered === 0 && this.#probes === 0) this.#heardMs = nowMs;
    this.#countWaiting(nowMs);
    this.#unanswered++;
    if (!this.isSilent(nowMs)) return;
    this.#probes++;
    this.#probeAtMs = nowMs + Math.min(longestProbeMs, this.#patienceMs * 2 ** this.#probes);
  }

  /** `tookMs` is undefined where the time says nothing about how long calls take. */
  onAnswer(nowMs: number, tookMs: number | undefined): void {
    this.#countWaiting(nowMs);
    this.#mostWaitedMs = Math.max(this.#waitedMs, this.#mostWaitedMs * fading);
    this.#waitedMs = 0;
    this.#answers++;
    this.#unanswered--;
    this.#heardMs = nowMs;
    this.#probes = 0;
    this.#probeAtMs = 0;
    if (tookMs !== undefined) this.#slowestMs = Math.max(tookMs, (this.#slowestMs ?? 0) * fading);
  }

  /** A call has ended without an answer. */
  onEnd(): void {
    this.#unanswered--;
  }

  #countWaiting(nowMs: number): void {
    this.#waitedMs += this.#unanswered * (nowMs - this.#countedToMs);
    this.#countedToMs = nowMs;
  }

  get #patienceMs(): number {
    return this.#slowestMs === undefined ? Infinity : Math.max(leastMs, this.#slowestMs * slowestTimes);
  }

  get #silentAt(): number {
    const slowestAt = this.#heardMs + this.#patienceMs;
    if (this.#answers < enoughAnswers) return slowestAt;
    const leftMs = (mostWaitingTimes * this.#mostWaitedMs - this.#waitedMs) / this.#unanswered;
    return Math.min(slowestAt, Math.max(this.#heardMs + leastMs, this.#countedToMs + leftMs));
  }
}
