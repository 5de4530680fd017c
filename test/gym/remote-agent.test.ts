import {describe, expect, it} from 'vitest';
import {limitTime} from '../../src/collect/time-limit.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CancelledError} from '../../src/core/errors.ts';
import {failureNotes} from '../../src/core/failure-notes.ts';
import type {FailedOutcome, Outcome, Rollout} from '../../src/core/rollout.ts';
import {createRemoteRunner} from '../../src/gym/remote-agent.ts';
import {toOutcome} from '../../src/gym/run-reply.ts';
import {encodeFailure, encodeRollout} from '../../src/store/encode-record.ts';
import {rolloutOf} from '../store/outcomes.ts';
import {
  type Answer,
  closedPort,
  type GymDoors,
  json,
  openDoors,
  openGymServer,
  replyContext,
  untilWaiting,
} from './gym-server.ts';

const rollout = rolloutOf(3, 1, {members: '"q":1.0,"big":12345678901234567890'});

// As NeMo Gym prints a result: every member, nulls and floats.
const nemoReply = `{"responses_create_params":{"input":"x","seed":null},"response":{"id":"resp_0a","created_at":1760000000.0,
"output":[],"usage":null},"reward":1.0,"q":9,"expected_answer":"Jupiter","judge_evaluations":[{"verdict_label":"[[A=B]]"}],
"_ng_task_index":3,"agent_ref":{"name":"other"}}`;

function runnerFor(url: string, {http, clock, random, redact}: GymDoors) {
  return createRemoteRunner({url, agentName: 'solver', http, clock, random, redact});
}

async function runAgainst(answer: Answer, about: Rollout = rollout): Promise<Outcome> {
  await using doors = openDoors();
  await using server = await openGymServer(answer);
  return await runnerFor(server.url, doors)(about, {cancellation: doors.cancellation});
}

describe('createRemoteRunner', () => {
  it('posts the row as it is written', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json(nemoReply));
    await runnerFor(`${server.url}/`, doors)(rollout, doors);
    expect(server.requests).toMatchObject([{method: 'POST', path: '/run', text: rollout.text}]);
  });

  it('says how many attempts came before, from the second on', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json(nemoReply));
    await runnerFor(server.url, doors)({...rollout, attempt: 3}, doors);
    expect(server.requests[0]?.text).toBe(`${rollout.text.slice(0, -1)},"_ng_attempt_index":2}`);
  });

  it('takes a reply of NeMo Gym for an outcome', async () => {
    expect(await runAgainst(json(nemoReply))).toEqual({
      status: 'completed',
      rollout,
      response: {id: 'resp_0a', created_at: 1_760_000_000, output: [], usage: null},
      trace: {deployment: 'solver', calls: 1, queuedMs: 0, callMs: 0},
      verification: {
        reward: 1,
        fields: {expected_answer: 'Jupiter', judge_evaluations: [{verdict_label: '[[A=B]]'}]},
        traces: [],
      },
      judgeMs: 0,
    });
  });

  it('takes one of ours with how it was come by', async () => {
    const provenance = {
      attempt: 1,
      calls: 4,
      deployment: 'gpt-4o',
      request_id: 'req_7',
      queued_ms: 12.5,
      model_ms: 800,
      judge_ms: 90.1,
      simulated: true,
    };
    const outcome = await runAgainst(
      json(JSON.stringify({response: {output: []}, reward: 0.5, _rollcall: provenance})),
    );
    expect(outcome).toMatchObject({
      trace: {
        deployment: 'gpt-4o',
        calls: 4,
        queuedMs: 12.5,
        callMs: 800,
        requestId: 'req_7',
        simulated: true,
      },
      judgeMs: 90.1,
      verification: {fields: {}},
    });
    if (outcome.status !== 'completed') throw new Error('it failed');
    expect(JSON.parse(encodeRollout(outcome))).toMatchObject({reward: 0.5, _rollcall: provenance});
  });

  it('tells the judge’s calls from the policy’s, where the agent does', async () => {
    const outcome = await runAgainst(
      json('{"response":{"output":[]},"reward":1,"_rollcall":{"attempt":1,"calls":5,"judge_calls":2}}'),
    );
    if (outcome.status !== 'completed') throw new Error('it failed');
    expect(outcome.trace.calls).toBe(3);
    expect(outcome.verification?.traces.map(({calls}) => calls)).toEqual([2]);
    expect(JSON.parse(encodeRollout(outcome))).toMatchObject({_rollcall: {calls: 5}});
    expect(JSON.parse(encodeRollout(outcome))).not.toHaveProperty('_rollcall.judge_calls');
  });

  it.each([
    ['the judge', '"response":{},"_ng_failure_class":"judge_failed"', 3, 2],
    ['the policy', '"_ng_failure_class":"agent_run_error"', undefined, 5],
    ['who gave no answer', '"reward":1', undefined, 5],
  ])('counts the calls of a failure of %s', async (_, members, policy, failed) => {
    const outcome = await runAgainst(json(`{${members},"_rollcall":{"calls":5,"judge_calls":2}}`));
    if (outcome.status !== 'failed') throw new Error('it did not fail');
    expect([outcome.trace?.calls, outcome.error.calls]).toEqual([policy, failed]);
  });

  it('keeps large integers of the answer', async () => {
    const outcome = await runAgainst(
      json('{"response":{"n":12345678901234567890},"reward":0,"seed":98765432109876543210}'),
    );
    expect(outcome).toMatchObject({
      response: {n: 12345678901234567890n},
      verification: {fields: {seed: 98765432109876543210n}},
    });
  });

  it('measures the time that the agent took', async () => {
    await using doors = openDoors();
    await using server = await openGymServer((request, response, index) => {
      void doors.clock.advance(250).then(() => json(nemoReply)(request, response, index));
    });
    expect(await runnerFor(server.url, doors)(rollout, doors)).toMatchObject({
      trace: {queuedMs: 0, callMs: 250},
    });
  });

  it('tries to reach a server a few times, and then says that it cannot be reached', async () => {
    await using doors = openDoors();
    const port = await closedPort();
    const outcome = runnerFor(`http://127.0.0.1:${String(port)}`, doors)(rollout, doors);
    for (let wait = 0; wait < 4; wait++) {
      await untilWaiting(doors.clock);
      await doors.clock.advance(8_000);
    }
    expect(await outcome).toMatchObject({
      status: 'failed',
      error: {code: 'ERR_AGENT_REQUEST', unreachable: true},
    });
  });

  it('asks again when the server says when, having run nothing', async () => {
    await using doors = openDoors();
    await using server = await openGymServer((request, response, index) => {
      const answer = index === 0 ? json('', 503, {'retry-after': '30'}) : json(nemoReply);
      answer(request, response, index);
    });
    const outcome = runnerFor(server.url, doors)(rollout, doors);
    await untilWaiting(doors.clock);
    await doors.clock.advance(29_999);
    expect(server.requests).toHaveLength(1);
    await doors.clock.advance(1);
    expect(await outcome).toMatchObject({status: 'completed', trace: {queuedMs: 30_000, callMs: 0}});
  });

  it.each([
    ['a reset', (_: unknown, response: {destroy: () => void}) => response.destroy()],
    ['an error', json('"RuntimeError()"', 500)],
    ['a gateway in between', json('<html>bad gateway</html>', 502)],
  ] as const)('runs nothing twice after %s', async (_, answer) => {
    await using doors = openDoors();
    await using server = await openGymServer(answer);
    expect(await runnerFor(server.url, doors)(rollout, doors)).toMatchObject({
      status: 'failed',
      error: {effect: 'retry'},
    });
    expect([server.requests.length, doors.clock.pendingTimers]).toEqual([1, 0]);
  });

  it.each([
    ['no JSON', '<html>hello</html>', 'no JSON object: an HTML page, "hello"'],
    ['empty', '', 'no JSON object: it is empty'],
    ['no object', '"fine"', 'no JSON object: fine'],
    ['cut off', '{"response":{"out', 'no JSON object: {"response":{"out'],
    [
      'nested without end',
      `{"response":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      'nested deeper than 1000 levels',
    ],
    ['without a response', '{"reward":1.0,"x":1}', 'without a `response`; its reply has: reward, x'],
    ['with a response that is none', '{"response":"text"}', 'without a `response`'],
    ['an empty object', '{}', 'its reply is empty'],
    ['not to be kept', '{"response":{},"_ng_no_persist":true}', 'is not to be kept'],
    [
      'with a text as its reward',
      '{"response":{},"reward":"1.0"}',
      'a reward that is no number but a string',
    ],
    ['with true as its reward', '{"response":{},"reward":true}', 'a reward that is no number but a boolean'],
  ])('takes a reply that is %s for an error of the agent', async (_, text, said) => {
    const outcome = await runAgainst(json(text));
    expect(outcome).toMatchObject({
      status: 'failed',
      response: undefined,
      error: {code: 'ERR_AGENT_RUN', effect: 'retry'},
    });
    const {error} = outcome as FailedOutcome;
    expect(error.message).toContain(said);
    expect(failureNotes(error, false)).toMatchObject({
      _ng_failure_class: 'agent_run_error',
      _ng_failure_terminal: false,
    });
  });

  it("throws what it was cancelled for, unless that is the rollout's own time limit", async () => {
    await using doors = openDoors();
    await using server = await openGymServer(() => undefined);
    const runner = runnerFor(server.url, doors);
    const cancellation = new CancellationSource();
    const cut = expect(runner(rollout, {cancellation})).rejects.toBeInstanceOf(CancelledError);
    await server.received(1);
    cancellation.cancel();
    await cut;
    const limited = limitTime(runner, 60_000, doors.clock)(rollout, doors);
    await server.received(2);
    await doors.clock.advance(60_000);
    expect(await limited).toMatchObject({status: 'failed', error: {code: 'ERR_ROLLOUT_TIMEOUT'}});
    await server.closed(2);
  });

  it('refuses a URL that is none', async () => {
    await using doors = openDoors();
    expect(() => runnerFor('agent', doors)).toThrow(expect.objectContaining({code: 'ERR_CONFIG'}) as Error);
  });
});

describe('a reply that tells of a failure', () => {
  const times = {queuedMs: 0, callMs: 5};
  const failed = (reply: string): FailedOutcome => {
    const outcome = toOutcome(JSON.parse(reply) as never, rollout, times, replyContext());
    if (outcome.status !== 'failed') throw new Error('it did not fail');
    return outcome;
  };

  it("is the judge's, with the answer kept, as NeMo Gym's failsafe writes it", () => {
    const outcome = failed(
      '{"response":{"id":"r"},"reward":0.0,"_ng_failure_class":"judge_failed","_ng_failure_judge_error":"ClientResponseError: 429"}',
    );
    expect(outcome).toMatchObject({
      response: {id: 'r'},
      error: {
        code: 'ERR_JUDGE_CALL',
        fault: 'judge',
        effect: 'retry',
        message: expect.stringMatching(/judge_failed\): ClientResponseError: 429$/) as string,
      },
    });
    const record: unknown = JSON.parse(encodeFailure(outcome));
    expect(record).toMatchObject({_ng_failure_class: 'judge_failed', response: {id: 'r'}});
    expect(record).not.toHaveProperty('reward');
  });

  it.each([
    ['agent_run_error', 'ERR_AGENT_RUN'],
    ['agent_request_failed', 'ERR_AGENT_REQUEST'],
    ['sandbox_died', 'ERR_AGENT_RUN'],
  ])('of class %s has no answer', (failureClass, code) => {
    const outcome = failed(`{"response":{"id":"r"},"reward":0.0,"_ng_failure_class":"${failureClass}"}`);
    expect(outcome).toMatchObject({response: undefined, error: {code, fault: 'agent', effect: 'retry'}});
  });

  it('of ours is the failure that it was there', () => {
    const failure = {
      code: 'ERR_MODEL_CONVERSATION',
      message: 'the s3cret\nrow',
      hint: 'Mend it.',
      http_status: 400,
      request_id: 'req_1',
    };
    const {error} = failed(
      JSON.stringify({
        _ng_failure_class: 'agent_run_error',
        _ng_failure_terminal: true,
        _ng_failure: failure,
      }),
    );
    expect(error).toMatchObject({
      code: failure.code,
      fault: 'model',
      effect: 'rollout',
      message: 'the **** row',
      hint: 'Mend it.',
    });
    expect(failureNotes(error, false)).toEqual({
      _ng_failure_class: 'agent_run_error',
      _ng_failure_terminal: true,
      _ng_failure: {...failure, message: 'the **** row'},
    });
  });

  it.each([
    ['ERR_MODEL_AUTH', false, {effect: 'run', fault: 'model'}],
    ['ERR_MODEL_PARAMETER', true, {effect: 'settings'}],
    ['ERR_MODEL_UNREACHABLE', false, {effect: 'retry', unreachable: true}],
    ['ERR_MODEL_RATE_LIMIT', false, {effect: 'retry', throttled: true}],
    ['ERR_ROLLOUT_TIMEOUT', false, {effect: 'retry', fault: 'agent'}],
    ['ERR_CONVERSION', true, {effect: 'rollout'}],
    ['not one of ours', true, {effect: 'rollout', code: 'ERR_AGENT_RUN'}],
  ])('with code %s, terminal %s, means what it means here', (code, terminal, expected) => {
    const notes = {
      _ng_failure_class: 'agent_run_error',
      _ng_failure_terminal: terminal,
      _ng_failure: {code, message: 'm'},
    };
    expect(failed(JSON.stringify(notes)).error).toMatchObject(expected);
  });

  it('is none while the class is null', () => {
    const outcome = toOutcome(
      {response: {}, _ng_failure_class: null, reward: null},
      rollout,
      times,
      replyContext(),
    );
    expect(outcome).toMatchObject({status: 'completed', verification: undefined});
  });

  it('takes tokens from the usage in the reply, and costs from our own agents', () => {
    const usage = {input_tokens: 100, output_tokens: 20};
    const reply = {
      response: {usage},
      reward: 1,
      judge_evaluations: [{response: {usage}}, {response: {usage}}],
      _rollcall: {calls: 3, judge_calls: 2, cost_usd: 0.5, judge_cost_usd: 0.2},
    };
    expect(toOutcome(reply, rollout, times, replyContext())).toMatchObject({
      trace: {spent: {inputTokens: 100, outputTokens: 20, costUsd: 0.3}},
      verification: {traces: [{spent: {inputTokens: 200, outputTokens: 40, costUsd: 0.2}}]},
    });
    const ofOthers = {...reply, _rollcall: undefined};
    expect(toOutcome(ofOthers, rollout, times, replyContext())).toMatchObject({
      trace: {spent: {inputTokens: 100, costUsd: undefined}},
      verification: {traces: [{calls: 0, spent: {inputTokens: 200, costUsd: undefined}}]},
    });
  });

  it('believes in no negative amounts', () => {
    const reply = {
      response: {usage: {input_tokens: -5, output_tokens: 2}},
      _rollcall: {cost_usd: -1},
    };
    expect(toOutcome(reply, rollout, times, replyContext())).toMatchObject({trace: {spent: undefined}});
  });

  it('believes no number of ours that cannot be', () => {
    const provenance = {
      calls: -1,
      deployment: 7,
      queued_ms: 'x',
      model_ms: -5,
      judge_ms: null,
      simulated: 'yes',
    };
    expect(toOutcome({response: {}, _rollcall: provenance}, rollout, times, replyContext())).toMatchObject({
      trace: {deployment: 'solver', calls: 1, queuedMs: 0, callMs: 5, simulated: undefined},
      judgeMs: 0,
    });
  });
});
