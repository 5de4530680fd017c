import {sum} from './describe-numbers.ts';
import {studentT95} from './student-t.ts';

export interface ClusteredMean {
  readonly count: number;
  readonly mean: number;
  /** How many tasks the values belong to. */
  readonly clusters: number;
  /** Of the mean, values of one task counted as one witness; undefined below two tasks. */
  readonly standardError: number | undefined;
  /** The 95 % interval by Student's t with clusters − 1 degrees of freedom; undefined with the standard error. */
  readonly interval95: readonly [low: number, high: number] | undefined;
}

/**
 * The mean of values and how far to trust it, when values come in clusters (the rollouts of a task) that resemble each other.
 * `clusters[i]` names the cluster of `values[i]`; NaN values are left out. Undefined when there is no value.
 */
export function meanByCluster(values: Float64Array, clusters: Float64Array): ClusteredMean | undefined {
  const present = values.filter((value) => !Number.isNaN(value));
  const count = present.length;
  if (count === 0) return undefined;
  const mean = sum(present) / count;
  const deviations = new Map<number, number>();
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const cluster = clusters[index] ?? 0;
    deviations.set(cluster, (deviations.get(cluster) ?? 0) + value - mean);
  }
  const standardError = standardErrorOf([...deviations.values()], count);
  return {
    count,
    mean,
    clusters: deviations.size,
    standardError,
    interval95: intervalOf(mean, standardError, deviations.size),
  };
}

// Sums of deviations within a cluster, squared: with one value a cluster it is the plain standard error, std / √n.
function standardErrorOf(deviations: readonly number[], count: number): number | undefined {
  const clusters = deviations.length;
  if (clusters < 2) return undefined;
  const squares = sum(deviations.map((deviation) => deviation ** 2));
  return Math.sqrt((squares * clusters) / (clusters - 1)) / count;
}

function intervalOf(
  mean: number,
  standardError: number | undefined,
  clusters: number,
): ClusteredMean['interval95'] {
  if (standardError === undefined) return undefined;
  const reach = studentT95(clusters - 1) * standardError;
  return [mean - reach, mean + reach];
}
