import type {Priority} from './admission.ts';
import {Turns} from './turns.ts';
import {type Waiter, WaitingLine} from './waiting-line.ts';

/** A line of callers whom any of several deployments may serve, as it stands before one of them. */
export interface Guest<T extends Waiter> {
  readonly line: WaitingLine<T>;
  /** Which of them this one is. */
  readonly member: number;
  /** Whether it may serve anybody of the line as things stand. */
  readonly isOpen: () => boolean;
  readonly mayStart: (waiter: T) => boolean;
  /** Nobody starts here for a while. */
  readonly onCoolDown: () => void;
  /** Somebody has started here: there is less room than before. */
  readonly onStart: () => void;
}

// A large call does not stop small ones that fit beside it, but it must get its turn.
const mostOvertakings = 8;
// Looking further costs time and finds what the first ones would find a little later.
const mostLookedAt = 16;
// The same where those who are looked at may not start here at all: others serve them.
const mostPassedOver = 64;

/**
 * The lines that meet at a deployment, served as one: rollouts already begun first as `Turns` has it, then first come first
 * served, except as `firstThat` says.
 */
export class Lines<T extends Waiter> {
  /** Those who wait for this deployment alone. */
  readonly own: WaitingLine<T> = new WaitingLine<T>();
  readonly #guests: Guest<T>[] = [];
  readonly #turns = new Turns();

  get size(): number {
    let size = this.own.size;
    for (const {line} of this.#guests) size += line.size;
    return size;
  }

  get guests(): readonly Guest<T>[] {
    return this.#guests;
  }

  host(guest: Guest<T>): void {
    this.#guests.push(guest);
  }

  /** Whether one who comes has nobody before it. */
  isFree(priority: Priority): boolean {
    if (this.#waits('begun')) return false;
    const waitsNew = this.#waits('new');
    return priority === 'begun' ? !this.#turns.owesNew(waitsNew) : !waitsNew;
  }

  /** The first who may start; undefined where there is nobody. */
  first(): T | undefined {
    if (this.#guests.length > 0) return this.#candidates(1)[0];
    for (const priority of this.#turns.order(this.#waits('new'))) {
      const [waiter] = this.own.of(priority);
      if (waiter !== undefined) return waiter;
    }
    return undefined;
  }

  /** The first whose call fits; one that does not fit is overtaken, but only a few times. */
  firstThat(fits: (waiter: T) => boolean): T | undefined {
    const candidates = this.#candidates(mostLookedAt);
    const index = candidates.findIndex(fits);
    if (index > 0) for (const passed of candidates.slice(0, index)) passed.overtaken++;
    return candidates[index];
  }

  /** The shortest of the waits of those who may go next; infinite where there is nobody. */
  shortestWait(waitOf: (waiter: T) => number): number {
    return this.#candidates(mostLookedAt).reduce(
      (shortest, waiter) => Math.min(shortest, waitOf(waiter)),
      Infinity,
    );
  }

  /** Takes one out of the line that it stands in; the number says which of that line's deployments this one is. */
  remove(waiter: T): number {
    for (const {line, member} of this.#guests) {
      if (!line.of(waiter.priority).has(waiter)) continue;
      line.remove(waiter);
      return member;
    }
    this.own.remove(waiter);
    return 0;
  }

  /** One has started, out of a line or without having stood in one. */
  started(priority: Priority): void {
    this.#turns.started(priority, this.#waits('new'));
  }

  #waits(priority: Priority): boolean {
    return this.own.of(priority).size > 0 || this.#guests.some(({line}) => line.of(priority).size > 0);
  }

  /** Those who may go next: up to the one that has been overtaken often enough. */
  #candidates(most: number): readonly T[] {
    const candidates: T[] = [];
    const guests = this.#guests.filter(({line, isOpen}) => line.size > 0 && isOpen());
    for (const priority of this.#turns.order(this.#waits('new'))) {
      for (const waiter of this.#inOrder(priority, most - candidates.length, guests)) {
        candidates.push(waiter);
        if (waiter.overtaken >= mostOvertakings || candidates.length === most) return candidates;
      }
    }
    return candidates;
  }

  #inOrder(priority: Priority, most: number, guests: readonly Guest<T>[]): readonly T[] {
    const found = firstOf(this.own.of(priority), most);
    if (guests.length === 0) return found;
    for (const {line, mayStart} of guests) found.push(...firstOf(line.of(priority), most, mayStart));
    return found.sort((one, other) => one.sinceMs - other.sinceMs).slice(0, most);
  }
}

function firstOf<T>(waiters: ReadonlySet<T>, most: number, mayStart?: (waiter: T) => boolean): T[] {
  const found: T[] = [];
  let passedOver = 0;
  for (const waiter of waiters) {
    if (mayStart === undefined || mayStart(waiter)) found.push(waiter);
    else if (++passedOver === mostPassedOver) break;
    if (found.length === most) break;
  }
  return found;
}
