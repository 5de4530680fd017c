import {appendFile, truncate} from 'node:fs/promises';
import {RollcallError} from '../core/errors.ts';
import {asJsonObject, type JsonObject} from '../core/json.ts';
import type {RolloutId} from '../core/rollout.ts';
import {storeError} from '../runtime/store-error.ts';
import {ChainCheck} from './chain-check.ts';
import {IdentityTable} from './identity-table.ts';
import type {OutputPaths} from './output-paths.ts';
import {type ResumedChain, resumeChain} from './resume-chain.ts';
import {type Scan, scanRecords} from './scan-records.ts';

export interface JournalOptions {
  /** Gets each completed record once, in the file's order, so that sums over them can be taken again. */
  readonly onRecord?: ((record: JsonObject) => void) | undefined;
  /** Leaves the files as they are, torn ends and all: for those who only want to know. */
  readonly readOnly?: boolean | undefined;
  /** A failure class or an error code: tells rollouts whose last failure is of it from the others. */
  readonly failureKind?: string | undefined;
  /** Gets each failed attempt, in the file's order. */
  readonly onFailure?: ((record: JsonObject) => void) | undefined;
}

/** What an output says about the work done for it so far. */
export interface Journal {
  /** Rollouts with a record in the output. */
  readonly done: number;
  /** Rollouts that failed and have no record. */
  readonly failed: number;
  /** Torn lines that were cut off the ends of the files. */
  readonly tornLines: number;
  /** Records in the output that another one of the same identity came before. */
  readonly duplicates: number;
  /** Where the hash over the output's lines goes on; undefined where it was only read. */
  readonly chain: ResumedChain | undefined;
  /** Records without the two indices: from before NeMo Gym stamped them. They count for nothing. */
  readonly unidentified: number;
  isDone(id: RolloutId): boolean;
  /** Failed attempts so far. */
  attempts(id: RolloutId): number;
  /** Whether an attempt failed for good. */
  isTerminal(id: RolloutId): boolean;
  /** Whether it failed, and the last time in the way that was asked for (`failureKind`); in any way if none was. */
  failedAsAsked(id: RolloutId): boolean;
}

/**
 * Reads what is done, failed and given up from an output's files, NeMo Gym's own included, and makes them fit to be
 * appended to: a line that was torn when its writer died is cut off, a whole last line gets its newline. Call it with
 * the output locked: the hash over its lines is checked and made to go on from where the file ends. Fails with `ERR_OUTPUT_DAMAGED` if a line in the middle of the output is no record.
 */
export async function readJournal(
  paths: OutputPaths,
  {onRecord, onFailure, failureKind, readOnly = false}: JournalOptions = {},
): Promise<Journal> {
  const book = new Book(failureKind);
  const misplaced: number[] = [];
  const check = readOnly ? undefined : new ChainCheck(paths.chain);
  const output = await scanRecords(
    paths.output,
    (record, {line}) => {
      // NeMo Gym gives a failed attempt the reward 0: it may not pass for a completed one.
      if (isFailedAttempt(record)) misplaced.push(line);
      else if (book.addDone(record)) onRecord?.(record);
    },
    check && ((chunk) => check.take(chunk)),
  );
  if (output.damagedLines.length > 0) throw damagedRecords(paths.output, output.damagedLines);
  if (misplaced.length > 0) throw damagedRecords(paths.output, misplaced, failedAttempts);
  const failures = await scanRecords(paths.failures, (record) => {
    book.addFailure(record);
    onFailure?.(record);
  });
  const tornLines = output.tornLines + failures.tornLines;
  if (check === undefined) return book.close(tornLines, undefined);
  await mend(paths.output, output);
  await mend(paths.failures, failures);
  return book.close(tornLines, await resumeChain(paths, await check.finish()));
}

// A failed identity's number: its attempts, and two bits above them: the last failed as was asked for, one failed for good.
const askedBit = 2 ** 30;
const terminalBit = 2 ** 31;

class Book {
  readonly #done = new IdentityTable();
  readonly #failures = new IdentityTable();
  readonly #failureKind: string | undefined;
  #duplicates = 0;
  #unidentified = 0;

  constructor(failureKind: string | undefined) {
    this.#failureKind = failureKind;
  }

  /** Whether this is the first record of its identity. */
  addDone(record: JsonObject): boolean {
    const id = identityOf(record);
    if (id === undefined) {
      this.#unidentified += 1;
      return false;
    }
    if (this.#done.get(id) !== 0) {
      this.#duplicates += 1;
      return false;
    }
    this.#done.set(id, 1);
    return true;
  }

  addFailure(record: JsonObject): void {
    const id = identityOf(record);
    // What NeMo Gym says is not to be kept counts as if it were not there.
    if (id === undefined || Boolean(record['_ng_no_persist'])) return;
    const before = this.#failures.get(id);
    const attempts = (before % askedBit) + 1;
    const terminal = before >= terminalBit || Boolean(record['_ng_failure_terminal']);
    const asked = isOfKind(record, this.#failureKind);
    this.#failures.set(id, attempts + (asked ? askedBit : 0) + (terminal ? terminalBit : 0));
  }

  close(tornLines: number, chain: ResumedChain | undefined): Journal {
    const [done, failures] = [this.#done, this.#failures];
    let failed = 0;
    for (const id of failures.identities()) if (done.get(id) === 0) failed += 1;
    return {
      done: done.size,
      failed,
      tornLines,
      chain,
      duplicates: this.#duplicates,
      unidentified: this.#unidentified,
      isDone: (id) => done.get(id) !== 0,
      attempts: (id) => failures.get(id) % askedBit,
      isTerminal: (id) => failures.get(id) >= terminalBit,
      failedAsAsked: (id) => failures.get(id) % terminalBit >= askedBit,
    };
  }
}

function isOfKind(record: JsonObject, kind: string | undefined): boolean {
  if (kind === undefined || record['_ng_failure_class'] === kind) return true;
  return asJsonObject(record['_ng_failure'])?.['code'] === kind;
}

/** A record's identity; undefined where an index is missing or is none. */
export function identityOf({
  _ng_task_index: taskIndex,
  _ng_rollout_index: rolloutIndex,
}: JsonObject): RolloutId | undefined {
  return isIndex(taskIndex) && isIndex(rolloutIndex) ? {taskIndex, rolloutIndex} : undefined;
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

async function mend(path: string, {tornFrom, unended}: Scan): Promise<void> {
  try {
    if (tornFrom !== undefined) await truncate(path, tornFrom);
    else if (unended) await appendFile(path, '\n');
  } catch (error) {
    throw storeError(path, error);
  }
}

/** Of records that NeMo Gym keeps apart from completed rollouts. */
export function isFailedAttempt(record: JsonObject): boolean {
  return (record['_ng_failure_class'] ?? null) !== null || Boolean(record['_ng_no_persist']);
}

/** What is wrong with lines, and what to do about them. */
export interface Damage {
  readonly are: string;
  readonly each: string;
  readonly hint: string;
}

const noRecords: Damage = {
  are: 'are no records',
  each: 'is not a JSON object',
  hint: 'Something else wrote to the file, or it never was an output: look at the path. To go on from the rest take these lines out, or start anew with --overwrite.',
};

const failedAttempts: Damage = {
  are: 'tell failed attempts, not completed rollouts',
  each: 'has `_ng_failure_class` or `_ng_no_persist`',
  hint: 'Move these lines to the failures file to go on from the rest, or start anew with --overwrite.',
};

// More would say the same once again.
const mostNamed = 10;

/** `ERR_OUTPUT_DAMAGED`: these lines of a records file are no records, or of the wrong kind. The first ten are named. */
export function damagedRecords(
  path: string,
  lines: readonly number[],
  {are, each, hint}: Damage = noRecords,
): RollcallError {
  const named = lines.slice(0, mostNamed);
  const more = lines.length - named.length;
  const message = `${path} has lines that ${are}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return new RollcallError(message, {
    code: 'ERR_OUTPUT_DAMAGED',
    fault: 'store',
    hint,
    problems: named.map((line) => ({file: path, line, message: each})),
  });
}
