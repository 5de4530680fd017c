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

// Without a listener the limit on file sizes (ulimit -f) kills the process; with one the write fails, as on a full disk.
const survivedSignals: readonly NodeJS.Signals[] = process.platform === 'win32' ? [] : ['SIGXFSZ'];
const survive = (): void => undefined;

/** Listens for SIGINT and SIGTERM; returns the way to stop listening. A write beyond the limit on file sizes ends no process meanwhile. */
export function listenForSignals({onFirst, onAgain}: SignalActions): () => void {
  let asked = false;
  const listener = (signal: StopSignal): void => {
    if (asked) onAgain(signal);
    else onFirst(signal);
    asked = true;
  };
  for (const signal of stopSignals) process.on(signal, listener);
  for (const signal of survivedSignals) process.on(signal, survive);
  return () => {
    for (const signal of survivedSignals) process.off(signal, survive);
    for (const signal of stopSignals) process.off(signal, listener);
  };
}
