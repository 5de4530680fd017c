import type {Clock} from '../core/clock.ts';

// Often enough that little of a stall goes unnoticed, so seldom that it costs nothing.
const beatMs = 250;
// A busy event loop is late by less; whatever is later has stood still.
const toleratedMs = 250;
// Between two timers the platform looks at every socket; this long, so that much that has piled up is read.
const graceMs = 250;

/**
 * The same clock, but its monotonic time and its timers leave out the times in which this process stood still: its event
 * loop was blocked, it was stopped, or the machine was suspended. For limits on what others take: what they sent in the
 * meantime lies in the sockets, and nothing falls due before it could be read. While a timer runs, a heartbeat every 250 ms
 * notices such gaps. `now` is the clock's own.
 */
export function createAwakeClock(clock: Clock): Clock {
  const watch = new Watch(clock);
  return {
    now: () => clock.now(),
    monotonic: () => watch.awakeMs(),
    setTimer: (delayMs, callback) => watch.setTimer(delayMs, callback),
  };
}

class Watch {
  readonly #clock: Clock;
  #timers = 0;
  #stopBeat: () => void = () => undefined;
  /** The last moment at which the process was seen awake, and how long it had stood still until then. */
  #seenMs = 0;
  #lostMs = 0;
  #graceEndMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  awakeMs(): number {
    return this.#look() - this.#lostMs;
  }

  /** See `Clock.setTimer`. */
  setTimer(delayMs: number, callback: () => void): () => void {
    if (this.#timers++ === 0) this.#begin();
    const dueMs = this.awakeMs() + delayMs;
    let isOver = false;
    let stop = this.#clock.setTimer(delayMs, () => fire());
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      if (--this.#timers === 0) this.#stopBeat();
      return true;
    };
    // Once: a process that stands still again and again must not put it off for ever.
    let hadGrace = false;
    const fire = (): void => {
      let remainingMs = dueMs - this.awakeMs();
      if (remainingMs <= 0 && !hadGrace) {
        hadGrace = true;
        remainingMs = this.#graceMs();
      }
      if (remainingMs > 0) stop = this.#clock.setTimer(remainingMs, () => fire());
      else if (end()) callback();
    };
    return () => {
      if (end()) stop();
    };
  }

  #graceMs(): number {
    return this.#graceEndMs - this.#seenMs;
  }

  /** What went by while no timer ran is of no interest. */
  #begin(): void {
    this.#seenMs = this.#clock.monotonic();
    this.#beat();
  }

  #beat(): void {
    this.#stopBeat = this.#clock.setTimer(beatMs, () => {
      this.#look();
      this.#beat();
    });
  }

  #look(): number {
    const nowMs = this.#clock.monotonic();
    const unseenMs = nowMs - this.#seenMs;
    if (this.#timers > 0 && unseenMs > beatMs + toleratedMs) {
      this.#lostMs += unseenMs - beatMs;
      this.#graceEndMs = nowMs + graceMs;
    }
    this.#seenMs = nowMs;
    return nowMs;
  }
}
