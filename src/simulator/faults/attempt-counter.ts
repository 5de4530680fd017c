/** Counts how often each request came; remembers the requests seen last, so its memory is bounded. */
export interface AttemptCounter {
  /** Counts one more arrival and returns which it is; the first is 1. */
  count(hash: string): number;
}

const digits = 16;

export function createAttemptCounter(capacity = 20_000): AttemptCounter {
  const counts = new Map<string, number>();
  return {
    count(hash) {
      const key = hash.slice(0, digits);
      const attempt = (counts.get(key) ?? 0) + 1;
      // Out and in again: the map's order is that of the last arrival.
      counts.delete(key);
      counts.set(key, attempt);
      if (counts.size > capacity) {
        for (const oldest of counts.keys()) {
          counts.delete(oldest);
          break;
        }
      }
      return attempt;
    },
  };
}
