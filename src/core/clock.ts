import type {Cancellation} from './cancellation.ts';

/** The door to time. Everything that waits or measures takes one, so that tests run in virtual time. */
export interface Clock {
  /** Wall time, in milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that never goes back. */
  monotonic(): number;
  /** Calls `callback` after `delayMs`; returns the way to call it off. */
  setTimer(delayMs: number, callback: () => void): () => void;
}

/** Uniform in [0, 1): the door to chance. */
export type Random = () => number;

/** Resolves after `delayMs`; rejects with the cancellation's reason when that comes first. */
export async function sleep(clock: Clock, delayMs: number, cancellation: Cancellation): Promise<void> {
  if (cancellation.reason !== undefined) throw cancellation.reason;
  await new Promise<void>((resolve, reject) => {
    const stopTimer = clock.setTimer(delayMs, () => {
      stopListening();
      resolve();
    });
    const stopListening = cancellation.onCancel((reason) => {
      stopTimer();
      reject(reason);
    });
  });
}
