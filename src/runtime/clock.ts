import type {Clock} from '../core/clock.ts';

// A longer wait would make the platform's timers go off at once.
const longestTimerMs = 2_147_483_647;

/** The computer's own time. No timer waits for more than 24 days. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, longestTimerMs));
    return () => clearTimeout(timer);
  },
};
