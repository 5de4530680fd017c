import {KeyTable} from '../../core/key-table.ts';
import {NumberColumn} from '../../core/number-column.ts';
import type {RolloutId} from '../../core/rollout.ts';
import {keyOf} from '../identity-table.ts';
import {LineIndex} from '../line-index.ts';

// A rollout's state: whether it has a record, whether it failed for good, and above them its failed attempts.
const recorded = 1;
const terminal = 2;
const oneAttempt = 4;

/** The rollouts that are wanted: where their rows are, and what has been seen of them. Some 45 bytes a rollout. */
export class RowIndex implements Disposable {
  readonly #keys = new KeyTable();
  /** By the slots of the keys. */
  readonly #rows = new LineIndex();
  readonly #states = new NumberColumn('uint32');

  get size(): number {
    return this.#keys.size;
  }

  /** Opens the file of the rows that are to be added. Fails with `ERR_STORE_READ`. */
  addFile(path: string): void {
    this.#rows.addFile(path);
  }

  /** Adds a row; false if its identity is there already. */
  add(id: RolloutId, line: {readonly offset: number; readonly bytes: Buffer}): boolean {
    const before = this.size;
    if (this.#keys.intern(...keyOf(id)) < before) return false;
    this.#rows.add(line);
    return true;
  }

  /** The text of an identity's row; undefined if it is not wanted. Fails with `ERR_STORE_READ`. */
  rowOf(id: RolloutId): string | undefined {
    const slot = this.#keys.find(...keyOf(id));
    return slot === -1 ? undefined : this.#rows.read(slot);
  }

  /** Notes a record; false if there was one before. The identity must be wanted. */
  addRecord(id: RolloutId): boolean {
    const slot = this.#keys.find(...keyOf(id));
    const state = this.#states.get(slot);
    this.#states.set(slot, state | recorded);
    return (state & recorded) === 0;
  }

  /** Notes a failed attempt; false if the identity is not wanted. */
  addFailure(id: RolloutId, isTerminal: boolean): boolean {
    const slot = this.#keys.find(...keyOf(id));
    if (slot === -1) return false;
    const state = this.#states.get(slot) + oneAttempt;
    this.#states.set(slot, isTerminal ? state | terminal : state);
    return true;
  }

  [Symbol.dispose](): void {
    this.#rows[Symbol.dispose]();
  }

  /** The rollouts without a record, with what became of their attempts so far. */
  *missing(): Generator<{readonly id: RolloutId; readonly attempts: number; readonly isTerminal: boolean}> {
    for (let slot = 0; slot < this.size; slot++) {
      const state = this.#states.get(slot);
      if ((state & recorded) !== 0) continue;
      const [taskLow = 0, taskHigh = 0, rolloutLow = 0, rolloutHigh = 0] = this.#keys.keyAt(slot);
      const id = {taskIndex: joined(taskHigh, taskLow), rolloutIndex: joined(rolloutHigh, rolloutLow)};
      yield {id, attempts: Math.floor(state / oneAttempt), isTerminal: (state & terminal) !== 0};
    }
  }
}

function joined(high: number, low: number): number {
  return high * 4_294_967_296 + low;
}
