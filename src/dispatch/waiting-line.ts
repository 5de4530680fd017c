import type {Priority} from './admission.ts';

/** Someone who waits to be let in. */
export interface Waiter {
  readonly priority: Priority;
  /** What the call takes of the quota. */
  readonly tokens: number;
  /** How often others went first because there was no room for so many tokens. */
  overtaken: number;
}

// A large call does not stop small ones that fit beside it, but it must get its turn.
const mostOvertakings = 8;
// Looking further costs time and finds what the first ones would find a little later.
const mostLookedAt = 16;

/** Those who wait: rollouts already begun first, then first come first served, except as `firstThat` says. */
export class WaitingLine<T extends Waiter> {
  readonly #queues: Readonly<Record<Priority, Set<T>>> = {begun: new Set(), new: new Set()};

  get size(): number {
    return this.#queues.begun.size + this.#queues.new.size;
  }

  /** Whether one who comes has nobody before it. */
  isFree(priority: Priority): boolean {
    return this.#queues.begun.size === 0 && (priority === 'begun' || this.#queues.new.size === 0);
  }

  add(waiter: T): void {
    this.#queues[waiter.priority].add(waiter);
  }

  remove(waiter: T): void {
    this.#queues[waiter.priority].delete(waiter);
  }

  /** The first; undefined where nobody waits. */
  first(): T | undefined {
    const {begun, new: fresh} = this.#queues;
    const [waiter] = begun.size > 0 ? begun : fresh;
    return waiter;
  }

  /** The first whose call fits; one that does not fit is overtaken, but only a few times. */
  firstThat(fits: (waiter: T) => boolean): T | undefined {
    const candidates = this.#candidates();
    const index = candidates.findIndex(fits);
    if (index > 0) for (const passed of candidates.slice(0, index)) passed.overtaken++;
    return candidates[index];
  }

  /** The shortest of the waits of those who may go next. */
  shortestWait(waitOf: (waiter: T) => number): number {
    return this.#candidates().reduce((shortest, waiter) => Math.min(shortest, waitOf(waiter)), Infinity);
  }

  *all(): IterableIterator<T> {
    yield* this.#queues.begun;
    yield* this.#queues.new;
  }

  /** Those who may go next: up to the one that has been overtaken often enough. */
  #candidates(): readonly T[] {
    const candidates: T[] = [];
    for (const waiter of this.all()) {
      candidates.push(waiter);
      if (waiter.overtaken >= mostOvertakings || candidates.length === mostLookedAt) break;
    }
    return candidates;
  }
}
