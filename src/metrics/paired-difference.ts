import {type ClusteredMean, meanByCluster} from './clustered-mean.ts';
import {sum} from './describe-numbers.ts';
import {ValueColumn} from './value-column.ts';

/** What two runs measured of one thing, by task: the mean of the task's rollouts that have a value. */
export type MeansByTask = ReadonlyMap<number, number>;

export interface PairedDifference {
  /** Tasks that both runs have a value of; each counts once. */
  readonly tasks: number;
  /** Over these tasks. */
  readonly mean: number;
  readonly otherMean: number;
  /** The mean of the differences by task, ours less the other's; the interval is Student's t over the tasks. */
  readonly difference: ClusteredMean;
  /** Tasks whose value is higher, lower and equal in ours. */
  readonly higher: number;
  readonly lower: number;
  readonly equal: number;
}

/**
 * How much two runs over the same tasks differ: the difference of each task's two means, averaged over the tasks. What makes tasks hard or
 * easy is in both means and cancels out, so that this is far more exact than the difference of two averages. Undefined without a common task.
 */
export function pairedDifference(ours: MeansByTask, other: MeansByTask): PairedDifference | undefined {
  const [differences, places] = [new ValueColumn(), new ValueColumn()];
  const [kept, otherKept]: [number[], number[]] = [[], []];
  for (const [task, value] of ours) {
    const otherValue = other.get(task);
    if (otherValue === undefined) continue;
    differences.push(value - otherValue);
    places.push(places.length);
    kept.push(value);
    otherKept.push(otherValue);
  }
  const difference = meanByCluster(differences, places);
  if (difference === undefined) return undefined;
  const higher = differences.count((value) => value > 0);
  const lower = differences.count((value) => value < 0);
  const tasks = difference.count;
  const [mean, otherMean] = [sum(kept) / tasks, sum(otherKept) / tasks];
  return {tasks, mean, otherMean, difference, higher, lower, equal: tasks - higher - lower};
}

/** The mean of each task's values; a task without any is not in it. */
export function meansByTask(tasks: ValueColumn, values: ValueColumn | undefined): MeansByTask {
  const sums = new Map<number, {total: number; count: number}>();
  for (let row = 0; row < (values?.length ?? 0); row++) {
    const value = values?.at(row) ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const task = tasks.at(row);
    const known = sums.get(task) ?? {total: 0, count: 0};
    known.total += value;
    known.count++;
    sums.set(task, known);
  }
  return new Map(Array.from(sums, ([task, {total, count}]) => [task, total / count]));
}
