import type {Problem} from '../core/errors.ts';
import {asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {RolloutId} from '../core/rollout.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {IndexedLines} from './indexed-lines.ts';
import {damagedRecords, identityOf, isFailedAttempt} from './journal.ts';
import {scanRecords} from './scan-records.ts';

/** The files of one output that a census reads. */
export interface CensusFiles {
  readonly materialized: string;
  readonly output: string;
}

export interface CensusObserver {
  readonly onWanted: (agentName: string, id: RolloutId) => void;
  readonly onRecord: (record: JsonObject) => void;
}

// So many say what is wrong; more would only hide it.
const mostProblems = 100;

/**
 * Counts what outputs want and what they hold, whoever wrote them: every identity is to be wanted once and to be there once.
 * Some 80 bytes a rollout; the rows themselves stay in their files.
 */
export class RolloutCensus implements Disposable {
  /** Identities that are there or wanted though they must not be; the first hundred. */
  readonly problems: Problem[] = [];
  readonly wanted: IndexedLines = new IndexedLines();
  readonly done: IndexedLines = new IndexedLines();
  /** Lines torn at the ends of the outputs. */
  tornLines = 0;
  /** Outputs that say nothing of what they want. */
  readonly unplanned: string[] = [];
  readonly #observer: CensusObserver;

  constructor(observer: CensusObserver) {
    this.#observer = observer;
  }

  /** Adds an output. Fails with `ERR_STORE_READ` or `ERR_OUTPUT_DAMAGED`. */
  async add({materialized, output}: CensusFiles): Promise<void> {
    const isPlanned = await pathExists(materialized);
    if (isPlanned) await this.#addWanted(materialized);
    else this.unplanned.push(output);
    this.done.addFile(output);
    const {damagedLines, tornLines} = await scanRecords(output, (record, line) => {
      const id = identityOf(record) ?? {taskIndex: 0, rolloutIndex: 0};
      // NeMo Gym gives it the reward 0: it may not count as one that was completed.
      if (isFailedAttempt(record)) this.#report(output, line.line, 'is a failed attempt, not a rollout');
      else if (isPlanned && !this.wanted.has(id))
        this.#report(output, line.line, `${nameOf(id)} is not wanted`);
      else if (this.done.add(id, line)) this.#observer.onRecord(record);
      else this.#report(output, line.line, `${nameOf(id)} is there more than once`);
    });
    if (damagedLines.length > 0) throw damagedRecords(output, damagedLines);
    this.tornLines += tornLines;
  }

  /** What is wanted and not there, in the order of the materialised rows. */
  *missing(): Generator<RolloutId> {
    for (const id of this.wanted.identities()) if (!this.done.has(id)) yield id;
  }

  [Symbol.dispose](): void {
    this.wanted[Symbol.dispose]();
    this.done[Symbol.dispose]();
  }

  async #addWanted(path: string): Promise<void> {
    this.wanted.addFile(path);
    let lines = 0;
    const {damagedLines, tornLines} = await scanRecords(path, (row, line) => {
      lines = line.line;
      const id = identityOf(row);
      if (id === undefined) this.#report(path, line.line, 'has no indices');
      else if (this.wanted.add(id, line))
        this.#observer.onWanted(asString(asJsonObject(row['agent_ref'])?.['name']) ?? '', id);
      else this.#report(path, line.line, `${nameOf(id)} is wanted more than once`);
    });
    // A materialised file appears when it is complete: a torn one was cut by somebody else.
    const torn = tornLines > 0 ? [lines + 1] : [];
    if (damagedLines.length + tornLines > 0) throw damagedRecords(path, [...damagedLines, ...torn]);
  }

  #report(file: string, line: number, message: string): void {
    if (this.problems.length < mostProblems) this.problems.push({file, line, message});
  }
}

/** An identity in words. */
export function nameOf({taskIndex, rolloutIndex}: RolloutId): string {
  return `task ${String(taskIndex)}, rollout ${String(rolloutIndex)}`;
}
