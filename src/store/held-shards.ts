import {asJsonObject, asNumber, asString, type JsonObject} from '../core/json.ts';
import type {Manifest} from './manifest.ts';

/** The shards of one whole that an output holds: the one that a job collected, or those that were put together while others were missing. */
export interface HeldShards {
  /** From 1, ascending. */
  readonly indexes: readonly number[];
  readonly of: number;
  /** Rows, tasks and rollouts of all shards together. */
  readonly whole: JsonObject;
}

/** What a manifest tells of it; undefined in that of a whole. */
export function heldShardsOf(manifest: Manifest | undefined): HeldShards | undefined {
  const match = /^(\d+(?:,\d+)*)\/(\d+)$/.exec(asString(manifest?.fingerprint['shard']) ?? '');
  if (match === null) return undefined;
  const [, indexes = '', of] = match;
  return {
    indexes: indexes.split(',').map(Number),
    of: Number(of),
    whole: asJsonObject(manifest?.about['whole']) ?? {},
  };
}

/** As it stands in the manifest: `2/4`, or `1,2,4/4`. */
export function formatHeldShards({indexes, of}: Pick<HeldShards, 'indexes' | 'of'>): string {
  return `${indexes.join(',')}/${String(of)}`;
}

/** Those that are missing of the whole, each as it is given with `--shard`. */
export function missingShards({indexes, of}: Pick<HeldShards, 'indexes' | 'of'>): readonly string[] {
  const held = new Set(indexes);
  const missing: string[] = [];
  for (let index = 1; index <= of; index++)
    if (!held.has(index)) missing.push(`${String(index)}/${String(of)}`);
  return missing;
}

/** How many rollouts all shards together want. */
export function rolloutsOfWhole({whole}: HeldShards): number {
  return asNumber(whole['rollouts']) ?? 0;
}
