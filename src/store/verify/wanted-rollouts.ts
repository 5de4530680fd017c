import {NumberColumn} from '../../core/number-column.ts';
import type {RolloutId} from '../../core/rollout.ts';
import {IndexedLines} from '../indexed-lines.ts';

// A rollout's state: whether it has a record, whether it failed for good, and above them its failed attempts.
const recorded = 1;
const terminal = 2;
const oneAttempt = 4;

/** The rollouts that are wanted: their rows, and what has been seen of each. Some 45 bytes a rollout. */
export class WantedRollouts implements Disposable {
  readonly rows: IndexedLines = new IndexedLines();
  /** By the places of the rows. */
  readonly #states = new NumberColumn('uint32');

  /** Notes a record; false if there was one before. The identity must be wanted. */
  addRecord(id: RolloutId): boolean {
    const place = this.rows.placeOf(id);
    const state = this.#states.get(place);
    this.#states.set(place, state | recorded);
    return (state & recorded) === 0;
  }

  /** Notes a failed attempt; false if the identity is not wanted. */
  addFailure(id: RolloutId, isTerminal: boolean): boolean {
    const place = this.rows.placeOf(id);
    if (place === -1) return false;
    const state = this.#states.get(place) + oneAttempt;
    this.#states.set(place, isTerminal ? state | terminal : state);
    return true;
  }

  /** The rollouts without a record, with what became of their attempts so far. */
  *missing(): Generator<{readonly id: RolloutId; readonly attempts: number; readonly isTerminal: boolean}> {
    let place = 0;
    for (const id of this.rows.identities()) {
      const state = this.#states.get(place++);
      if ((state & recorded) !== 0) continue;
      yield {id, attempts: Math.floor(state / oneAttempt), isTerminal: (state & terminal) !== 0};
    }
  }

  [Symbol.dispose](): void {
    this.rows[Symbol.dispose]();
  }
}
