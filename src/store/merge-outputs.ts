import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {oneBatch} from '../core/batches.ts';
import type {Clock} from '../core/clock.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {storeError} from '../runtime/store-error.ts';
import {LineIndex} from './line-index.ts';
import type {OutputPaths} from './output-paths.ts';
import type {RolloutCensus} from './rollout-census.ts';
import {scanRecords} from './scan-records.ts';
import {writeLines} from './write-lines.ts';

/**
 * Writes what a census has counted as one output: materialised rows and rollouts, each by task and rollout, and the failures of all
 * shards, byte for byte as they were. Each file appears whole, the rollouts last. Fails with `ERR_STORE_WRITE` or `ERR_STORE_READ`.
 */
export async function mergeOutputs(
  {wanted, done}: RolloutCensus,
  shards: readonly OutputPaths[],
  target: OutputPaths,
  clock: Clock,
): Promise<void> {
  try {
    await mkdir(dirname(target.output), {recursive: true});
  } catch (error) {
    throw storeError(dirname(target.output), error);
  }
  await writeLines(target.materialized, oneBatch(wanted.sorted()), clock);
  using failures = await failuresOf(shards);
  await writeLines(target.failures, oneBatch(failures.all()), clock);
  await writeLines(target.output, oneBatch(done.sorted()), clock);
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
