import type {Workload} from '../core/prompt-size.ts';
import {estimateSurvival, type Survival} from './survival.ts';
import {fitTrend, type Trend} from './trend.ts';

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
 * What rollouts of one kind use: a line over the length of their prompts, through those that have ended. Those that run still
 * are the longer ones of their length, and those that have ended the shorter ones; `survival.ts` accounts for both.
 */
export class Stratum {
  readonly #trends: readonly Trend[];
  readonly #tails: readonly Tail[];
  /** Of all rollouts, those that take longer than any that has ended. */
  readonly #shareBeyond: number;

  constructor(samples: readonly Sample[], running: readonly Running[]) {
    const timed = samples.filter(({durationMs}) => durationMs !== undefined);
    const durations = timed.map(({durationMs = 0}) => durationMs);
    const elapsed = running.map(({elapsedMs}) => elapsedMs);
    const survival = estimateSurvival(durations, elapsed);
    const weights = weightsOf(samples, timed, survival);
    const xs = samples.map(({promptTokens}) => promptTokens);
    const kinds = Array.from(samples[0]?.used ?? [], (_, kind) => kind);
    this.#trends = kinds.map((kind) => fitTrend(xs, columnOf(samples, kind), weights));
    this.#shareBeyond = (survival.beyond * timed.length) / samples.length;
    this.#tails = kinds.map((kind) => {
      const expected = timed.map(({promptTokens}) => this.#expected(promptTokens, kind));
      return tailOf(durations, ratiosOf(columnOf(timed, kind), expected), survival);
    });
  }

  /** Those that have not begun are as rollouts are. */
  ofWaiting({rollouts, promptTokens}: Workload, kind: number): number {
    if (rollouts === 0) return 0;
    const beyond = this.#tails[kind]?.beyond ?? 1;
    const each = this.#expected(promptTokens / rollouts, kind);
    return rollouts * each * (1 + this.#shareBeyond * (beyond - 1));
  }

  /** Those that run are as those are that took longer than they have taken so far. */
  ofRunning({promptTokens, elapsedMs}: Running, kind: number): number {
    const ratio = this.#tails[kind]?.after(elapsedMs) ?? 1;
    return this.#expected(promptTokens, kind) * ratio;
  }

  #expected(promptTokens: number, kind: number): number {
    return Math.max(0, this.#trends[kind]?.at(promptTokens) ?? 0);
  }
}

/** How what a rollout used, to what is expected of its length, goes with the time that it takes. */
interface Tail {
  /** Of those that take longer than all that have ended. */
  readonly beyond: number;
  /** Of those that take longer than so much. */
  readonly after: (duration: number) => number;
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
): Tail {
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
  return {beyond: ofBeyond, after: (duration) => means[placeAfter(sorted, duration)] ?? 1};
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
