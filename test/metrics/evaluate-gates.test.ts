import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type GateBasis, parseGate} from '../../src/core/gate.ts';
import {evaluateGates} from '../../src/metrics/evaluate-gates.ts';
import {createMetricsFold, type MetricsFold} from '../../src/metrics/metrics-fold.ts';
import type {RolloutFacts} from '../../src/metrics/rollout-facts.ts';

interface Rollouts {
  /** By task; undefined: completed without a reward. */
  readonly rewards: readonly (readonly (number | undefined)[])[];
  readonly agentName?: string;
  readonly facts?: Partial<RolloutFacts>;
  /** Wanted and not done, by task. */
  readonly missing?: readonly number[];
}

function foldOf(...agents: readonly Rollouts[]): MetricsFold {
  const fold = createMetricsFold(['model_ms', 'judge_ms', 'cost_usd']);
  for (const {rewards, agentName = 'agent', facts, missing = []} of agents) {
    for (const taskIndex of missing) fold.expect(agentName, taskIndex);
    for (const [taskIndex, ofTask] of rewards.entries()) {
      for (const [rolloutIndex, reward] of ofTask.entries()) {
        fold.expect(agentName, taskIndex);
        const numbers = new Map<string, number>(reward === undefined ? [] : [['reward', reward]]);
        fold.add({id: {taskIndex, rolloutIndex}, agentName, numbers, unparsedVerdicts: 0, ...facts});
      }
    }
  }
  return fold;
}

function evaluate(text: string, rollouts: Rollouts | readonly Rollouts[], on: GateBasis = 'point') {
  const gate = parseGate(text);
  if (typeof gate === 'string') throw new Error(gate);
  return evaluateGates({gates: [gate], on}, foldOf(...[rollouts].flat()).tables());
}

const four: Rollouts = {
  rewards: [
    [1, 1],
    [1, 0],
    [0, 0],
    [1, 1],
  ],
};

describe('a gate', () => {
  it.each([
    ['mean/reward>=0.625', 'passed', 0.625],
    ['mean/reward>0.625', 'failed', 0.625],
    ['mean/reward<=62.5%', 'passed', 0.625],
    ['mean/reward<0.625', 'failed', 0.625],
    ['mean/reward==0.625', 'passed', 0.625],
    ['max/reward>=1', 'passed', 1],
    ['min/reward>=1', 'failed', 0],
    ['median/reward>=1', 'passed', 1],
    ['p90/reward>=1', 'passed', 1],
    ['pass_rate>=62.5%', 'passed', 0.625],
    ['pass@1>=0.625', 'passed', 0.625],
    ['pass@2>=0.75', 'passed', 0.75],
    ['pass^2>=0.5', 'passed', 0.5],
    ['num_rollouts>=8', 'passed', 8],
    ['num_tasks>=5', 'failed', 4],
    ['judged_rollouts==8', 'passed', 8],
    ['unparsed_verdicts==0', 'passed', 0],
    ['failure_rate==0', 'passed', 0],
  ] as const)('%s has %s with the value %d', (text, status, value) => {
    expect(evaluate(text, four)).toMatchObject([
      {status, found: {value}, compared: value, reason: undefined},
    ]);
  });

  it('takes times and costs from the rollouts, and their sum for the cost of all', () => {
    const priced = {...four, facts: {modelMs: 20, judgeMs: 5, costUsd: 0.25}};
    for (const text of ['p95/model_ms<=20', 'mean/judge_ms==5', 'mean/cost_usd==0.25', 'cost_usd==2'])
      expect(evaluate(text, priced), text).toMatchObject([{status: 'passed'}]);
  });

  it('does not fail for what adding makes of a decimal number', () => {
    const tenths = {rewards: [[0.1], [0.7], [0.1], [0.1], [0.1], [0.1]]};
    const [outcome] = evaluate('mean/reward>=0.2', tenths);
    expect(outcome?.status).toBe('passed');
  });

  it('has to be passed by every agent, or by the one that it names', () => {
    const agents = [
      {...four, agentName: 'a'},
      {rewards: [[0]], agentName: 'b'},
    ];
    expect(evaluate('mean/reward>=0.5', agents)).toMatchObject([
      {agentName: 'a', status: 'passed'},
      {agentName: 'b', status: 'failed'},
    ]);
    expect(evaluate('a:mean/reward>=0.5', agents)).toMatchObject([{agentName: 'a', status: 'passed'}]);
  });
});

describe('what has no value fails', () => {
  it.each([
    ['mean/reward>=0', {rewards: [[1, undefined]]}, '1 of 2 completed rollouts have no reward'],
    ['mean/reward<=1', {rewards: [[undefined]]}, '1 of 1 completed rollouts have no reward'],
    ['pass_rate>=0', {rewards: [[undefined]]}, '1 of 1 completed rollouts have no reward'],
    ['pass@1>=0', {rewards: [[undefined]]}, '1 of 1 completed rollouts have no reward'],
    ['mean/reward>=0', {rewards: [], missing: [0]}, 'no rollout is completed'],
    ['cost_usd<=1', {rewards: [], missing: [0]}, 'no rollout is completed'],
    ['p95/model_ms<=1', {rewards: [[1]]}, '1 of 1 completed rollouts have no model_ms'],
    ['cost_usd<=1', {rewards: [[1]]}, '1 of 1 completed rollouts have no cost_usd'],
    ['unparsed_verdicts==0', {rewards: [[undefined]]}, 'no rollout was judged'],
    ['std/reward<=1', {rewards: [[1]]}, 'a standard deviation needs two rollouts at least'],
    ['pass@2>=0', {rewards: [[1, 1], [1]]}, '1 of 2 tasks have fewer than 2 completed rollouts'],
    ['pass^1>=0', {rewards: [[1]], missing: [3, 3]}, '1 of 2 tasks have fewer than 1 completed rollouts'],
    ['nobody:mean/reward>=0', {rewards: [[1]]}, 'there is no rollout'],
  ] as const)('%s of %j: %s', (text, rollouts, reason) => {
    expect(evaluate(text, rollouts)).toMatchObject([{status: 'failed', found: undefined, reason}]);
  });

  it('also when there is no rollout at all', () => {
    expect(evaluate('failure_rate<=1', [])).toMatchObject([
      {status: 'failed', reason: 'there is no rollout'},
    ]);
  });
});

describe('rollouts that failed', () => {
  it('are no rewards, and are told by how many were wanted', () => {
    const partly = {rewards: [[1, 1], [1]], missing: [1, 2]};
    expect(evaluate('mean/reward>=1', partly)).toMatchObject([{status: 'passed', done: 3, wanted: 5}]);
    expect(evaluate('failure_rate<=40%', partly)).toMatchObject([{status: 'passed', found: {value: 0.4}}]);
    expect(evaluate('failure_rate<0.4', partly)).toMatchObject([{status: 'failed'}]);
  });
});

describe('--gate-on lower-bound', () => {
  it('takes the unfavourable end of the interval: the lower one for more, the upper one for less', () => {
    const [more] = evaluate('mean/reward>=0.6', four, 'lower-bound');
    const [low, high] = more?.found?.interval95 ?? [];
    expect(more).toMatchObject({status: 'failed', on: 'lower-bound', compared: low});
    const [less] = evaluate('mean/reward<=0.65', four, 'lower-bound');
    expect(less).toMatchObject({status: 'failed', on: 'lower-bound', compared: high});
  });

  it('fails where two tasks are not there for an interval', () => {
    expect(evaluate('mean/reward>=0', {rewards: [[1, 1]]}, 'lower-bound')).toMatchObject([
      {status: 'failed', found: {value: 1}, reason: 'an interval needs two tasks at least'},
    ]);
  });

  it('looks at the value of what has no interval', () => {
    expect(evaluate('num_tasks>=1', {rewards: [[1]]}, 'lower-bound')).toMatchObject([
      {status: 'passed', on: 'point'},
    ]);
  });

  it('never passes what the value does not pass', () => {
    const rewards = fc.array(
      fc.array(fc.double({min: 0, max: 1, noNaN: true}), {minLength: 1, maxLength: 3}),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const texts = ['mean/reward', 'pass_rate', 'pass@1', 'pass^1'].flatMap((metric) =>
      ['>=', '<=', '>', '<'].map((operator) => metric + operator),
    );
    fc.assert(
      fc.property(rewards, fc.constantFrom(...texts), fc.integer({min: 0, max: 10}), (given, text, tenth) => {
        const gate = `${text}${String(tenth / 10)}`;
        const [strict] = evaluate(gate, {rewards: given}, 'lower-bound');
        const [plain] = evaluate(gate, {rewards: given});
        return strict?.status !== 'passed' || plain?.status === 'passed';
      }),
    );
  });
});

describe('gates that cannot be evaluated', () => {
  it('are neither passed nor failed, with the reason', () => {
    const gate = parseGate('mean/reward>=0');
    if (typeof gate === 'string') throw new Error(gate);
    const gates = {gates: [gate], on: 'point'} as const;
    for (const tables of [foldOf(four).tables(), []]) {
      expect(evaluateGates(gates, tables, 'the run ended early')).toMatchObject([
        {status: 'not_evaluated', found: undefined, reason: 'the run ended early'},
      ]);
    }
  });
});

describe('pass@k and pass^k', () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  it('are what drawing k of the rollouts of a task would give', () => {
    fc.assert(
      fc.property(fc.integer({min: 1, max: 12}), fc.nat(12), fc.integer({min: 1, max: 12}), (n, c, k) => {
        fc.pre(c <= n && k <= n);
        const rewards = [Array.from({length: n}, (_, index) => Number(index < c))];
        const [any] = evaluate(`pass@${String(k)}>=0`, {rewards});
        const [all] = evaluate(`pass^${String(k)}>=0`, {rewards});
        expect(any?.found?.value).toBeCloseTo(1 - (n - c < k ? 0 : choose(n - c, k) / choose(n, k)), 10);
        expect(all?.found?.value).toBeCloseTo(c < k ? 0 : choose(c, k) / choose(n, k), 10);
      }),
    );
  });
});
