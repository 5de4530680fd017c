import type {Clock} from '../../src/core/clock.ts';

export interface FakeClock extends Clock {
  /** Moves time on by `ms`, running what falls due in order, and lets promises settle between. */
  advance(ms: number): Promise<void>;
  readonly pendingTimers: number;
}

/** A clock that stands still until it is told to move. */
export function createFakeClock(startMs = 1_750_000_000_000): FakeClock {
  let elapsed = 0;
  let sequence = 0;
  const timers = new Map<number, {dueMs: number; callback: () => void}>();
  const next = (limitMs: number) => {
    let found: [number, {dueMs: number; callback: () => void}] | undefined;
    // The earliest, and of those the one that was set first; the map keeps them in that order.
    for (const timer of timers)
      if (timer[1].dueMs <= limitMs && timer[1].dueMs < (found?.[1].dueMs ?? Infinity)) found = timer;
    return found;
  };
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    setTimer(delayMs, callback) {
      const id = sequence++;
      timers.set(id, {dueMs: elapsed + Math.max(0, delayMs), callback});
      return () => timers.delete(id);
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (let due = next(end); due !== undefined; due = next(end)) {
        timers.delete(due[0]);
        elapsed = due[1].dueMs;
        due[1].callback();
        await settle();
      }
      elapsed = end;
      await settle();
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}

/** Lets every promise that can settle without time or I/O do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
