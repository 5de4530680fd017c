import {asJsonArray, asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {Manifest} from './manifest.ts';

/** What the manifest of an output tells that was put together from others. */
export interface MergeNotes {
  readonly outputs: readonly MergedOutput[];
  /** What was wrong with them then, a sentence each. */
  readonly damage: readonly string[];
  /** What could not be proven of them then, a sentence each. */
  readonly unproven: readonly string[];
}

export interface MergedOutput {
  readonly output: string;
  /** Of the input that it was made from; undefined where there was no manifest. */
  readonly inputSha256: string | undefined;
}

/** The notes as they stand in the manifest. */
export function mergeNotesToJson({outputs, damage, unproven}: MergeNotes): JsonObject {
  return {
    outputs: outputs.map(({output, inputSha256}) => ({output, input_sha256: inputSha256 ?? null})),
    damage,
    unproven,
  };
}

/** The notes in a manifest; undefined in that of an output that was not put together. */
export function mergeNotesOf(manifest: Manifest | undefined): MergeNotes | undefined {
  const notes = asJsonObject(manifest?.about['merged']);
  if (notes === undefined) return undefined;
  const outputs = asJsonArray(notes['outputs']).map((each) => ({
    output: asString(asJsonObject(each)?.['output']) ?? '',
    inputSha256: asString(asJsonObject(each)?.['input_sha256']),
  }));
  return {outputs, damage: sentencesOf(notes['damage']), unproven: sentencesOf(notes['unproven'])};
}

/** Whether an output was put together, and no run that wants the whole of its input has gone on with it yet. */
export function isOnlyMerged(manifest: Manifest): boolean {
  return mergeNotesOf(manifest) !== undefined && manifest.fingerprint['input_sha256'] === undefined;
}

function sentencesOf(value: unknown): readonly string[] {
  return asJsonArray(value).filter((each) => typeof each === 'string');
}
