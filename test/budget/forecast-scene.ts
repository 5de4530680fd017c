import {Forecast} from '../../src/budget/forecast.ts';
import {addWork, noWork, type Workload} from '../../src/core/prompt-size.ts';
import {totalCostUsd, totalTokens} from '../../src/core/run-estimate.ts';
import type {SpendingByRole} from '../../src/core/spending.ts';

/** One rollout as it will turn out. */
export interface FutureRollout {
  readonly agentName: string;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly judgeTokens: number;
  readonly durationMs: number;
}

export interface Shape {
  readonly rows: number;
  readonly concurrency: number;
  readonly rollout: (index: number, random: () => number) => Omit<FutureRollout, 'durationMs'>;
}

/** A draw from [0, 1) that a seed decides. */
export function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_769 + 1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A factor around 1 of a lognormal distribution. */
export function lognormal(sigma: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(sigma * normal - (sigma * sigma) / 2);
}

/** Runs a shape in time that is only counted, and says how far off the forecast was as soon as there was one: forecast to outcome. */
export function forecastAfter(
  shape: Shape,
  seed: number,
): {readonly ended: number; readonly tokens: number; readonly cost: number} {
  const random = seeded(seed);
  const rollouts = Array.from({length: shape.rows}, (_, index): FutureRollout => {
    const rollout = shape.rollout(index, random);
    // Half a second, and a hundredth of one for each token that is written.
    const writingMs = (rollout.outputTokens + rollout.judgeTokens) * 10;
    return {...rollout, durationMs: 500 * lognormal(0.3, random) + writingMs * lognormal(0.2, random)};
  });
  const owed = new Map<string, Workload>();
  for (const {agentName, promptTokens} of rollouts) {
    const size = {promptTokens, maxOutputTokens: undefined, hasTools: false};
    owed.set(agentName, addWork(owed.get(agentName) ?? noWork, size));
  }
  const forecast = new Forecast<number>();
  forecast.expect(owed);
  const running: {readonly index: number; readonly endMs: number}[] = [];
  let next = 0;
  const startNext = (nowMs: number): void => {
    const rollout = rollouts[next];
    if (rollout === undefined) return;
    forecast.start(next, rollout, nowMs);
    running.push({index: next, endMs: nowMs + rollout.durationMs});
    next++;
  };
  while (next < Math.min(shape.concurrency, shape.rows)) startNext(0);
  for (let ended = 1; ; ended++) {
    running.sort((a, b) => a.endMs - b.endMs);
    const first = running.shift();
    if (first === undefined) throw new Error('the run was over before so many had ended');
    const rollout = rollouts[first.index];
    if (rollout !== undefined) forecast.end(first.index, spendingOf(rollout), first.endMs);
    startNext(first.endMs);
    const foretold = forecast.read(first.endMs);
    if (foretold === undefined) continue;
    const all = rollouts.map(spendingOf);
    const sum = (pick: (spending: SpendingByRole) => number): number =>
      all.reduce((total, each) => total + pick(each), 0);
    return {
      ended,
      tokens: totalTokens(foretold) / sum(tokensOf),
      cost:
        (totalCostUsd(foretold) ?? 0) /
        sum(({policy, judge}) => (policy?.costUsd ?? 0) + (judge?.costUsd ?? 0)),
    };
  }
}

function spendingOf({promptTokens, outputTokens, judgeTokens}: FutureRollout): SpendingByRole {
  const inputTokens = Math.round(promptTokens * 1.1 + 5);
  const policy = {inputTokens, outputTokens, costUsd: (inputTokens * 2.5 + outputTokens * 10) / 1e6};
  if (judgeTokens === 0) return {policy, judge: undefined};
  const judged = 400 + promptTokens + outputTokens;
  return {
    policy,
    judge: {
      inputTokens: judged,
      outputTokens: judgeTokens,
      costUsd: (judged * 0.15 + judgeTokens * 0.6) / 1e6,
    },
  };
}

function tokensOf({policy, judge}: SpendingByRole): number {
  return [policy, judge].reduce(
    (sum, spent) => sum + (spent?.inputTokens ?? 0) + (spent?.outputTokens ?? 0),
    0,
  );
}
