import {KeyTable} from '../core/key-table.ts';
import {NumberColumn} from '../core/number-column.ts';
import type {RolloutId} from '../core/rollout.ts';

const twoTo32 = 4_294_967_296;

/** A set of rollout identities with a number for each: some 30 bytes an identity. */
export class IdentityTable {
  readonly #keys = new KeyTable();
  readonly #numbers = new NumberColumn('uint32');

  /** How many identities there are. */
  get size(): number {
    return this.#keys.size;
  }

  /** The identity's number; 0 if it is not there. */
  get(id: RolloutId): number {
    const slot = this.#keys.find(...keyOf(id));
    return slot === -1 ? 0 : this.#numbers.get(slot);
  }

  set(id: RolloutId, value: number): void {
    this.#numbers.set(this.#keys.intern(...keyOf(id)), value);
  }

  /** The identities, in the order in which they were first set. */
  *identities(): Generator<RolloutId> {
    for (let slot = 0; slot < this.size; slot++) {
      const [taskLow = 0, taskHigh = 0, rolloutLow = 0, rolloutHigh = 0] = this.#keys.keyAt(slot);
      yield {taskIndex: taskHigh * twoTo32 + taskLow, rolloutIndex: rolloutHigh * twoTo32 + rolloutLow};
    }
  }
}

/** An identity as the key of a table. */
export function keyOf({taskIndex, rolloutIndex}: RolloutId): [number, number, number, number] {
  return [
    taskIndex % twoTo32,
    Math.floor(taskIndex / twoTo32),
    rolloutIndex % twoTo32,
    Math.floor(rolloutIndex / twoTo32),
  ];
}
