import {fitTrend} from './trend.ts';

/** How long rollouts take, told from those that have ended and those that have not yet. */
export interface Survival {
  /** Of each duration, the share of all rollouts that it stands for. */
  readonly weights: Float64Array;
  /** The share of rollouts that take longer than every duration that was seen. */
  readonly beyond: number;
  /** The duration that is to be expected of those. */
  readonly expectedBeyond: number;
}

/**
 * Kaplan and Meier's estimate. Rollouts that have ended are short ones more often than not, as the long ones of the same
 * start are still running: each one that ended late stands for those that run on beside it.
 */
export function estimateSurvival(durations: readonly number[], running: readonly number[]): Survival {
  const order = durations.map((_, index) => index).sort((a, b) => at(durations, a) - at(durations, b));
  const elapsed = [...running].sort((a, b) => a - b);
  const weights = new Float64Array(durations.length);
  let atRisk = durations.length + elapsed.length;
  let survivors = 1;
  let censored = 0;
  for (const index of order) {
    const duration = at(durations, index);
    for (; censored < elapsed.length && at(elapsed, censored) < duration; censored++) atRisk--;
    const weight = survivors / atRisk;
    weights[index] = weight;
    survivors -= weight;
    atRisk--;
  }
  const beyond = Math.max(0, survivors);
  return {
    weights,
    beyond,
    expectedBeyond: expectedBeyond(order.map((index) => [at(durations, index), at(weights, index)])),
  };
}

const tiny = 1e-9;

/**
 * The mean of what is longer than the longest that was seen, if the shape goes on as it began: as a normal distribution or a
 * lognormal one, whichever has less beyond, as most answers' lengths have a bound.
 */
function expectedBeyond(seen: readonly (readonly [duration: number, weight: number])[]): number {
  const [last] = seen.at(-1) ?? [0];
  const normal = tailMean(seen, last);
  const logs = seen.map(([duration, weight]) => [Math.log(Math.max(duration, tiny)), weight] as const);
  const lognormal = Math.exp(tailMean(logs, Math.log(Math.max(last, tiny))));
  return Math.max(last, Math.min(normal, lognormal));
}

/** A line through values over the normal quantiles of their ranks tells mean and deviation; behind `last` comes what that makes of it. */
function tailMean(seen: readonly (readonly [value: number, weight: number])[], last: number): number {
  let rank = 0;
  const quantiles = seen.map(([, weight]) => {
    rank += weight;
    return normalQuantile(Math.min(0.999, rank - weight / 2));
  });
  const values = seen.map(([value]) => value);
  const line = fitTrend(
    quantiles,
    values,
    seen.map(() => 1),
  );
  const deviation = line.at(1) - line.at(0);
  const cut = Math.min(0.999, rank);
  const quantile = normalQuantile(cut);
  const beyondMean = Math.exp(-(quantile * quantile) / 2) / Math.sqrt(2 * Math.PI) / (1 - cut);
  return last + deviation * Math.max(0, beyondMean - quantile);
}

/** Of the standard normal distribution; right to four digits (Acklam's is better, but ranks are not). */
function normalQuantile(share: number): number {
  // Tukey's lambda: within 0.002 between 0.01 and 0.99.
  return (share ** 0.135 - (1 - share) ** 0.135) / 0.1975;
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}
