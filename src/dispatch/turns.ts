import type {Priority} from './admission.ts';

// So many rollouts already begun go before one that is new: few enough that nobody waits for ever behind a judge's door.
const begunInARow = 8;

/** Whose turn it is where both wait: rollouts already begun go first, but not all of them before any that is new. */
export class Turns {
  #begun = 0;

  /** The order in which the two are served. */
  order(waitsNew: boolean): readonly Priority[] {
    return this.owesNew(waitsNew) ? newFirst : begunFirst;
  }

  /** Whether it is the turn of one that is new, if any waits. */
  owesNew(waitsNew: boolean): boolean {
    return waitsNew && this.#begun >= begunInARow;
  }

  /** One has started; only those that went before somebody new count. */
  started(priority: Priority, waitsNew: boolean): void {
    this.#begun = priority === 'begun' && waitsNew ? this.#begun + 1 : 0;
  }
}

const begunFirst: readonly Priority[] = ['begun', 'new'];
const newFirst: readonly Priority[] = ['new', 'begun'];
