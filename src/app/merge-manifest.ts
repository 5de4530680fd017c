import type {Clock} from '../core/clock.ts';
import {asNumber, asString, type JsonObject} from '../core/json.ts';
import {packageVersion} from '../runtime/installation.ts';
import {formatHeldShards, type HeldShards, heldShardsOf} from '../store/held-shards.ts';
import {type Manifest, writeManifest} from '../store/manifest.ts';
import {type MergeNotes, mergeNotesOf, mergeNotesToJson} from '../store/merge-notes.ts';
import type {MergedFiles} from '../store/merge-outputs.ts';
import type {OutputPaths} from '../store/output-paths.ts';
import type {OutputProof} from '../store/verify/output-proof.ts';

/** An output that is put together with others. */
export interface MergePart {
  readonly paths: OutputPaths;
  /** Undefined where there is none. */
  readonly manifest: Manifest | undefined;
  readonly proof: OutputProof;
}

/** What parts must have alike: all that changes answers, but which share it was of one input; or but the input, where each has its own. */
export function sharedSettings(manifest: Manifest): JsonObject {
  const {fingerprint} = manifest;
  if (heldShardsOf(manifest) !== undefined) return {...fingerprint, shard: undefined};
  return {...fingerprint, input_sha256: undefined, limit: undefined};
}

interface MergedExtent {
  /** Rollouts. */
  readonly wanted: number;
  readonly startedAt: string;
  /** The shards that it holds, where others of the whole are missing. */
  readonly incomplete: HeldShards | undefined;
}

/**
 * Writes the manifest of outputs that were put together: their settings, their inputs, what was found wrong with them, the digests of the
 * new files. Of all shards of a run together, those are the run's own. None where no output has one: nobody can tell the settings then. Fails with `ERR_STORE_WRITE`.
 */
export async function writeMergeManifest(
  path: string,
  parts: readonly MergePart[],
  {rowsSha256, chain, wanted, startedAt, incomplete}: MergedFiles & MergedExtent,
  clock: Clock,
): Promise<void> {
  const manifests = parts.flatMap(({manifest}) => manifest ?? []);
  const [first] = manifests;
  if (first === undefined || rowsSha256 === undefined) return;
  const shard = incomplete === undefined ? {} : {shard: formatHeldShards(incomplete)};
  const mostAttempts = manifests.flatMap(({about}) => asNumber(about['max_attempts']) ?? []);
  const manifest: Manifest = {
    fingerprint: {...sharedSettings(first), ...shard},
    about: {
      merged: mergeNotesToJson(notesOf(parts)),
      rollouts: wanted,
      ...(incomplete === undefined ? {} : {...shard, whole: incomplete.whole}),
      materialized_sha256: rowsSha256,
      ...(mostAttempts.length === 0 ? {} : {max_attempts: Math.max(...mostAttempts)}),
      line_chain: 'sha256',
      rollcall_version: packageVersion(),
    },
    runs: [{startedAt, endedAt: new Date(clock.now()).toISOString(), exitCode: 0, chain}],
  };
  // It says nothing that the manifests of the parts do not.
  await writeManifest(path, manifest, (text) => text);
}

/** What was put together before stands for itself. */
function notesOf(parts: readonly MergePart[]): MergeNotes {
  const notes = parts.map(({paths: {output}, manifest, proof}) => {
    const before = mergeNotesOf(manifest);
    const inputSha256 = asString(manifest?.fingerprint['input_sha256']);
    return {
      outputs: before?.outputs ?? [{output, inputSha256}],
      damage: [...(before?.damage ?? []), ...proof.damage()],
      unproven: [
        ...(before?.unproven ?? []),
        ...(manifest === undefined
          ? [`${output}: it had no manifest: its input and settings cannot be told`]
          : []),
        ...proof.unproven(),
      ],
    };
  });
  return {
    outputs: notes.flatMap(({outputs}) => outputs),
    damage: notes.flatMap(({damage}) => damage),
    unproven: notes.flatMap(({unproven}) => unproven),
  };
}
