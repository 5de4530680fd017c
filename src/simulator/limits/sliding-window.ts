/** A sum over the last so many milliseconds. Memory is bounded by the window's length, not by the traffic. */
export interface SlidingWindow {
  readonly total: number;
  /** Forgets what is older than the window. */
  expire(nowMs: number): void;
  add(nowMs: number, amount: number): void;
  /** Time until the sum has fallen to `amount` if nothing is added; undefined: never. */
  msUntilAtMost(amount: number, nowMs: number): number | undefined;
}

interface Entry {
  readonly atMs: number;
  amount: number;
}

/** An empty window of `lengthMs`. What is exactly `lengthMs` old is out of it. */
export function createSlidingWindow(lengthMs: number): SlidingWindow {
  let entries: Entry[] = [];
  let head = 0;
  let total = 0;
  return {
    get total() {
      return total;
    },
    expire(nowMs) {
      for (
        let entry = entries[head];
        entry !== undefined && nowMs - entry.atMs >= lengthMs;
        entry = entries[++head]
      ) {
        total -= entry.amount;
      }
      if (head > 1_024 && head * 2 > entries.length) {
        entries = entries.slice(head);
        head = 0;
      }
    },
    add(nowMs, amount) {
      total += amount;
      // Requests within one millisecond share an entry, which bounds the list.
      const atMs = Math.floor(nowMs);
      const last = entries.length > head ? entries.at(-1) : undefined;
      if (last?.atMs === atMs) last.amount += amount;
      else entries.push({atMs, amount});
    },
    msUntilAtMost(amount, nowMs) {
      if (amount < 0) return undefined;
      let rest = total;
      for (let index = head; index < entries.length; index++) {
        const entry = entries[index];
        if (entry === undefined || rest <= amount) break;
        rest -= entry.amount;
        if (rest <= amount) return Math.max(1, Math.ceil(entry.atMs + lengthMs - nowMs));
      }
      return rest <= amount ? 0 : undefined;
    },
  };
}
