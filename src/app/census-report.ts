import {RollcallError} from '../core/errors.ts';
import {nameOf, type RolloutCensus} from '../store/rollout-census.ts';

/** Rollouts that are wanted and not there. */
export interface MissingRollouts {
  readonly count: number;
  /** The first of them, in words. */
  readonly first: readonly string[];
}

const mostNamed = 10;

/** Fails with `ERR_DUPLICATE_ROLLOUT` and every problem, if identities are wanted twice, there twice, or there and not wanted. */
export function throwIfProblems({problems}: RolloutCensus): void {
  if (problems.length === 0) return;
  throw new RollcallError('these files do not fit together', {
    code: 'ERR_DUPLICATE_ROLLOUT',
    fault: 'dataset',
    hint: 'Shards that number their tasks from 0 each cannot be put together: number the rows (_ng_task_index) before they are split.',
    problems,
  });
}

/** What a census found missing. */
export function missingOf(census: RolloutCensus): MissingRollouts {
  const first: string[] = [];
  let count = 0;
  for (const id of census.missing()) {
    count++;
    if (first.length < mostNamed) first.push(nameOf(id));
  }
  return {count, first};
}

/** What a census could not tell, for people. */
export function noticesOf({unplanned, tornLines}: RolloutCensus): readonly string[] {
  const notices = unplanned.map(
    (output) => `${output} has no materialised inputs beside it: that it is complete cannot be proved`,
  );
  return tornLines === 0 ? notices : [...notices, `${String(tornLines)} line(s) torn by a kill do not count`];
}
