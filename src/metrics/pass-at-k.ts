import {passMark} from './aggregate-metrics.ts';
import {type ClusteredMean, meanByCluster} from './clustered-mean.ts';
import type {AgentTable} from './metrics-fold.ts';
import {groupByTask} from './task-groups.ts';
import {ValueColumn} from './value-column.ts';

export interface PassAtK {
  readonly k: number;
  /** Over the tasks that have at least `k` judged rollouts, each counted once. */
  readonly estimate: ClusteredMean;
}

/**
 * For k = 1, 2, 4, 8 … and the most judged rollouts that a task has: the chance that of `k` rollouts of a task at least one passes,
 * estimated without bias from all that it has (Chen et al. 2021). Empty where no task has two judged rollouts.
 */
export function passAtK(table: AgentTable): readonly PassAtK[] {
  const counts = judgedByTask(table);
  let most = 0;
  for (const {judged} of counts) most = Math.max(most, judged);
  if (most < 2) return [];
  return sizesUpTo(most).flatMap((k) => {
    const [estimates, tasks] = [new ValueColumn(), new ValueColumn()];
    for (const [place, {judged, passed}] of counts.entries()) {
      if (judged < k) continue;
      estimates.push(chanceToPass(judged, passed, k));
      tasks.push(place);
    }
    const estimate = meanByCluster(estimates, tasks);
    return estimate === undefined ? [] : [{k, estimate}];
  });
}

/** That of `k` drawn from `judged` at least one is of the `passed`: 1 − C(judged − passed, k) ÷ C(judged, k). */
export function chanceToPass(judged: number, passed: number, k: number): number {
  return 1 - chanceToPassAlways(judged, judged - passed, k);
}

/** That each of them is: C(passed, k) ÷ C(judged, k), as a product so that nothing grows beyond what a number holds. */
export function chanceToPassAlways(judged: number, passed: number, k: number): number {
  let chance = 1;
  for (let drawn = 0; drawn < k && chance > 0; drawn++)
    chance *= Math.max(0, passed - drawn) / (judged - drawn);
  return chance;
}

function judgedByTask(table: AgentTable): readonly {readonly judged: number; readonly passed: number}[] {
  const rewards = table.columns.get('reward');
  if (rewards === undefined) return [];
  return Array.from(groupByTask(table), ({rows}) => {
    const known = Array.from(rows, (row) => rewards.at(row)).filter((reward) => !Number.isNaN(reward));
    return {judged: known.length, passed: known.filter((reward) => reward >= passMark).length};
  });
}

function sizesUpTo(most: number): readonly number[] {
  const sizes: number[] = [];
  for (let k = 1; k < most; k *= 2) sizes.push(k);
  return [...sizes, most];
}
