import {KeyTable} from '../core/key-table.ts';
import type {RolloutId} from '../core/rollout.ts';

const twoTo32 = 4_294_967_296;

/** A set of rollout identities, each with its place: 0 for the first that came, 1 for the next. Some 25 bytes an identity. */
export class IdentitySet {
  readonly #keys = new KeyTable();

  get size(): number {
    return this.#keys.size;
  }

  /** The identity's place; −1 if it is not there. */
  placeOf(id: RolloutId): number {
    return this.#keys.find(...keyOf(id));
  }

  /** The identity's place; the next one if it was not there. */
  add(id: RolloutId): number {
    return this.#keys.intern(...keyOf(id));
  }

  /** The identities by place. */
  *[Symbol.iterator](): Generator<RolloutId> {
    for (let place = 0; place < this.size; place++) {
      const [taskLow = 0, taskHigh = 0, rolloutLow = 0, rolloutHigh = 0] = this.#keys.keyAt(place);
      yield {taskIndex: taskHigh * twoTo32 + taskLow, rolloutIndex: rolloutHigh * twoTo32 + rolloutLow};
    }
  }
}

function keyOf({taskIndex, rolloutIndex}: RolloutId): [number, number, number, number] {
  return [
    taskIndex % twoTo32,
    Math.floor(taskIndex / twoTo32),
    rolloutIndex % twoTo32,
    Math.floor(rolloutIndex / twoTo32),
  ];
}
