import {asNumber, asString} from '../../core/json.ts';
import {formatHeldShards, heldShardsOf, missingShards, rolloutsOfWhole} from '../held-shards.ts';
import type {Manifest} from '../manifest.ts';
import {type MergeNotes, mergeNotesOf} from '../merge-notes.ts';
import type {FindingList} from './findings.ts';

/** What the manifest says of where an output comes from, a sentence each. */
export interface InputProof {
  readonly unproven: readonly string[];
  readonly notes: readonly string[];
}

const noManifest = 'there is no manifest: from which input and settings this was made cannot be told';

/**
 * Holds the digest of an input that an output is said to be made from, if one is given, against its manifest, and tells of the outputs
 * that it was put together from. `place`: of the manifest.
 */
export function proveInput(
  manifest: Manifest | undefined,
  given: string | undefined,
  place: string,
  findings: FindingList,
): InputProof {
  const merged = mergeNotesOf(manifest);
  const made = inputsOf(manifest, merged);
  for (const shard of missingOf(manifest)) findings.add('shards_missing', place, shard);
  for (const sentence of merged?.damage ?? []) findings.add('merged_damaged', place, sentence);
  const isOther = given !== undefined && made.length > 0 && !made.includes(given);
  if (isOther) findings.add('other_input', place, `SHA-256 ${named(made)}, not ${given}`);
  return {
    unproven: [...(merged?.unproven ?? []), ...(made.length === 0 ? [noManifest] : [])],
    notes: [...notesOnMerge(merged), ...notesOnShard(manifest), ...(isOther ? [] : notesOn(made, given))],
  };
}

/** Digests: of the input of the last run; of those of all outputs, where none has gone on with them. */
function inputsOf(manifest: Manifest | undefined, merged: MergeNotes | undefined): readonly string[] {
  const own = asString(manifest?.fingerprint['input_sha256']);
  if (own !== undefined) return [own];
  return [...new Set(merged?.outputs.flatMap(({inputSha256}) => inputSha256 ?? []))];
}

function notesOnMerge(merged: MergeNotes | undefined): readonly string[] {
  return merged === undefined ? [] : [`put together from ${String(merged.outputs.length)} output(s)`];
}

/** The shards that what was put together is without; a job's own shard has not to have the others. */
function missingOf(manifest: Manifest | undefined): readonly string[] {
  const held = mergeNotesOf(manifest) && heldShardsOf(manifest);
  return held === undefined ? [] : missingShards(held);
}

/** A shard proves itself and says nothing of the others. */
function notesOnShard(manifest: Manifest | undefined): readonly string[] {
  const held = heldShardsOf(manifest);
  if (held === undefined) return [];
  const own = String(asNumber(manifest?.about['rollouts']) ?? 0);
  return [
    `shard ${formatHeldShards(held)}: ${own} of the ${String(rolloutsOfWhole(held))} rollouts of the whole`,
  ];
}

function notesOn(made: readonly string[], given: string | undefined): readonly string[] {
  if (made.length === 0) return [];
  const isOne = made.length === 1;
  if (given !== undefined)
    return isOne ? [] : [`that input is one of the ${String(made.length)} that it was made from`];
  const inputs = isOne ? 'an input' : 'inputs';
  return [`made from ${inputs} with SHA-256 ${named(made)}; --input PATH compares one with it`];
}

function named(digests: readonly string[]): string {
  return digests.slice(0, 5).join(', ') + (digests.length > 5 ? ' and others' : '');
}
