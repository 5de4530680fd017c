import type {Clock} from '../../src/core/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on by `ms`, running what falls due in order, and lets promises settle between. */
  advance(ms: number): Promise<void>;
  /** Lets `ms` go by without any timer running: what fell due runs when time is moved on next. */
  stall(ms: number): void;
  readonly pendingTimers: number;
}

/** A clock that stands still until it is told to move. */
export function createFakeClock(startMs = 1_750_000_000_000): FakeClock {
  let elapsed = 0;
  let sequence = 0;
  const timers = new TimerHeap();
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    setTimer(delayMs, callback) {
      const timer: Timer = {dueMs: elapsed + Math.max(0, delayMs), order: sequence++, callback};
      timers.add(timer);
      return () => timers.stop(timer);
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (let due = timers.takeDue(end); due !== undefined; due = timers.takeDue(end)) {
        elapsed = Math.max(elapsed, due.dueMs);
        due.callback?.();
        await settle();
      }
      elapsed = end;
      await settle();
    },
    stall(ms) {
      elapsed += ms;
    },
    get pendingTimers() {
      return timers.pending;
    },
  };
}

/** Lets every promise that can settle without time or I/O do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  /** Undefined once it was stopped or has run. */
  callback: (() => void) | undefined;
}

/** The earliest first, and of those the one that was set first. Hours with thousands of timers must not take minutes. */
class TimerHeap {
  pending = 0;
  readonly #heap: Timer[] = [];

  add(timer: Timer): void {
    this.pending++;
    let index = this.#heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) break;
      index = parent;
    }
  }

  stop(timer: Timer): void {
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    this.pending--;
  }

  /** The next that is due by then and has not been stopped. */
  takeDue(limitMs: number): Timer | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.callback !== undefined && first.dueMs > limitMs) return undefined;
      this.#takeFirst();
      if (first.callback === undefined) continue;
      const due = {...first};
      this.stop(first);
      return due;
    }
    return undefined;
  }

  #takeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let index = 0; ; ) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const child = right < this.#heap.length && this.#isEarlier(right, left) ? right : left;
      if (child >= this.#heap.length || !this.#swapIfEarlier(child, index)) return;
      index = child;
    }
  }

  #swapIfEarlier(index: number, above: number): boolean {
    if (!this.#isEarlier(index, above)) return false;
    const [one, other] = [this.#heap[index], this.#heap[above]];
    if (one !== undefined && other !== undefined) [this.#heap[above], this.#heap[index]] = [one, other];
    return true;
  }

  #isEarlier(index: number, than: number): boolean {
    const [one, other] = [this.#heap[index], this.#heap[than]];
    if (one === undefined || other === undefined) return false;
    return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
  }
}
