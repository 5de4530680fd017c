/** A sum over the last so many milliseconds. Memory is bounded by the window's length, not by the traffic. */
export interface SlidingWindow {
  readonly lengthMs: number;
  readonly total: number;
  /** The part that is so many behind the oldest. */
  partAt(index: number): WindowPart | undefined;
  /** Forgets what is older than the window. */
  expire(nowMs: number): void;
  /** Adds what happened at a time, usually the last one; a time to come is in the window from now until it is `lengthMs` past. */
  add(atMs: number, amount: number): void;
  /** Takes back what was added at a time, as far as it is still there. */
  take(atMs: number, amount: number): void;
  /** Takes the oldest out until so much is gone, or all. */
  takeOldest(amount: number): void;
  /** What was added after `fromMs`, up to `toMs` included. */
  sumBetween(fromMs: number, toMs: number): number;
  /** Time until the sum has fallen to `amount` if nothing is added; undefined: never. */
  msUntilAtMost(amount: number, nowMs: number): number | undefined;
}

/** What was added within one millisecond. */
export interface WindowPart {
  readonly atMs: number;
  readonly amount: number;
}

/** An empty window of `lengthMs`. What is exactly `lengthMs` old is out of it. */
export function createSlidingWindow(lengthMs: number): SlidingWindow {
  return new PartedWindow(lengthMs);
}

interface Part extends WindowPart {
  amount: number;
}

// The front of the list is dropped in pieces: for each part it would cost more than the part is worth.
const partsToDrop = 1_024;

class PartedWindow implements SlidingWindow {
  readonly lengthMs: number;
  total = 0;
  #parts: Part[] = [];
  #head = 0;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
  }

  partAt(index: number): WindowPart | undefined {
    return this.#parts[this.#head + index];
  }

  expire(nowMs: number): void {
    const {lengthMs} = this;
    for (
      let part = this.#parts[this.#head];
      part !== undefined && nowMs - part.atMs >= lengthMs;
      part = this.#parts[++this.#head]
    ) {
      this.total -= part.amount;
    }
    if (this.#head <= partsToDrop || this.#head * 2 <= this.#parts.length) return;
    this.#parts = this.#parts.slice(this.#head);
    this.#head = 0;
  }

  add(atMs: number, amount: number): void {
    this.total += amount;
    // What happens within one millisecond shares a part, which bounds the list.
    const wholeMs = Math.floor(atMs);
    const index = this.#indexAfter(wholeMs);
    const before = index > this.#head ? this.#parts[index - 1] : undefined;
    if (before?.atMs === wholeMs) before.amount += amount;
    else if (index === this.#parts.length) this.#parts.push({atMs: wholeMs, amount});
    else this.#parts.splice(index, 0, {atMs: wholeMs, amount});
  }

  take(atMs: number, amount: number): void {
    const wholeMs = Math.floor(atMs);
    const index = this.#indexAfter(wholeMs) - 1;
    const part = index < this.#head ? undefined : this.#parts[index];
    if (part?.atMs !== wholeMs) return;
    const taken = Math.min(part.amount, amount);
    part.amount -= taken;
    this.total -= taken;
  }

  takeOldest(amount: number): void {
    let left = amount;
    for (let part = this.#parts[this.#head]; part !== undefined && left > 0; part = this.#parts[this.#head]) {
      const taken = Math.min(part.amount, left);
      part.amount -= taken;
      this.total -= taken;
      left -= taken;
      if (part.amount === 0) this.#head++;
    }
  }

  sumBetween(fromMs: number, toMs: number): number {
    let sum = 0;
    for (let index = this.#indexAfter(fromMs); index < this.#parts.length; index++) {
      const part = this.#parts[index];
      if (part === undefined || part.atMs > toMs) break;
      sum += part.amount;
    }
    return sum;
  }

  msUntilAtMost(amount: number, nowMs: number): number | undefined {
    if (amount < 0) return undefined;
    let rest = this.total;
    for (let index = this.#head; index < this.#parts.length; index++) {
      const part = this.#parts[index];
      if (part === undefined || rest <= amount) break;
      rest -= part.amount;
      if (rest <= amount) return Math.max(1, Math.ceil(part.atMs + this.lengthMs - nowMs));
    }
    return rest <= amount ? 0 : undefined;
  }

  /** Where the first part later than `atMs` stands. What is added last is mostly the latest. */
  #indexAfter(atMs: number): number {
    const last = this.#parts.at(-1);
    if (last === undefined || last.atMs <= atMs) return this.#parts.length;
    let [low, high] = [this.#head, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const part = this.#parts[middle];
      if (part === undefined || part.atMs > atMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
