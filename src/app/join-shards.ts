import {type Problem, RollcallError} from '../core/errors.ts';
import {
  formatHeldShards,
  type HeldShards,
  heldShardsOf,
  missingShards,
  rolloutsOfWhole,
} from '../store/held-shards.ts';
import type {MergePart} from './merge-manifest.ts';

/** Rollouts of the whole that are in no output at hand, since their shards are not. */
export interface AbsentShards {
  /** Each as it is given with `--shard`. */
  readonly shards: readonly string[];
  readonly rollouts: number;
}

/**
 * What outputs hold together of the whole that they are shards of; undefined where none is a shard. Fails with `ERR_OUTPUT_MISMATCH` if one
 * is no shard, is one of another number of shards, or is there twice. Their settings are looked at elsewhere.
 */
export function joinShards(parts: readonly MergePart[]): HeldShards | undefined {
  const held = parts.map((part) => ({part, held: heldShardsOf(part.manifest)}));
  const first = held.find((each) => each.held !== undefined);
  if (first?.held === undefined) return undefined;
  const {of, whole} = first.held;
  const problems: Problem[] = [];
  const outputs = new Map<number, string>();
  for (const {part, held: own} of held) {
    const {paths, manifest} = part;
    const problem = (message: string, hint?: string): void =>
      void problems.push({file: manifest === undefined ? paths.output : paths.manifest, message, hint});
    if (manifest === undefined) problem('has no manifest that says which shard it is', howToMakeManifest);
    else if (own === undefined) problem(`is no shard, and ${first.part.paths.output} is one`);
    else if (own.of !== of)
      problem(`is shard ${formatHeldShards(own)}, and ${first.part.paths.output} one of ${String(of)}`);
    else noteIndexes(own, paths.output, outputs, problem);
  }
  if (problems.length > 0) throw notOneRun(problems);
  return {indexes: [...outputs.keys()].sort((a, b) => a - b), of, whole};
}

const howToMakeManifest =
  'Run its collect-rollouts again: it finds the rollouts done, sends nothing and writes a manifest.';

function noteIndexes(
  {indexes, of}: HeldShards,
  output: string,
  outputs: Map<number, string>,
  problem: (message: string) => void,
): void {
  for (const index of indexes) {
    const other = outputs.get(index);
    if (other === undefined) outputs.set(index, output);
    else problem(`is shard ${formatHeldShards({indexes: [index], of})}, and so is ${other}`);
  }
}

/** What is not there of the whole; `accounted`: the rollouts that the shards at hand want. Fails with `ERR_OUTPUT_MISMATCH` if they want more. */
export function absentOf(joined: HeldShards | undefined, accounted: number): AbsentShards {
  const rollouts = joined === undefined ? 0 : rolloutsOfWhole(joined) - accounted;
  if (joined === undefined || rollouts === 0) return {shards: [], rollouts: 0};
  if (rollouts > 0) return {shards: missingShards(joined), rollouts};
  throw notOneRun([
    {
      message: `they want ${String(accounted)} rollouts, and the whole has ${String(rolloutsOfWhole(joined))}`,
    },
  ]);
}

/** That metrics are made of one shard alone; nothing of an output that is none. */
export function noticeOfShard({paths, manifest}: MergePart): readonly string[] {
  const held = heldShardsOf(manifest);
  if (held === undefined) return [];
  return [
    `${paths.output} is shard ${formatHeldShards(held)}, and its metrics are of that alone; all shards with --output make the whole`,
  ];
}

function notOneRun(problems: readonly Problem[]): RollcallError {
  return new RollcallError('these outputs are not the shards of one run', {
    code: 'ERR_OUTPUT_MISMATCH',
    fault: 'usage',
    hint: 'Give each shard of one run once, and nothing else; what is not of that run goes together afterwards.',
    problems,
  });
}
