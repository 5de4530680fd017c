import {rename} from 'node:fs/promises';
import {join, parse} from 'node:path';
import type {Clock} from '../core/clock.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {storeError} from '../runtime/store-error.ts';
import {type OutputPaths, outputPaths} from './output-paths.ts';

/**
 * Renames every regular file of an output that is there to what it would be called for `STEM.<time>.<suffix>`, so that the
 * old ones stay an output of their own; never overwrites. Returns where the output itself went, undefined if there
 * was nothing. Fails with `ERR_STORE_WRITE`.
 */
export async function moveAside(paths: OutputPaths, clock: Clock): Promise<string | undefined> {
  const present: (keyof OutputPaths)[] = [];
  for (const key of movable) if (await isRegularFile(paths[key])) present.push(key);
  if (present.length === 0) return undefined;
  const aside = await freePaths(paths.output, clock);
  for (const key of present) {
    try {
      await rename(paths[key], aside[key]);
    } catch (error) {
      throw storeError(paths[key], error);
    }
  }
  return aside.output;
}

// The manifest goes first: without it the rest is no output, whatever interrupts us.
const movable: readonly (keyof OutputPaths)[] = [
  'manifest',
  'output',
  'failures',
  'materialized',
  'metrics',
  'chain',
  'dispatched',
];

async function freePaths(output: string, clock: Clock): Promise<OutputPaths> {
  const {dir, name, ext} = parse(output);
  const time = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(':', '-');
  for (let turn = 1; ; turn++) {
    const suffix = turn === 1 ? '' : `-${turn}`;
    const candidate = outputPaths(join(dir, `${name}.${time}Z${suffix}${ext === '' ? '.jsonl' : ext}`));
    const taken = await Promise.all(movable.map((key) => pathExists(candidate[key])));
    if (!taken.includes(true)) return candidate;
  }
}
