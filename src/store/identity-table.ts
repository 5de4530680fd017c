import {NumberColumn} from '../core/number-column.ts';
import type {RolloutId} from '../core/rollout.ts';
import {IdentitySet} from './identity-set.ts';

/** Rollout identities with a number for each: some 30 bytes an identity. */
export class IdentityTable {
  readonly #ids = new IdentitySet();
  readonly #numbers = new NumberColumn('uint32');

  /** How many identities there are. */
  get size(): number {
    return this.#ids.size;
  }

  /** The identity's number; 0 if it is not there. */
  get(id: RolloutId): number {
    const place = this.#ids.placeOf(id);
    return place === -1 ? 0 : this.#numbers.get(place);
  }

  set(id: RolloutId, value: number): void {
    this.#numbers.set(this.#ids.add(id), value);
  }

  /** The identities, in the order in which they were first set. */
  identities(): Iterable<RolloutId> {
    return this.#ids;
  }
}
