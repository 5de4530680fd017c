import type {Clock} from '../core/clock.ts';
import {asNumber, asString, type JsonObject} from '../core/json.ts';
import {packageVersion} from '../runtime/installation.ts';
import {type Manifest, writeManifest} from '../store/manifest.ts';
import {type MergeNotes, mergeNotesOf, mergeNotesToJson} from '../store/merge-notes.ts';
import type {MergedFiles} from '../store/merge-outputs.ts';
import type {OutputPaths} from '../store/output-paths.ts';
import type {OutputProof} from '../store/verify/output-proof.ts';

/** An output that is put together with others. */
export interface Shard {
  readonly paths: OutputPaths;
  /** Undefined where there is none. */
  readonly manifest: Manifest | undefined;
  readonly proof: OutputProof;
}

/** What shards must have alike: all that changes answers but their own inputs. */
export function sharedSettings({fingerprint}: Manifest): JsonObject {
  return {...fingerprint, input_sha256: undefined, limit: undefined};
}

/**
 * Writes the manifest of outputs that were put together: their settings, their inputs, what was found wrong with them, the digests of the
 * new files. None where no output has one: nobody can tell the settings then. Fails with `ERR_STORE_WRITE`.
 */
export async function writeMergeManifest(
  path: string,
  shards: readonly Shard[],
  {rowsSha256, chain, wanted, startedAt}: MergedFiles & {readonly wanted: number; readonly startedAt: string},
  clock: Clock,
): Promise<void> {
  const manifests = shards.flatMap(({manifest}) => manifest ?? []);
  const [first] = manifests;
  if (first === undefined || rowsSha256 === undefined) return;
  const mostAttempts = manifests.flatMap(({about}) => asNumber(about['max_attempts']) ?? []);
  const manifest: Manifest = {
    fingerprint: sharedSettings(first),
    about: {
      merged: mergeNotesToJson(notesOf(shards)),
      rollouts: wanted,
      materialized_sha256: rowsSha256,
      ...(mostAttempts.length === 0 ? {} : {max_attempts: Math.max(...mostAttempts)}),
      line_chain: 'sha256',
      rollcall_version: packageVersion(),
    },
    runs: [{startedAt, endedAt: new Date(clock.now()).toISOString(), exitCode: 0, chain}],
  };
  // It says nothing that the manifests of the shards do not.
  await writeManifest(path, manifest, (text) => text);
}

/** What was put together before stands for itself. */
function notesOf(shards: readonly Shard[]): MergeNotes {
  const notes = shards.map(({paths: {output}, manifest, proof}) => {
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
