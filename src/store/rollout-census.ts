import type {Problem} from '../core/errors.ts';
import {asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {RolloutId} from '../core/rollout.ts';
import {fileSize} from '../runtime/file-size.ts';
import type {Line} from '../runtime/jsonl.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {IndexedLines} from './indexed-lines.ts';
import {damagedRecords, identityOf, isFailedAttempt} from './journal.ts';
import {scanRecords} from './scan-records.ts';
import type {OutputProof} from './verify/output-proof.ts';

/** The files of one output that a census reads. */
export interface CensusFiles {
  readonly materialized: string;
  readonly output: string;
}

export interface CensusObserver {
  readonly onWanted: (agentName: string, id: RolloutId) => void;
  readonly onRecord: (record: JsonObject, line: Line) => void;
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

  /** Adds an output; `proof` gets what is read of it. Fails with `ERR_STORE_READ` or `ERR_OUTPUT_DAMAGED`. */
  async add({materialized, output}: CensusFiles, proof?: OutputProof): Promise<void> {
    const isPlanned = await pathExists(materialized);
    if (isPlanned) await this.#addWanted(materialized, proof);
    else this.unplanned.push(output);
    this.done.addFile(output);
    let lines = 0;
    const addRecord = (record: JsonObject, line: Line): void => {
      lines = line.line;
      const id = identityOf(record);
      // NeMo Gym gives it the reward 0: it may not count as one that was completed.
      if (isFailedAttempt(record)) this.#report(output, line.line, 'is a failed attempt, not a rollout');
      else if (id === undefined) this.#report(output, line.line, 'has no indices');
      else if (isPlanned && !this.wanted.has(id))
        this.#report(output, line.line, `${nameOf(id)} is not wanted`);
      else if (this.done.add(id, line)) this.#observer.onRecord(record, line);
      else this.#report(output, line.line, `${nameOf(id)} is there more than once`);
    };
    const scan = await scanRecords(output, addRecord, proof && ((chunk) => proof.lines.take(chunk)));
    if (scan.damagedLines.length > 0) throw damagedRecords(output, scan.damagedLines);
    this.tornLines += scan.tornLines;
    const bytes = scan.tornFrom ?? (await fileSize(output, 'read'));
    await proof?.lines.finish({lines, bytes}, proof.findings);
  }

  /** What is wanted and not there, in the order of the materialised rows. */
  *missing(): Generator<RolloutId> {
    for (const id of this.wanted.identities()) if (!this.done.has(id)) yield id;
  }

  [Symbol.dispose](): void {
    this.wanted[Symbol.dispose]();
    this.done[Symbol.dispose]();
  }

  async #addWanted(path: string, proof: OutputProof | undefined): Promise<void> {
    this.wanted.addFile(path);
    const before = this.wanted.size;
    let lines = 0;
    const addRow = (row: JsonObject, line: Line): void => {
      lines = line.line;
      const id = identityOf(row);
      if (id === undefined) this.#report(path, line.line, 'has no indices');
      else if (this.wanted.add(id, line))
        this.#observer.onWanted(asString(asJsonObject(row['agent_ref'])?.['name']) ?? '', id);
      else this.#report(path, line.line, `${nameOf(id)} is wanted more than once`);
    };
    const scan = await scanRecords(path, addRow, proof && ((chunk) => proof.rows.take(chunk)));
    const {damagedLines, tornLines} = scan;
    proof?.rows.finish(this.wanted.size - before, proof.findings);
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
