import {asNumber} from '../../core/json.ts';
import {pathExists} from '../../runtime/path-exists.ts';
import {ChainCheck, type ChainStanding} from '../chain-check.ts';
import type {Checkpoint} from '../line-chain.ts';
import type {Manifest, ManifestRun} from '../manifest.ts';
import type {OutputPaths} from '../output-paths.ts';
import type {FindingList} from './findings.ts';

/** How much of an output there is, without a torn end. */
interface Extent {
  readonly lines: number;
  readonly bytes: number;
}

/** Proves that the lines of an output are those that were written, from their checkpoints and the heads in the manifest. */
export class LineProof {
  /** What cannot be proven, a sentence each. */
  readonly unproven: string[] = [];
  readonly notes: string[] = [];
  readonly #paths: OutputPaths;
  readonly #manifest: Manifest | undefined;
  readonly #check: ChainCheck;
  /** Where runs ended, that no later run had to mend. */
  #heads: readonly Checkpoint[];
  #foundLines = 0;
  #before = 0;

  constructor(paths: OutputPaths, manifest: Manifest | undefined) {
    this.#paths = paths;
    this.#manifest = manifest;
    this.#heads = headsOf(manifest?.runs ?? []);
    this.#check = new ChainCheck(paths.chain, {onCheckpoint: (checkpoint) => this.#pass(checkpoint)});
  }

  /** Takes the next bytes of the output. */
  take(chunk: Buffer): Promise<void> {
    return this.#check.take(chunk);
  }

  async finish(extent: Extent, findings: FindingList): Promise<void> {
    const standing = await this.#check.finish();
    const isThere = await pathExists(this.#paths.chain);
    if (!isThere && this.#manifest?.about['line_chain'] !== undefined)
      findings.add('chain_missing', this.#paths.chain);
    else if (isThere) this.#addFindings(standing, extent, findings);
    else if (extent.lines > 0)
      this.unproven.push(
        'the lines carry no hash, as NeMo Gym and older versions write none: that they are unchanged cannot be proven',
      );
    this.#addNotes();
  }

  #pass(checkpoint: Checkpoint): void {
    if (checkpoint.found === true) this.#foundLines += checkpoint.lines - this.#before;
    this.#before = checkpoint.lines;
    // Runs that added nothing ended where the one before did.
    this.#heads = this.#heads.filter(
      ({bytes, lines, sha256}) =>
        bytes !== checkpoint.bytes || lines !== checkpoint.lines || sha256 !== checkpoint.sha256,
    );
  }

  #addFindings(standing: ChainStanding, {lines, bytes}: Extent, findings: FindingList): void {
    const {output, chain, manifest} = this.#paths;
    const {covered, last, broken, damagedLines, changedBefore} = standing;
    for (const {from, to, endByte} of broken)
      if (endByte <= bytes) findings.add('changed', output, `lines ${from} to ${to}`);
    for (const {from, to} of changedBefore)
      findings.add('changed', output, `lines ${from} to ${to}, before a run went on with them`);
    for (const line of damagedLines) findings.add('chain_damaged', chain, `line ${line}`);
    if (last.bytes > bytes && last.lines <= lines) findings.add('torn', output, `line ${lines}`);
    else if (last.bytes > bytes)
      findings.add('lost', output, `from line ${lines + 1}`, Math.max(1, last.lines - lines));
    else if (covered.bytes < bytes)
      findings.add('unsealed', output, `from line ${covered.lines + 1}`, Math.max(1, lines - covered.lines));
    for (const head of this.#heads.filter((each) => each.bytes <= bytes))
      findings.add('other_head', manifest, `${head.lines} lines, SHA-256 ${head.sha256}`);
  }

  #addNotes(): void {
    if (this.#foundLines > 0)
      this.notes.push(
        `${this.#foundLines} line(s) were in no checkpoint when a run went on with them: they are vouched for since then`,
      );
    const runs = this.#manifest?.runs ?? [];
    const lost = runs.reduce((sum, {goneOnWith}) => sum + (asNumber(goneOnWith?.['lines_lost']) ?? 0), 0);
    if (lost > 0) this.notes.push(`${lost} line(s) were lost before a run went on, which did them again`);
    if (runs.length > 0 && runs.at(-1)?.endedAt === undefined)
      this.notes.push('the last run has not ended: it was killed');
  }
}

/** The heads that must still be there: what a run had to mend began the chain anew from somewhere before its end. */
function headsOf(runs: readonly ManifestRun[]): readonly Checkpoint[] {
  const mended = runs.findLastIndex(({goneOnWith}) => goneOnWith !== undefined);
  return runs
    .slice(Math.max(0, mended))
    .flatMap(({chain}) => (chain === undefined || chain.lines === 0 ? [] : [chain]));
}
