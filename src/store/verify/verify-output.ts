import {RollcallError} from '../../core/errors.ts';
import {asNumber, type JsonObject} from '../../core/json.ts';
import type {RolloutId} from '../../core/rollout.ts';
import {fileSize} from '../../runtime/file-size.ts';
import type {Line} from '../../runtime/jsonl.ts';
import {pathExists} from '../../runtime/path-exists.ts';
import {identityOf, isFailedAttempt} from '../journal.ts';
import type {Manifest} from '../manifest.ts';
import type {OutputPaths} from '../output-paths.ts';
import {scanRecords} from '../scan-records.ts';
import {compareWithRow} from './compare-row.ts';
import {type Finding, FindingList} from './findings.ts';
import {proveInput} from './input-proof.ts';
import {LineProof} from './line-proof.ts';
import {RowsProof} from './rows-proof.ts';
import {WantedRollouts} from './wanted-rollouts.ts';

/** What an output's files prove of it. */
export interface Verification {
  /**
   * `proven`: each rollout that is wanted has one record, of its own row, unchanged. `incomplete`: rollouts or parts of the proof
   * are missing. `damaged`: something is there that should not be, or not as it was written.
   */
  readonly verdict: 'proven' | 'incomplete' | 'damaged';
  readonly counts: VerifiedCounts;
  readonly findings: readonly Finding[];
  /** What cannot be proven, a sentence each. */
  readonly unproven: readonly string[];
  /** What is no fault and worth knowing, a sentence each. */
  readonly notes: readonly string[];
}

export interface VerifiedCounts {
  /** Rollouts in the materialised file. */
  readonly wanted: number;
  /** Of them, those with a record. */
  readonly done: number;
  readonly owed: number;
  readonly givenUp: number;
  /** Lines in the failures file that tell of one. */
  readonly failures: number;
}

export interface VerifyOptions {
  /** Undefined where there is none. */
  readonly manifest: Manifest | undefined;
  /** The digest of an input that the output is said to be made of, as the fingerprint counts it. */
  readonly inputSha256?: string | undefined;
}

/**
 * Proves from the files of an output, which nobody may be writing to, what they can prove; changes nothing. Takes some 45 bytes of
 * memory a rollout. Fails with `ERR_OUTPUT_MISSING` where there is no output, or with `ERR_STORE_READ`.
 */
export async function verifyOutput(paths: OutputPaths, options: VerifyOptions): Promise<Verification> {
  const hasRows = await pathExists(paths.materialized);
  if (!hasRows && options.manifest === undefined) throw missingError(paths);
  using verifier = new Verifier(paths, options);
  if (hasRows) await verifier.readRows();
  else verifier.findings.add('materialized_missing', paths.materialized);
  await verifier.readRecords();
  await verifier.readFailures();
  return verifier.finish();
}

// NeMo Gym's own, for files that do not say.
const customaryAttempts = 3;

class Verifier implements Disposable {
  readonly findings = new FindingList();
  readonly #paths: OutputPaths;
  readonly #options: VerifyOptions;
  readonly #wanted = new WantedRollouts();
  readonly #unproven: string[] = [];
  readonly #notes: string[] = [];
  #hasRows = false;
  #done = 0;
  #failures = 0;
  #foreignRows = 0;
  #maskedRows = 0;

  constructor(paths: OutputPaths, options: VerifyOptions) {
    this.#paths = paths;
    this.#options = options;
  }

  async readRows(): Promise<void> {
    const {materialized: file} = this.#paths;
    this.#hasRows = true;
    this.#wanted.rows.addFile(file);
    const proof = new RowsProof(this.#paths, this.#options.manifest);
    const scan = await scanRecords(
      file,
      (row, place) => {
        const id = identityOf(row);
        if (id === undefined) this.findings.add('unidentified', file, `line ${place.line}`);
        else if (!this.#wanted.rows.add(id, place))
          this.findings.add('duplicate', file, `line ${place.line} (${nameOf(id)})`);
      },
      (chunk) => proof.take(chunk),
    );
    for (const line of scan.damagedLines) this.findings.add('no_record', file, `line ${line}`);
    if (scan.tornLines > 0) this.findings.add('no_record', file, 'its end', scan.tornLines);
    proof.finish(this.#wanted.rows.size, this.findings);
    this.#unproven.push(...proof.unproven);
  }

  async readRecords(): Promise<void> {
    const {output: file} = this.#paths;
    const proof = new LineProof(this.#paths, this.#options.manifest);
    let lines = 0;
    const scan = await scanRecords(
      file,
      (record, place) => {
        lines = place.line;
        this.#addRecord(record, place);
      },
      (chunk) => proof.take(chunk),
    );
    for (const line of scan.damagedLines) this.findings.add('no_record', file, `line ${line}`);
    if (scan.tornLines > 0) this.findings.add('torn', file, `from line ${lines + 1}`, scan.tornLines);
    const bytes = scan.tornFrom ?? (await fileSize(file, 'read'));
    await proof.finish({lines, bytes}, this.findings);
    this.#unproven.push(...proof.unproven);
    this.#notes.push(...proof.notes);
  }

  async readFailures(): Promise<void> {
    const {failures: file} = this.#paths;
    const scan = await scanRecords(file, (record, {line}) => {
      this.#failures++;
      const id = identityOf(record);
      if (id === undefined || !this.#hasRows) return;
      if (!this.#wanted.addFailure(id, Boolean(record['_ng_failure_terminal'])))
        this.findings.add('failure_unknown', file, `line ${line} (${nameOf(id)})`);
    });
    for (const line of scan.damagedLines) this.findings.add('no_record', file, `line ${line}`);
    if (scan.tornLines > 0) this.findings.add('torn', file, undefined, scan.tornLines);
  }

  finish(): Verification {
    const {manifest, inputSha256} = this.#options;
    const counts = this.#countMissing();
    const input = proveInput(manifest, inputSha256, this.#paths.manifest, this.findings);
    this.#unproven.push(...input.unproven);
    this.#notes.push(...input.notes);
    if (this.#foreignRows > 0)
      this.#unproven.push(
        `${this.#foreignRows} record(s) were written by NeMo Gym, whose servers write the row anew: that they are of their rows is told from their identity alone`,
      );
    if (this.#maskedRows > 0)
      this.#notes.push(
        `${this.#maskedRows} record(s) had secrets taken out of their row, and are compared around them`,
      );
    const findings = this.findings.list();
    const isDamaged = findings.some(({grade}) => grade === 'damaged');
    const isWhole = findings.length === 0 && this.#unproven.length === 0;
    return {
      verdict: isDamaged ? 'damaged' : isWhole ? 'proven' : 'incomplete',
      counts: {...counts, failures: this.#failures},
      findings,
      unproven: this.#unproven,
      notes: this.#notes,
    };
  }

  [Symbol.dispose](): void {
    this.#wanted[Symbol.dispose]();
  }

  #addRecord(record: JsonObject, place: Line): void {
    const {output: file} = this.#paths;
    const id = identityOf(record);
    if (id === undefined) {
      this.findings.add('unidentified', file, `line ${place.line}`);
      return;
    }
    const where = `line ${place.line} (${nameOf(id)})`;
    if (isFailedAttempt(record)) this.findings.add('failed_record', file, where);
    if (!this.#hasRows) return;
    const rowText = this.#wanted.rows.read(id);
    if (rowText === undefined) {
      this.findings.add('foreign', file, where);
      return;
    }
    if (this.#wanted.addRecord(id)) this.#done++;
    else this.findings.add('duplicate', file, where);
    this.#compare({id, record, recordText: place.bytes.toString('utf8'), rowText}, where);
  }

  #compare(pair: Parameters<typeof compareWithRow>[0], where: string): void {
    const {differing, isMasked} = compareWithRow(pair);
    const isOurs = pair.record['_rollcall'] !== undefined;
    if (!isOurs && !differing.includes('agent_ref')) {
      if (differing.length > 0) this.#foreignRows++;
      return;
    }
    if (isMasked) this.#maskedRows++;
    if (differing.length > 0)
      this.findings.add('other_row', this.#paths.output, `${where}: ${differing.slice(0, 5).join(', ')}`);
  }

  #countMissing(): Omit<VerifiedCounts, 'failures'> {
    const mostAttempts = asNumber(this.#options.manifest?.about['max_attempts']) ?? customaryAttempts;
    let [owed, givenUp] = [0, 0];
    for (const {id, attempts, isTerminal} of this.#wanted.missing()) {
      const isGivenUp = isTerminal || attempts >= mostAttempts;
      if (isGivenUp) givenUp++;
      else owed++;
      this.findings.add(isGivenUp ? 'given_up' : 'owed', this.#paths.output, nameOf(id));
    }
    return {wanted: this.#wanted.rows.size, done: this.#done, owed, givenUp};
  }
}

function nameOf({taskIndex, rolloutIndex}: RolloutId): string {
  return `${taskIndex}:${rolloutIndex}`;
}

function missingError({output, manifest, materialized}: OutputPaths): RollcallError {
  return new RollcallError(
    `there is no output at ${output}: neither ${manifest} nor ${materialized} is there`,
    {
      code: 'ERR_OUTPUT_MISSING',
      fault: 'store',
      hint: 'Give the path of the rollouts, as it was given with --output.',
    },
  );
}
