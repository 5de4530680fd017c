import {ascendingPlaces} from './ascending-places.ts';
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

/** A column or an array. */
interface Numbers {
  readonly length: number;
  readonly at: (place: number) => number | undefined;
}

/**
 * The mean of values and how far to trust it, when values come in clusters (the rollouts of a task) that resemble each other.
 * `clusters[i]` names the cluster of `values[i]`; NaN values are left out. Undefined when there is no value.
 */
export function meanByCluster(values: Numbers, clusters: Numbers): ClusteredMean | undefined {
  let count = 0;
  const total = sum(present());
  if (count === 0) return undefined;
  const mean = total / count;
  let clusterCount = 0;
  const squares = sum(squaredDeviations());
  // Sums of deviations within a cluster, squared: with one value a cluster it is the plain standard error, std / √n.
  const standardError =
    clusterCount < 2 ? undefined : Math.sqrt((squares * clusterCount) / (clusterCount - 1)) / count;
  return {
    count,
    mean,
    clusters: clusterCount,
    standardError,
    interval95: intervalOf(mean, standardError, clusterCount),
  };

  function* present(): Generator<number> {
    for (let place = 0; place < values.length; place++) {
      const value = values.at(place) ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      count++;
      yield value;
    }
  }

  /** One a cluster, and counts them. */
  function* squaredDeviations(): Generator<number> {
    let deviation = 0;
    let cluster: number | undefined;
    for (const place of ascendingPlaces(values.length, (index) => clusters.at(index) ?? 0)) {
      const value = values.at(place) ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      if (clusters.at(place) !== cluster) {
        if (cluster !== undefined) yield deviation ** 2;
        cluster = clusters.at(place);
        deviation = 0;
        clusterCount++;
      }
      deviation += value - mean;
    }
    yield deviation ** 2;
  }
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
