import type {Manifest} from '../manifest.ts';
import type {OutputPaths} from '../output-paths.ts';
import {describeFinding, FindingList} from './findings.ts';
import {LineProof} from './line-proof.ts';
import {RowsProof} from './rows-proof.ts';

/** Proves, while an output's rows and records are read for another end, that they are those that were written. */
export class OutputProof {
  readonly findings: FindingList = new FindingList();
  readonly rows: RowsProof;
  readonly lines: LineProof;
  readonly #output: string;

  constructor(paths: OutputPaths, manifest: Manifest | undefined) {
    this.rows = new RowsProof(paths, manifest);
    this.lines = new LineProof(paths, manifest);
    this.#output = paths.output;
  }

  /** What is wrong, a sentence each; call it when both files are read. */
  damage(): readonly string[] {
    return this.findings.list().flatMap((each) => (each.grade === 'damaged' ? [describeFinding(each)] : []));
  }

  /** What cannot be proven, a sentence each. */
  unproven(): readonly string[] {
    const open = this.findings.list().flatMap((each) => (each.kind === 'unsealed' ? [each.message] : []));
    return [...this.rows.unproven, ...this.lines.unproven, ...open].map(
      (sentence) => `${this.#output}: ${sentence}`,
    );
  }
}
