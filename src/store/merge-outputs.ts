import {rm} from 'node:fs/promises';
import {oneBatch} from '../core/batches.ts';
import type {Clock} from '../core/clock.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {openChainWriter} from './chain-writer.ts';
import type {Checkpoint} from './line-chain.ts';
import {LineIndex} from './line-index.ts';
import type {OutputPaths} from './output-paths.ts';
import type {RolloutCensus} from './rollout-census.ts';
import {scanRecords} from './scan-records.ts';
import {writeLines} from './write-lines.ts';

/** What a manifest keeps of files that were put together. */
export interface MergedFiles {
  /** Of the materialised rows; undefined where not all outputs had some, so that none were written. */
  readonly rowsSha256: string | undefined;
  /** The last checkpoint of the hash over the rollouts' lines. */
  readonly chain: Checkpoint | undefined;
}

/**
 * Writes what a census has counted as one output, of which nothing may be there: materialised rows and rollouts, each by task and
 * rollout, and the failures of all shards, byte for byte as they were, with checkpoints of its own. Each file appears whole, the rollouts
 * last. Fails with `ERR_STORE_WRITE` or `ERR_STORE_READ`.
 */
export async function mergeOutputs(
  {wanted, done, unplanned}: RolloutCensus,
  shards: readonly OutputPaths[],
  target: OutputPaths,
  clock: Clock,
): Promise<MergedFiles> {
  const rows =
    unplanned.length > 0
      ? undefined
      : await writeLines(target.materialized, oneBatch(wanted.sorted()), clock);
  using failures = await failuresOf(shards);
  await writeLines(target.failures, oneBatch(failures.all()), clock);
  const chain = await openChainWriter(target, {clock});
  try {
    await writeLines(target.output, oneBatch(done.sorted()), clock, chain?.observer);
  } finally {
    await chain?.close();
  }
  return {rowsSha256: rows?.sha256, chain: chain?.head};
}

/** Takes away what an attempt that failed has put together. Never fails. */
export async function removeMerged({
  output,
  failures,
  materialized,
  metrics,
  chain,
  manifest,
}: OutputPaths): Promise<void> {
  for (const path of [manifest, output, failures, materialized, metrics, chain])
    await rm(path, {force: true}).catch(() => undefined);
}

/** The failures of all shards, but for torn lines. */
async function failuresOf(shards: readonly OutputPaths[]): Promise<LineIndex> {
  const index = new LineIndex();
  try {
    for (const {failures} of shards) {
      if (!(await pathExists(failures))) continue;
      index.addFile(failures);
      await scanRecords(failures, (_, line) => index.add(line));
    }
    return index;
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
}
