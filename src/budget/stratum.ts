import type {Workload} from '../core/prompt-size.ts';
import {estimateSurvival, type Survival} from './survival.ts';
import {fitProportionalTrend, fitTrend, type Trend} from './trend.ts';

/** A rollout that has ended: what it used, by the size of its prompt and the time that it took. */
export interface Sample {
  readonly agentName: string;
  readonly promptTokens: number;
  /** Undefined: of an earlier run. */
  readonly durationMs: number | undefined;
  /** By kind: tokens in and out, costs. */
  readonly used: Float64Array;
}

/** A rollout that runs. */
export interface Running {
  readonly agentName: string;
  readonly promptTokens: number;
  readonly elapsedMs: number;
}

/**
 * What rollouts of one kind use: a line over the length of their prompts, through those that have ended and those that run.
 * These use what those did that took longer than they have so far, for their length (`survival.ts`): without them the line
 * would go through the shorter ones alone, and the more so where rows become longer and longer.
 */
export class Stratum {
  readonly #kinds: readonly Kind[];
  /** How long rollouts take. */
  readonly #pace: Trend;

  constructor(samples: readonly Sample[], running: readonly Running[]) {
    const timed = samples.filter(({durationMs}) => durationMs !== undefined);
    const {pace, durations, survival} = paceOf(timed, running);
    this.#pace = pace;
    const weights = weightsOf(samples, timed, survival);
    const xs = samples.map(({promptTokens}) => promptTokens);
    const allXs = [...xs, ...running.map(({promptTokens}) => promptTokens)];
    const ones = allXs.map(() => 1);
    const rounds = running.length * few < samples.length ? 0 : runningRounds;
    this.#kinds = Array.from(samples[0]?.used ?? [], (_, index) => {
      const used = columnOf(samples, index);
      const usedByTimed = columnOf(timed, index);
      const over = (trend: Trend): Kind => {
        const expected = timed.map(({promptTokens}) => expectedOf(trend, promptTokens));
        return {trend, after: tailOf(durations, ratiosOf(usedByTimed, expected), survival)};
      };
      let kind = over(fitProportionalTrend(xs, used, weights));
      for (let round = 0; round < rounds; round++) {
        const ys = [...used, ...running.map((each) => this.#ofRunning(each, kind))];
        kind = over(fitProportionalTrend(allXs, ys, ones));
      }
      return kind;
    });
  }

  /** Those that have not begun are as rollouts are. */
  ofWaiting({rollouts, promptTokens}: Workload, kind: number): number {
    const trend = this.#kinds[kind]?.trend;
    return rollouts === 0 || trend === undefined ? 0 : rollouts * expectedOf(trend, promptTokens / rollouts);
  }

  /** Those that run are as those are that took longer than they have taken so far. */
  ofRunning(running: Running, kind: number): number {
    const of = this.#kinds[kind];
    return of === undefined ? 0 : this.#ofRunning(running, of);
  }

  #ofRunning({promptTokens, elapsedMs}: Running, {trend, after}: Kind): number {
    return expectedOf(trend, promptTokens) * after(elapsedMs / timeOf(this.#pace, promptTokens));
  }
}

// The line says what those that run will use, and that says where the line goes.
const runningRounds = 3;
// Where those that run are so small a part, the weights of those that have ended account for them.
const few = 20;

/** Of one kind of use. */
interface Kind {
  readonly trend: Trend;
  /** What those use that take longer than so much, to what is expected of their length. Times are to the usual one. */
  readonly after: (duration: number) => number;
}

function expectedOf(trend: Trend, promptTokens: number): number {
  return Math.max(0, trend.at(promptTokens));
}

interface Pace {
  readonly pace: Trend;
  /** Of those that have ended, how long they took, to how long rollouts of their length take. */
  readonly durations: readonly number[];
  readonly survival: Survival;
}

// How long rollouts take tells which have ended early, and those tell how long they take.
const paceRounds = 3;

/** Among rows that become longer and longer those that run are not slow for their length: so times are compared by length. */
function paceOf(timed: readonly Sample[], running: readonly Running[]): Pace {
  const xs = timed.map(({promptTokens}) => promptTokens);
  const taken = timed.map(({durationMs = 0}) => durationMs);
  let weights: ArrayLike<number> = taken.map(() => 1);
  for (let round = 1; ; round++) {
    const pace = fitProportionalTrend(xs, taken, weights);
    const durations = timed.map(({durationMs = 0, promptTokens}) => durationMs / timeOf(pace, promptTokens));
    const elapsed = running.map(({elapsedMs, promptTokens}) => elapsedMs / timeOf(pace, promptTokens));
    const survival = estimateSurvival(durations, elapsed);
    if (round === paceRounds) return {pace, durations, survival};
    weights = survival.weights;
  }
}

function timeOf(pace: Trend, promptTokens: number): number {
  return Math.max(1, pace.at(promptTokens));
}

/** What each sample counts; those of earlier runs, which nobody cut off, count as one each. */
function weightsOf(samples: readonly Sample[], timed: readonly Sample[], {weights}: Survival): Float64Array {
  let next = 0;
  return Float64Array.from(samples, ({durationMs}) =>
    durationMs === undefined ? 1 : (weights[next++] ?? 0) * timed.length,
  );
}

function columnOf(samples: readonly Sample[], kind: number): Float64Array {
  return Float64Array.from(samples, ({used}) => used[kind] ?? 0);
}

function ratiosOf(used: Float64Array, expected: readonly number[]): Float64Array {
  return used.map((value, index) => {
    const of = expected[index] ?? 0;
    return of === 0 ? 1 : value / of;
  });
}

function tailOf(
  durations: readonly number[],
  ratios: Float64Array,
  {weights, beyond, expectedBeyond}: Survival,
): Kind['after'] {
  const ofBeyond = Math.max(0, fitTrend(durations, ratios, weights).at(expectedBeyond));
  const order = durations.map((_, index) => index).sort((a, b) => (durations[a] ?? 0) - (durations[b] ?? 0));
  // From the longest down: the mean ratio of all that took longer.
  const means = new Float64Array(order.length + 1);
  means[order.length] = ofBeyond;
  let mass = beyond;
  let sum = beyond * ofBeyond;
  for (let place = order.length - 1; place >= 0; place--) {
    const index = order[place] ?? 0;
    mass += weights[index] ?? 0;
    sum += (weights[index] ?? 0) * (ratios[index] ?? 0);
    means[place] = mass === 0 ? 1 : sum / mass;
  }
  const sorted = Float64Array.from(order, (index) => durations[index] ?? 0);
  return (duration) => means[placeAfter(sorted, duration)] ?? 1;
}

function placeAfter(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
