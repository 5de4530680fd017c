import type {RolloutId} from '../core/rollout.ts';
import {IdentitySet} from './identity-set.ts';
import {LineIndex} from './line-index.ts';

/** Lines by the identities in them; the lines themselves stay in their files. Some 40 bytes a line. */
export class IndexedLines implements Disposable {
  readonly #ids = new IdentitySet();
  /** By the places of the identities. */
  readonly #lines = new LineIndex();

  get size(): number {
    return this.#ids.size;
  }

  /** Opens the file of the lines that are to be added. Fails with `ERR_STORE_READ`. */
  addFile(path: string): void {
    this.#lines.addFile(path);
  }

  /** Whether the identity is new; only then the line is added. */
  add(id: RolloutId, line: {readonly offset: number; readonly bytes: Buffer}): boolean {
    if (this.#ids.add(id) < this.#lines.size) return false;
    this.#lines.add(line);
    return true;
  }

  has(id: RolloutId): boolean {
    return this.placeOf(id) !== -1;
  }

  /** How many came before the identity; −1 if it is not there. */
  placeOf(id: RolloutId): number {
    return this.#ids.placeOf(id);
  }

  /** The text of the line with an identity; undefined if it is not there. Fails with `ERR_STORE_READ`. */
  read(id: RolloutId): string | undefined {
    const place = this.placeOf(id);
    return place === -1 ? undefined : this.#lines.read(place);
  }

  /** The identities, in the order in which they came. */
  identities(): Iterable<RolloutId> {
    return this.#ids;
  }

  /** The lines by task, then by rollout. Fails with `ERR_STORE_READ`. */
  *sorted(): Generator<string> {
    const tasks = new Float64Array(this.size);
    const rollouts = new Float64Array(this.size);
    let count = 0;
    for (const {taskIndex, rolloutIndex} of this.#ids) {
      tasks[count] = taskIndex;
      rollouts[count++] = rolloutIndex;
    }
    const order = Uint32Array.from(tasks, (_, place) => place).sort(
      (a, b) => (tasks[a] ?? 0) - (tasks[b] ?? 0) || (rollouts[a] ?? 0) - (rollouts[b] ?? 0),
    );
    for (const place of order) yield this.#lines.read(place);
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }
}
