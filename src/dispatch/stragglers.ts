import type {Clock} from '../core/clock.ts';

/** Something that is done unless it is called off before. */
export interface Straggler {
  /** By the clock's monotonic milliseconds. */
  readonly dueMs: number;
  readonly act: () => void;
}

// Stragglers that fall due so close together are looked at together.
const stepMs = 10;

/** One timer for however many calls that may turn out to be stragglers. */
export class Stragglers {
  readonly #clock: Clock;
  readonly #waiting = new Set<Straggler>();
  #timer: {readonly atMs: number; readonly stop: () => void} | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(straggler: Straggler): void {
    this.#waiting.add(straggler);
    this.#wakeAt(straggler.dueMs);
  }

  /** It is none any more. */
  remove(straggler: Straggler): void {
    this.#waiting.delete(straggler);
    if (this.#waiting.size > 0) return;
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #wakeAt(atMs: number): void {
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.stop();
    const stop = this.#clock.setTimer(Math.max(0, atMs - this.#clock.monotonic()), () => this.#look());
    this.#timer = {atMs, stop};
  }

  #look(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonic();
    let nextMs = Infinity;
    const due: Straggler[] = [];
    for (const straggler of this.#waiting) {
      if (straggler.dueMs <= nowMs) due.push(straggler);
      else nextMs = Math.min(nextMs, straggler.dueMs);
    }
    for (const straggler of due) this.#waiting.delete(straggler);
    if (nextMs < Infinity) this.#wakeAt(Math.max(nextMs, nowMs + stepMs));
    for (const {act} of due) act();
  }
}
