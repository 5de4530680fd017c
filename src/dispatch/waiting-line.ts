import type {Priority} from './admission.ts';
import {Turns} from './turns.ts';

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

/** Those who wait: rollouts already begun first as `Turns` has it, then first come first served, except as `firstThat` says. */
export class WaitingLine<T extends Waiter> {
  readonly #queues: Readonly<Record<Priority, Set<T>>> = {begun: new Set(), new: new Set()};
  readonly #turns = new Turns();

  get size(): number {
    return this.#queues.begun.size + this.#queues.new.size;
  }

  /** Whether one who comes has nobody before it. */
  isFree(priority: Priority): boolean {
    if (this.#queues.begun.size > 0) return false;
    return priority === 'begun' ? !this.#turns.owesNew(this.#waitsNew) : !this.#waitsNew;
  }

  add(waiter: T): void {
    this.#queues[waiter.priority].add(waiter);
  }

  remove(waiter: T): void {
    this.#queues[waiter.priority].delete(waiter);
  }

  /** The first; undefined where nobody waits. */
  first(): T | undefined {
    const [waiter] = this.all();
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

  /** One has started, out of the line or without having stood in it. */
  started(priority: Priority): void {
    this.#turns.started(priority, this.#waitsNew);
  }

  *all(): IterableIterator<T> {
    for (const priority of this.#turns.order(this.#waitsNew)) yield* this.#queues[priority];
  }

  get #waitsNew(): boolean {
    return this.#queues.new.size > 0;
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
