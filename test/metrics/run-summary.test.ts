import {describe, expect, it} from 'vitest';
import {CallError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {CallTrace, CompletedOutcome, FailedOutcome, Rollout} from '../../src/core/rollout.ts';
import {createRunSummary} from '../../src/metrics/run-summary.ts';

const rolloutOf = (taskIndex: number): Rollout => ({
  id: {taskIndex, rolloutIndex: 0},
  agentName: 'a',
  attempt: 1,
  row: {},
  text: '{}',
});
const traceOf = (callMs: number, extra: Partial<CallTrace> = {}): CallTrace => ({
  deployment: 'd',
  calls: 1,
  queuedMs: 0,
  callMs,
  ...extra,
});
const usage: JsonObject = {
  input_tokens: 100,
  output_tokens: 20,
  total_tokens: 120,
  input_tokens_details: {cached_tokens: 60},
  output_tokens_details: {reasoning_tokens: 5},
};
const completed = (task: number, extra: Partial<CompletedOutcome> = {}): CompletedOutcome => ({
  status: 'completed',
  rollout: rolloutOf(task),
  response: {usage},
  trace: traceOf(10),
  verification: undefined,
  judgeMs: 0,
  ...extra,
});
const failed = (
  code: string,
  extra: Partial<FailedOutcome> = {},
  fault: 'model' | 'judge' = 'model',
): FailedOutcome => {
  const error = new CallError(`${code} happened`, {code, fault, effect: 'retry', hint: 'Try again.'});
  error.calls = 3;
  return {status: 'failed', rollout: rolloutOf(9), error, response: undefined, ...extra};
};

describe('createRunSummary', () => {
  it('is empty at first', () => {
    expect(createRunSummary().finish({wallMs: 5})).toMatchObject({
      completed: 0,
      failed: 0,
      earlier: 0,
      reward: undefined,
      passed: 0,
      failures: [],
      modelLatency: undefined,
      judgeLatency: undefined,
      wallMs: 5,
      isSimulated: false,
    });
  });

  it("counts the policy's calls and time also where the judge failed", () => {
    const fold = createRunSummary();
    fold.add(failed('ERR_JUDGE_CALL', {response: {}, trace: traceOf(10, {calls: 2})}, 'judge'));
    expect(fold.finish({wallMs: 5})).toMatchObject({
      policyCalls: 2,
      judgeCalls: 3,
      modelLatency: {count: 1, p50: 10},
    });
  });

  it('adds up rewards, verdicts, calls and tokens of policy and judge', () => {
    const fold = createRunSummary();
    const evaluations = [
      {verdict_label: null, response: {usage}},
      {verdict_label: '[[A=B]]', response: {usage: null}},
    ];
    const verification = {
      reward: 1,
      fields: {judge_evaluations: evaluations},
      traces: [traceOf(5, {calls: 2}), traceOf(5)],
    };
    fold.add(completed(0, {verification, judgeMs: 40, trace: traceOf(10, {calls: 2})}));
    fold.add(completed(1, {verification: {...verification, reward: 0.5}, judgeMs: 60}));
    expect(fold.finish({wallMs: 0})).toMatchObject({
      completed: 2,
      passed: 1,
      unparsedVerdicts: 2,
      policyCalls: 3,
      judgeCalls: 6,
      reward: {mean: 0.75, count: 2, clusters: 2, standardError: 0.25},
      policyTokens: {input: 200, cached: 120, output: 40, reasoning: 10},
      judgeTokens: {input: 200, cached: 120, output: 40, reasoning: 10},
      judgeLatency: {count: 2, p50: 50, max: 60},
    });
  });

  it('gives exact percentiles of the time a call took', () => {
    const fold = createRunSummary();
    for (let ms = 100; ms >= 0; ms--) fold.add(completed(ms, {trace: traceOf(ms)}));
    expect(fold.finish({wallMs: 0}).modelLatency).toEqual({count: 101, p50: 50, p95: 95, p99: 99, max: 100});
  });

  it("gathers failures by code, most frequent first, with the first one's words", () => {
    const fold = createRunSummary();
    fold.add(failed('ERR_MODEL_TIMEOUT'));
    fold.add(failed('ERR_JUDGE_CALL', {response: {usage}}, 'judge'));
    fold.add(failed('ERR_JUDGE_CALL', {}, 'judge'));
    const summary = fold.finish({wallMs: 0});
    expect(summary.failures).toEqual([
      {
        code: 'ERR_JUDGE_CALL',
        fault: 'judge',
        count: 2,
        message: 'ERR_JUDGE_CALL happened',
        hint: 'Try again.',
      },
      {
        code: 'ERR_MODEL_TIMEOUT',
        fault: 'model',
        count: 1,
        message: 'ERR_MODEL_TIMEOUT happened',
        hint: 'Try again.',
      },
    ]);
    expect(summary).toMatchObject({
      failed: 3,
      completed: 0,
      policyCalls: 3,
      judgeCalls: 6,
      policyTokens: {input: 100},
    });
  });

  it('counts answers that were cut off, and says who simulated', () => {
    const fold = createRunSummary();
    fold.add(completed(0, {response: {incomplete_details: {reason: 'max_output_tokens'}}}));
    fold.add(completed(1, {response: {incomplete_details: {reason: 'content_filter'}}}));
    fold.add(completed(2, {verification: {reward: 0, fields: {}, traces: [traceOf(1, {simulated: true})]}}));
    expect(fold.finish({wallMs: 0})).toMatchObject({truncated: 1, contentFiltered: 1, isSimulated: true});
  });

  it('counts rollouts of earlier runs for the rewards, not for the work', () => {
    const fold = createRunSummary();
    fold.addEarlier({
      id: {taskIndex: 0, rolloutIndex: 0},
      agentName: 'a',
      numbers: new Map([['reward', 1]]),
      unparsedVerdicts: 1,
    });
    fold.addEarlier({
      id: {taskIndex: 1, rolloutIndex: 0},
      agentName: 'a',
      numbers: new Map(),
      unparsedVerdicts: 0,
    });
    expect(fold.finish({wallMs: 0})).toMatchObject({
      earlier: 2,
      completed: 0,
      policyCalls: 0,
      passed: 1,
      unparsedVerdicts: 1,
      reward: {count: 1, mean: 1},
    });
  });
});
