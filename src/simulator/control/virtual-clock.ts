import type {Clock} from '../../core/clock.ts';

/** A clock that moves when told to. */
export interface AdvanceableClock extends Clock {
  advance(ms: number): void | Promise<void>;
}

/** Whether a clock can be told to move on. */
export function isAdvanceable(clock: Clock): clock is AdvanceableClock {
  return 'advance' in clock && typeof clock.advance === 'function';
}

/** A clock that stands at `startMs` (Unix milliseconds) until it is moved; timers that fall due run in order. */
export function createVirtualClock(startMs: number): AdvanceableClock {
  let elapsedMs = 0;
  let created = 0;
  const timers = new Map<number, {readonly dueMs: number; readonly callback: () => void}>();
  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    setTimer(delayMs, callback) {
      const id = created++;
      timers.set(id, {dueMs: elapsedMs + Math.max(0, delayMs), callback});
      return () => timers.delete(id);
    },
    advance(ms) {
      const endMs = elapsedMs + ms;
      for (let next = earliest(endMs); next !== undefined; next = earliest(endMs)) {
        const [id, {dueMs, callback}] = next;
        timers.delete(id);
        elapsedMs = dueMs;
        callback();
      }
      elapsedMs = endMs;
    },
  };

  function earliest(limitMs: number): [number, {dueMs: number; callback: () => void}] | undefined {
    let found: [number, {dueMs: number; callback: () => void}] | undefined;
    for (const [id, timer] of timers) {
      if (timer.dueMs <= limitMs && (found === undefined || timer.dueMs < found[1].dueMs))
        found = [id, timer];
    }
    return found;
  }
}
