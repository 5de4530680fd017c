import {type Problem, RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {fingerprintDifferences, type Manifest} from './manifest.ts';
import {isOnlyMerged} from './merge-notes.ts';
import type {OutputPaths} from './output-paths.ts';

/** What is at an output's paths. */
export interface ExistingOutput {
  readonly outputBytes: number;
  readonly failureBytes: number;
  /** Whether materialised rows are there. */
  readonly materialized: boolean;
  /** As read; not looked at when everything is moved aside anyway. */
  readonly manifest: Manifest | undefined;
}

/** How a run begins on an output. */
export type StartPlan =
  | {readonly start: 'fresh'}
  | {readonly start: 'move aside'}
  /** As long as its materialised rows are what this run would materialise. */
  | {readonly start: 'adopt'}
  | {readonly start: 'resume'; readonly manifest: Manifest}
  /** The same, as long as its rows are what this run would materialise: it was put together from outputs with inputs of their own. */
  | {readonly start: 'take over'; readonly manifest: Manifest};

/**
 * Decides between starting, going on and refusing. An output with records is only gone on with by the same inputs and
 * settings (`ERR_OUTPUT_MISMATCH`) and only if it says what those were (`ERR_OUTPUT_EXISTS`): in a manifest, or, as NeMo Gym leaves
 * it, in its materialised rows. One whose runs brought
 * no record holds nothing to protect: with other settings it is moved aside without asking, so that a mistake in the
 * first start can be mended and tried again.
 */
export function planStart(
  paths: OutputPaths,
  existing: ExistingOutput,
  {fingerprint, overwrite}: {readonly fingerprint: JsonObject; readonly overwrite: boolean},
): StartPlan {
  const {outputBytes, failureBytes, materialized, manifest} = existing;
  if (overwrite) return {start: 'move aside'};
  if (manifest === undefined) {
    if (outputBytes === 0 && failureBytes === 0) return {start: 'fresh'};
    if (materialized) return {start: 'adopt'};
    throw existsError(paths);
  }
  const isMerged = isOnlyMerged(manifest);
  const {input_sha256, limit} = fingerprint;
  const before = isMerged ? {...manifest.fingerprint, input_sha256, limit} : manifest.fingerprint;
  const problems = fingerprintDifferences(before, fingerprint);
  if (problems.length === 0) return {start: isMerged ? 'take over' : 'resume', manifest};
  if (outputBytes === 0 && failureBytes === 0) return {start: 'move aside'};
  throw mismatchError(
    paths,
    problems.map((problem) => ({file: paths.manifest, ...problem})),
  );
}

/** `ERR_OUTPUT_MISMATCH`, with what differs. */
export function mismatchError({output}: OutputPaths, problems: readonly Problem[]): RollcallError {
  return new RollcallError(`the output ${output} belongs to a run with other inputs or settings`, {
    code: 'ERR_OUTPUT_MISMATCH',
    fault: 'store',
    hint: 'Choose another --output, take the settings back to go on, or start anew with --overwrite: what is there is moved aside.',
    problems,
  });
}

function existsError(paths: OutputPaths): RollcallError {
  return new RollcallError(
    `the output ${paths.output} is there already, without a manifest or materialised rows that say what made it`,
    {
      code: 'ERR_OUTPUT_EXISTS',
      fault: 'store',
      hint: 'Choose another --output, or start anew with --overwrite: what is there is moved aside.',
    },
  );
}
