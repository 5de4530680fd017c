import {createHash} from 'node:crypto';
import {asNumber, asString} from '../../core/json.ts';
import type {Manifest} from '../manifest.ts';
import type {OutputPaths} from '../output-paths.ts';
import type {FindingList} from './findings.ts';

/** Proves that the materialised rows of an output are those that were written, from their digest in the manifest. */
export class RowsProof {
  /** What cannot be proven, a sentence each. */
  readonly unproven: string[] = [];
  readonly #paths: OutputPaths;
  readonly #manifest: Manifest | undefined;
  readonly #hash = createHash('sha256');

  constructor(paths: OutputPaths, manifest: Manifest | undefined) {
    this.#paths = paths;
    this.#manifest = manifest;
  }

  /** Takes the next bytes of the file. */
  take(chunk: Buffer): Promise<void> {
    this.#hash.update(chunk);
    return Promise.resolve();
  }

  /** `rollouts`: how many different ones the rows are of. */
  finish(rollouts: number, findings: FindingList): void {
    if (this.#manifest === undefined) return;
    const written = asString(this.#manifest.about['materialized_sha256']);
    const wanted = asNumber(this.#manifest.about['rollouts']);
    if (written === undefined) {
      this.unproven.push(
        'the manifest has no digest of the materialised rows, as older versions wrote none: that they are unchanged cannot be proven',
      );
    }
    const isOther = written !== undefined && written !== this.#hash.digest('hex');
    if (isOther || (wanted !== undefined && wanted !== rollouts))
      findings.add('materialized_changed', this.#paths.materialized);
  }
}
