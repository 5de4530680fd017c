/** Resolves when it is the caller's turn, in the order of asking. */
export type TakeTurn = () => Promise<void>;

/**
 * Turns for work that takes long: at most one in each round of the event loop, so that everything else is served in between
 * however many ask at once.
 */
export function createTurns(): TakeTurn {
  let last = Promise.resolve();
  const nextRound = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return () => (last = last.then(nextRound));
}
