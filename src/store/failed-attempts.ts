import type {JsonObject} from '../core/json.ts';
import {NumberColumn} from '../core/number-column.ts';
import type {RolloutId} from '../core/rollout.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {IdentityTable} from './identity-table.ts';
import {identityOf} from './journal.ts';
import {LineIndex} from './line-index.ts';
import {scanRecords} from './scan-records.ts';

/** The last failed attempt of each rollout that has one, by its line: some 50 bytes a rollout. */
export class FailedAttempts implements Disposable {
  readonly #lines = new LineIndex();
  /** By identity: which of the lines is the last one, from 1. */
  readonly #last = new IdentityTable();
  /** By line: its number in the file. */
  readonly #numbers = new NumberColumn('uint32');

  /** Reads a failures file, telling each attempt; one that is not there holds none. Fails with `ERR_STORE_READ`. */
  async addFile(path: string, onAttempt: (record: JsonObject) => void): Promise<void> {
    if (!(await pathExists(path))) return;
    this.#lines.addFile(path);
    await scanRecords(path, (record, line) => {
      onAttempt(record);
      const id = identityOf(record);
      if (id === undefined) return;
      this.#last.set(id, this.#lines.add(line) + 1);
      this.#numbers.push(line.line);
    });
  }

  /** The rollouts that failed, in the order in which they first did. */
  identities(): Iterable<RolloutId> {
    return this.#last.identities();
  }

  /** The line of a rollout's last failed attempt, with its number in the file. Fails with `ERR_STORE_READ`. */
  read(id: RolloutId): {readonly text: string; readonly line: number} | undefined {
    const place = this.#last.get(id) - 1;
    if (place < 0) return undefined;
    return {text: this.#lines.read(place), line: this.#numbers.get(place)};
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }
}
