import type {Priority} from './admission.ts';

/** Someone who waits to be let in. */
export interface Waiter {
  readonly priority: Priority;
  /** What the call takes of the quota. */
  readonly tokens: number;
  /** Since when, by the clock's monotonic milliseconds: lines that meet at one deployment are merged by it. */
  readonly sinceMs: number;
  /** How often others went first because there was no room for so many tokens. */
  overtaken: number;
}

/** Those who wait in the order of their coming, rollouts already begun apart from new ones. */
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

  of(priority: Priority): ReadonlySet<T> {
    return this.#queues[priority];
  }

  *all(): IterableIterator<T> {
    yield* this.#queues.begun;
    yield* this.#queues.new;
  }
}
