import type {RolloutId} from '../core/rollout.ts';
import {IdentityTable} from './identity-table.ts';
import {LineIndex} from './line-index.ts';

/** Lines by the identities in them. */
export class IndexedLines {
  readonly index: LineIndex = new LineIndex();
  readonly #ids = new IdentityTable();

  get size(): number {
    return this.#ids.size;
  }

  has(id: RolloutId): boolean {
    return this.#ids.get(id) !== 0;
  }

  /** Whether the identity is new; only then the line is added. */
  add(id: RolloutId, line: {readonly offset: number; readonly bytes: Buffer}): boolean {
    if (this.has(id)) return false;
    this.#ids.set(id, this.index.add(line) + 1);
    return true;
  }

  /** The text of the line with an identity. */
  read(id: RolloutId): string {
    return this.index.read(this.#ids.get(id) - 1);
  }

  identities(): Generator<RolloutId> {
    return this.#ids.identities();
  }

  /** The lines by task, then by rollout. */
  *sorted(): Generator<string> {
    const tasks = new Float64Array(this.size);
    const rollouts = new Float64Array(this.size);
    let count = 0;
    for (const {taskIndex, rolloutIndex} of this.identities()) {
      tasks[count] = taskIndex;
      rollouts[count++] = rolloutIndex;
    }
    const order = Uint32Array.from(tasks, (_, place) => place).sort(
      (a, b) => (tasks[a] ?? 0) - (tasks[b] ?? 0) || (rollouts[a] ?? 0) - (rollouts[b] ?? 0),
    );
    for (const line of order) yield this.index.read(line);
  }
}
