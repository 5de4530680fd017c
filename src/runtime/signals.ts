export type StopSignal = 'SIGINT' | 'SIGTERM';

export interface SignalActions {
  /** The first signal asks: drain. */
  readonly onFirst: (signal: StopSignal) => void;
  /** Every later one insists: abort. */
  readonly onAgain: (signal: StopSignal) => void;
}

/**
 * Ends the process with `exitCode` after `graceMs` if it has not ended by then: a read from a pipe that nobody feeds, or a
 * write into one that nobody empties, cannot be called off.
 */
export function endProcessAfter(graceMs: number, exitCode: number): void {
  setTimeout(() => process.exit(exitCode), graceMs).unref();
}

const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** Listens for SIGINT and SIGTERM; returns the way to stop listening. */
export function listenForSignals({onFirst, onAgain}: SignalActions): () => void {
  let asked = false;
  const listener = (signal: StopSignal): void => {
    if (asked) onAgain(signal);
    else onFirst(signal);
    asked = true;
  };
  for (const signal of stopSignals) process.on(signal, listener);
  return () => {
    for (const signal of stopSignals) process.off(signal, listener);
  };
}
