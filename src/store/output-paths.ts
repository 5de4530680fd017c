import {join, parse} from 'node:path';
import {RollcallError} from '../core/errors.ts';

/** The files of one output, all in one folder. */
export interface OutputPaths {
  /** Completed rollouts. */
  readonly output: string;
  readonly failures: string;
  readonly materialized: string;
  readonly manifest: string;
  readonly metrics: string;
  /** Checkpoints of a hash over the lines of the output. */
  readonly chain: string;
  /** Rollouts that were begun by a run that has not ended. */
  readonly dispatched: string;
  /** Is there while a process writes to the others. */
  readonly lock: string;
}

/**
 * The files beside an output path, named as NeMo Gym names them: its last part without the last suffix (`x.y.jsonl` →
 * `x.y`), then what it is. Fails with `ERR_USAGE` on a path that cannot hold lines of text.
 */
export function outputPaths(output: string): OutputPaths {
  const {dir, base, name} = parse(output);
  if (base === '' || /[\\/]$/.test(output)) {
    throw usageError(
      `the output ${JSON.stringify(output)} is not the path of a file`,
      'Give one, e.g. rollouts.jsonl.',
    );
  }
  if (/\.(?:gz|zst|bz2|xz)$/.test(base)) {
    throw usageError(
      `the output ${output} asks for a compressed file`,
      'An output that can be resumed is plain text. Name it .jsonl, and compress it when it is done.',
    );
  }
  const beside = (suffix: string): string => join(dir, `${name}${suffix}`);
  return {
    output,
    failures: beside('_failures.jsonl'),
    materialized: beside('_materialized_inputs.jsonl'),
    manifest: beside('_manifest.json'),
    metrics: beside('_aggregate_metrics.json'),
    chain: beside('_chain.jsonl'),
    dispatched: beside('_dispatched.jsonl'),
    // By the stem: `x.jsonl` and `x.json` would share all files but one.
    lock: beside('_output.lock'),
  };
}

/** All of them. */
export function filesOf(paths: OutputPaths): readonly string[] {
  return Object.values(paths) as string[];
}

function usageError(message: string, hint: string): RollcallError {
  return new RollcallError(message, {code: 'ERR_USAGE', fault: 'usage', hint});
}
