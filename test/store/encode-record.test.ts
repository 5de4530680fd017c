import {describe, expect, it} from 'vitest';
import {CallError} from '../../src/core/errors.ts';
import type {CallTrace} from '../../src/core/rollout.ts';
import {encodeFailure, encodeRollout} from '../../src/store/encode-record.ts';
import {completedOutcome, failedOutcome, rolloutOf} from './outcomes.ts';

describe('encodeRollout', () => {
  it('is the row as it was written, response, reward, what the judge adds, the identity, and _rollcall', () => {
    const rollout = rolloutOf(3, 1, {members: '"big":12345678901234567890,"x":1.0'});
    const line = encodeRollout(
      completedOutcome(rollout, {
        verification: {
          reward: 1,
          fields: {judge_evaluations: [{verdict_label: '[[A=B]]'}]},
          traces: [{deployment: 'judge', calls: 2, queuedMs: 0, callMs: 50}],
        },
        judgeMs: 61.04,
      }),
    );
    expect(line).toBe(
      `{"big":12345678901234567890,"x":1.0,"responses_create_params":{"input":"x"},"response":{"id":"resp_1","output":[]},"reward":1,"judge_evaluations":[{"verdict_label":"[[A=B]]"}],"agent_ref":{"name":"solver"},"_ng_task_index":3,"_ng_rollout_index":1,"_rollcall":{"attempt":1,"calls":3,"deployment":"gpt","request_id":"req_1","queued_ms":1.3,"model_ms":200,"judge_ms":61}}`,
    );
  });

  it('says what the rollout cost, and the judge of it, where every price is known', () => {
    const spent = (costUsd: number | undefined) => ({inputTokens: 10, outputTokens: 5, costUsd});
    const provenance = (policy: number | undefined, judge: number | undefined): unknown => {
      const {trace} = completedOutcome(rolloutOf(0));
      const verification = {reward: 1, fields: {}, traces: [{...trace, spent: spent(judge)}]};
      const outcome = completedOutcome(rolloutOf(0), {trace: {...trace, spent: spent(policy)}, verification});
      return (JSON.parse(encodeRollout(outcome)) as {_rollcall: unknown})._rollcall;
    };
    expect(provenance(0.1, 0.2)).toMatchObject({cost_usd: 0.3, judge_cost_usd: 0.2});
    expect(provenance(undefined, 0.2)).toMatchObject({judge_cost_usd: 0.2});
    expect(provenance(undefined, 0.2)).not.toHaveProperty('cost_usd');
    expect(provenance(0, 0)).toMatchObject({cost_usd: 0, judge_cost_usd: 0});
  });

  it('writes long integers of the row that the reply echoes as they are', () => {
    const response = {tools: [{maximum: 9223372036854775807n}]};
    expect(encodeRollout(completedOutcome(rolloutOf(0), {response}))).toContain(
      '"response":{"tools":[{"maximum":9223372036854775807}]}',
    );
  });

  it('says whom the call spilled over from, and to', () => {
    const of = (spilledOver: CallTrace['spilledOver']) => {
      const {trace} = completedOutcome(rolloutOf(0));
      return JSON.parse(
        encodeRollout(completedOutcome(rolloutOf(0), {trace: {...trace, spilledOver}})),
      ) as unknown;
    };
    expect(of({from: 'ptu', to: 'standard'})).toMatchObject({
      _rollcall: {spilled_from: 'ptu', spilled_to: 'standard'},
    });
    expect(of({from: 'ptu', to: undefined})).not.toHaveProperty('_rollcall.spilled_to');
  });

  it('has no reward when nobody judged', () => {
    const record = JSON.parse(encodeRollout(completedOutcome(rolloutOf(0)))) as object;
    expect(record).not.toHaveProperty('reward');
    expect(record).not.toHaveProperty('judge_evaluations');
  });

  it.each([
    ['policy', true, undefined],
    ['judge', undefined, true],
  ])('says that it was simulated when the %s was', (_, policy, judge) => {
    const trace = {deployment: 'd', calls: 1, queuedMs: 0, callMs: 1};
    const verification = {reward: 0, fields: {}, traces: [{...trace, simulated: judge}]};
    const line = encodeRollout(
      completedOutcome(rolloutOf(0), {trace: {...trace, simulated: policy}, verification}),
    );
    expect(JSON.parse(line)).toMatchObject({_rollcall: {simulated: true, request_id: null}});
  });

  it('lets the row’s own value stand where the judge adds a key that the row has', () => {
    const rollout = rolloutOf(0, 0, {members: '"expected_answer":"7"'});
    const verification = {reward: 1, fields: {expected_answer: '8', reward: 5, extra: 1}, traces: []};
    const line = encodeRollout(completedOutcome(rollout, {verification}));
    expect(JSON.parse(line)).toMatchObject({expected_answer: '7', reward: 1, extra: 1});
    expect(line.match(/"expected_answer"|"reward"/g)).toEqual(['"expected_answer"', '"reward"']);
  });

  it('counts earlier attempts as NeMo Gym does', () => {
    expect(encodeRollout(completedOutcome(rolloutOf(0)))).not.toContain('_ng_attempt_index');
    const record: unknown = JSON.parse(encodeRollout(completedOutcome(rolloutOf(0, 0, {attempt: 3}))));
    expect(record).toMatchObject({_ng_attempt_index: 2, _rollcall: {attempt: 3}});
  });

  it('takes out of a foreign row what would double its own keys', () => {
    const rollout = rolloutOf(0, 0, {
      members: '"response":{"id":"old"},"reward":9,"big":12345678901234567890',
    });
    const line = encodeRollout(completedOutcome(rollout));
    expect(line).toMatch(/^\{"big":12345678901234567890,/);
    expect(line.match(/"response"/g)).toHaveLength(1);
    expect(line).not.toContain('"reward"');
  });
});

describe('encodeFailure', () => {
  it('holds the row, the class, whether it is for good, and what went wrong', () => {
    const rollout = rolloutOf(3, 1, {attempt: 2});
    const line = encodeFailure(
      failedOutcome(rollout, {effect: 'rollout', hint: 'Shorten it.', httpStatus: 400, requestId: 'req_9'}),
    );
    expect(line).toBe(
      `${rollout.text.slice(0, -1)},"_ng_attempt_index":1,"_ng_failure_class":"agent_run_error","_ng_failure_terminal":true,"_ng_failure":{"code":"ERR_MODEL","message":"it broke","hint":"Shorten it.","http_status":400,"request_id":"req_9"}}`,
    );
  });

  it('keeps the answer that the judge failed on, and gives no reward', () => {
    const error = new CallError('no', {code: 'ERR_X', fault: 'model', effect: 'retry', httpStatus: 429});
    const line = encodeFailure({status: 'failed', rollout: rolloutOf(0), error, response: {id: 'resp_1'}});
    expect(JSON.parse(line)).toMatchObject({response: {id: 'resp_1'}, _ng_failure_class: 'judge_failed'});
    expect(line).not.toContain('"reward"');
  });

  it.each([
    ['judge_failed', {fault: 'judge'}],
    ['agent_request_failed', {httpStatus: 429}],
    ['agent_request_failed', {httpStatus: 503, effect: 'rollout'}],
    ['agent_request_failed', {unreachable: true, effect: 'run'}],
    ['agent_request_failed', {throttled: true}],
    ['agent_request_failed', {}],
    ['agent_request_failed', {httpStatus: 200}],
    ['agent_run_error', {httpStatus: 500}],
    ['agent_run_error', {httpStatus: 401, effect: 'run'}],
    ['agent_run_error', {httpStatus: 200, effect: 'rollout'}],
    ['agent_run_error', {effect: 'rollout'}],
  ] as const)('is of class %s for %j', (expected, options) => {
    expect(JSON.parse(encodeFailure(failedOutcome(rolloutOf(0), options)))).toMatchObject({
      _ng_failure_class: expected,
    });
  });

  it.each([
    ['retry', false],
    ['run', false],
    ['rollout', true],
    ['settings', true],
  ] as const)('after an error with effect %s is terminal: %s', (effect, terminal) => {
    const record: unknown = JSON.parse(encodeFailure(failedOutcome(rolloutOf(0), {effect})));
    expect(record).toMatchObject({_ng_failure_terminal: terminal, _ng_failure: {hint: null}});
  });

  it('says what was used although nothing came of it', () => {
    const outcome = failedOutcome(rolloutOf(0));
    outcome.error.spent = {inputTokens: 30, outputTokens: 7, costUsd: 0.002};
    expect(JSON.parse(encodeFailure(outcome))).toMatchObject({
      _rollcall: {attempt: 1, input_tokens: 30, output_tokens: 7, cost_usd: 0.002},
    });
    expect(JSON.parse(encodeFailure(failedOutcome(rolloutOf(0))))).not.toHaveProperty('_rollcall');
  });
});
