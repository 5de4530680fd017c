const kept = 256;
/** So few answers say nothing about a rare long one. */
const fewest = 50;
const answersBetweenSorts = 16;

/** A percentile of how long a deployment's last answers took. */
export class LatencyQuantile {
  readonly #share: number;
  readonly #times: number[] = [];
  #next = 0;
  #sinceSorted = answersBetweenSorts;
  #value: number | undefined;

  /** `percentile` is from 0 to 100. */
  constructor(percentile: number) {
    this.#share = percentile / 100;
  }

  add(tookMs: number): void {
    this.#times[this.#next] = tookMs;
    this.#next = (this.#next + 1) % kept;
    this.#sinceSorted++;
  }

  /** Milliseconds; undefined until 50 answers were seen. */
  get value(): number | undefined {
    if (this.#times.length < fewest) return undefined;
    if (this.#value === undefined || this.#sinceSorted >= answersBetweenSorts) {
      const sorted = this.#times.toSorted((one, other) => one - other);
      this.#value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * this.#share))];
      this.#sinceSorted = 0;
    }
    return this.#value;
  }
}
