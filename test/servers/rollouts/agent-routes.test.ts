import OpenAI from 'openai';
import {describe, expect, it} from 'vitest';
import {createSimpleAgent} from '../../../src/agent/simple-agent.ts';
import {runLocally} from '../../../src/collect/run-rollout.ts';
import {limitTime} from '../../../src/collect/time-limit.ts';
import {CallError, type CallErrorOptions} from '../../../src/core/errors.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import type {Judge, ResourcesServer} from '../../../src/core/ports.ts';
import type {ModelReply, Rollout} from '../../../src/core/rollout.ts';
import {createEquivalenceJudge} from '../../../src/judge/equivalence-judge.ts';
import {agentRoutes} from '../../../src/servers/rollouts/agent-routes.ts';
import {encodeRollout} from '../../../src/store/encode-record.ts';
import {
  functionCall,
  message,
  outputOf,
  reasoning,
  type ScriptedPolicy,
  scriptedPolicy,
  scriptedTools,
  turn,
} from '../../agent/scripted-agent.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {scriptedModel} from '../../judge/scripted-model.ts';
import {openTestService, type TestService} from '../open-test-service.ts';
import {getJson, postJson} from '../post-json.ts';

interface Served {
  readonly judge?: Judge;
  readonly resources?: ResourcesServer;
  readonly onRollout?: (rollout: Rollout) => void;
}

/** An agent's server over the very runner that collects rollouts. */
function serve({model}: ScriptedPolicy, {judge, resources, onRollout}: Served = {}): Promise<TestService> {
  const logged: string[] = [];
  const log = (line: string): void => void logged.push(line);
  const clock = createFakeClock();
  const agent = createSimpleAgent({maxSteps: 5}, model);
  const run = limitTime(runLocally({agent, judge, resources}, clock), 60_000, clock);
  return openTestService(
    agentRoutes({
      name: 'my_agent',
      runner: (rollout, options) => {
        onRollout?.(rollout);
        return run(rollout, options);
      },
      agent,
      resources,
      logger: {debug: log, info: log, warn: log, error: log},
    }),
    {kind: 'agent', name: 'my_agent'},
  );
}

const equivalence = (...verdicts: readonly (string | Error)[]): Judge =>
  createEquivalenceJudge(
    {judgeResponsesCreateParams: {}, judgePromptTemplate: '{generated_answer}'},
    scriptedModel(...verdicts).model,
  );
const row = (extra: JsonObject = {}): JsonObject => ({
  responses_create_params: {input: 'How many?'},
  expected_answer: '4',
  question: 'How many?',
  ...extra,
});
const answer = (): ModelReply =>
  turn([message('4')], {id: 'resp_1', model: 'gpt-4o', usage: {input_tokens: 3, output_tokens: 1}});
const failure = (options: Partial<CallErrorOptions> = {}): CallError =>
  new CallError('it broke', {code: 'ERR_MODEL_SERVER', fault: 'model', effect: 'retry', ...options});

describe('POST /run', () => {
  it('answers with the row, its answer, its reward and how they were come by', async () => {
    await using service = await serve(scriptedPolicy(answer()), {judge: equivalence('[[A=B]]')});
    const given = row({uuid: 'u-1', agent_ref: {name: 'other'}, _ng_task_index: 7, _ng_rollout_index: 2});
    const {status, body} = await postJson(service, '/run', given);
    expect({status, body}).toEqual({
      status: 200,
      body: {
        ...given,
        response: answer().response,
        reward: 1,
        judge_evaluations: [expect.objectContaining({verdict_label: '[[A=B]]'})],
        _rollcall: {
          attempt: 1,
          calls: 2,
          judge_calls: 1,
          deployment: 'policy',
          request_id: 'req-1',
          queued_ms: 2,
          model_ms: 10,
          judge_ms: 0,
        },
      },
    });
    expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({
      'gen_ai.operation.name': 'run',
      target: 'my_agent',
      deployment: 'policy',
      'gen_ai.usage.input_tokens': 3,
    });
  });

  it('answers with the record that collecting the same row writes, and how many calls were the judge’s', async () => {
    await using service = await serve(scriptedPolicy(answer()), {judge: equivalence('[[A=B]]')});
    const given = row({agent_ref: {name: 'my_agent'}, _ng_task_index: 7, _ng_rollout_index: 2});
    const {body} = await postJson(service, '/run', given);
    const clock = createFakeClock();
    const agent = createSimpleAgent({}, scriptedPolicy(answer()).model);
    const judge = equivalence('[[A=B]]');
    const outcome = await runLocally({agent, judge, resources: undefined}, clock)(
      {
        id: {taskIndex: 7, rolloutIndex: 2},
        agentName: 'my_agent',
        attempt: 1,
        row: given,
        text: JSON.stringify(given),
      },
      {cancellation: {reason: undefined, onCancel: () => () => undefined}},
    );
    if (outcome.status === 'failed') throw outcome.error;
    const record = JSON.parse(encodeRollout(outcome)) as {_rollcall: JsonObject};
    expect(body).toEqual({...record, _rollcall: {...record._rollcall, judge_calls: 1}});
  });

  it('takes the identity from the row, and the first of all where it has none', async () => {
    const seen: Rollout[] = [];
    await using service = await serve(scriptedPolicy(answer(), answer()), {
      onRollout: (rollout) => seen.push(rollout),
    });
    const stamps = {_ng_task_index: 4, _ng_rollout_index: 1, _ng_attempt_index: 2};
    const {body} = await postJson(service, '/run', row(stamps));
    await postJson(service, '/run', row({_ng_task_index: null}));
    expect(body).toMatchObject({...stamps, _rollcall: {attempt: 3}});
    expect(seen).toMatchObject([
      {id: {taskIndex: 4, rolloutIndex: 1}, attempt: 3, agentName: 'my_agent'},
      {id: {taskIndex: 0, rolloutIndex: 0}, attempt: 1},
    ]);
    expect(JSON.parse(seen[0]?.text ?? '')).toEqual(seen[0]?.row);
  });

  it('has no reward where nobody judges, not even one that the row brings, and keeps long integers', async () => {
    await using service = await serve(scriptedPolicy(answer()));
    const {text} = await postJson(
      service,
      '/run',
      '{"responses_create_params":{"input":"x"},"reward":1,"response":"old","_ng_no_persist":true,"big":12345678901234567890}',
    );
    expect(text).toMatch(
      /^\{"responses_create_params":\{"input":"x"\},"big":12345678901234567890,"response":\{/,
    );
    expect(text).not.toMatch(/"reward"|"_ng_no_persist"|"agent_ref"/);
  });

  it('calls tools in the session of the rollout', async () => {
    const session = scriptedTools();
    const seeded: JsonObject[] = [];
    await using service = await serve(scriptedPolicy(turn([functionCall('a')]), answer()), {
      resources: (given) => {
        seeded.push(given);
        return Promise.resolve(session);
      },
    });
    const given = row({responses_create_params: {input: 'x', tools: [{type: 'function', name: 'a'}]}});
    const {body} = await postJson(service, '/run', given);
    expect(seeded).toEqual([given]);
    expect(session.called).toEqual([['a', {}]]);
    expect(body).toMatchObject({
      response: {output: [functionCall('a'), outputOf('call_a', 'a done'), message('4')]},
      _rollcall: {calls: 2},
    });
  });

  it.each<[string, JsonObject | undefined]>([
    ['responses_create_params', undefined],
    ['responses_create_params', {input: 'x'}],
    ['responses_create_params', {responses_create_params: 'x'}],
    ['responses_create_params.input', {responses_create_params: {}}],
    ['responses_create_params.input', {responses_create_params: {input: null}}],
    ['_ng_task_index', row({_ng_task_index: '3'})],
    ['_ng_rollout_index', row({_ng_rollout_index: -1})],
    ['_ng_attempt_index', row({_ng_attempt_index: 1.5})],
  ])('refuses a row whose %s is wrong: %j', async (param, body) => {
    const policy = scriptedPolicy();
    await using service = await serve(policy);
    const refused = await postJson(service, '/run', body);
    expect(refused).toMatchObject({
      status: 422,
      body: {error: {type: 'invalid_request_error', code: 'invalid_request_body', param}},
    });
    expect(policy.sent).toEqual([]);
  });
});

describe('a rollout that fails', () => {
  it.each<[string, Partial<CallErrorOptions>, string, boolean]>([
    ['for want of quota', {httpStatus: 429, throttled: true}, 'agent_request_failed', false],
    ['since nothing answers', {unreachable: true}, 'agent_request_failed', false],
    ['with an error of the service', {httpStatus: 500}, 'agent_run_error', false],
    ['for good', {httpStatus: 400, effect: 'rollout'}, 'agent_run_error', true],
    ['for its settings', {httpStatus: 400, effect: 'settings'}, 'agent_run_error', true],
  ])(
    '%s is a reply with its class, without reward and answer',
    async (_, options, failureClass, terminal) => {
      const error = failure({...options, requestId: 'req_9', hint: 'Try again.'});
      await using service = await serve(scriptedPolicy(error), {judge: equivalence()});
      const given = row({reward: 1, _ng_task_index: 2});
      const {status, body} = await postJson(service, '/run', given);
      const {httpStatus} = options;
      expect({status, body}).toEqual({
        status: 200,
        body: {
          ...row({_ng_task_index: 2}),
          _ng_failure_class: failureClass,
          _ng_failure_terminal: terminal,
          _ng_failure: {
            code: 'ERR_MODEL_SERVER',
            message: 'it broke',
            hint: 'Try again.',
            ...(httpStatus === undefined ? {} : {http_status: httpStatus}),
            request_id: 'req_9',
          },
          _rollcall: {attempt: 1, calls: 1, judge_calls: 0},
        },
      });
      expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({'error.type': 'ERR_MODEL_SERVER', calls: 1});
    },
  );

  it('as every other will is an error with the status and the body of the service', async () => {
    const body = {error: {code: '401', message: 'Access denied'}};
    const error = failure({code: 'ERR_MODEL_AUTH', effect: 'run', httpStatus: 401, body});
    await using service = await serve(scriptedPolicy(error));
    expect(await postJson(service, '/run', row())).toMatchObject({status: 401, body});
  });

  it.each(['retry', 'run'] as const)(
    'at its judge (%s) keeps the answer, with a reward of 0 that its class says not to count',
    async (effect) => {
      const judge = equivalence(failure({effect}));
      await using service = await serve(scriptedPolicy(answer()), {judge});
      const {status, body} = await postJson(service, '/run', row());
      expect(status).toBe(200);
      const code = effect === 'run' ? 'ERR_MODEL_SERVER' : 'ERR_JUDGE_CALL';
      expect(body).toEqual({
        ...row(),
        response: answer().response,
        reward: 0,
        _ng_failure_class: 'judge_failed',
        _ng_failure_judge_error: `${code}: the judge could not be asked: it broke`,
        _ng_failure: {code, message: 'the judge could not be asked: it broke', hint: null},
        _rollcall: {
          attempt: 1,
          calls: 2,
          judge_calls: 1,
          deployment: 'policy',
          request_id: 'req-1',
          queued_ms: 2,
          model_ms: 10,
        },
      });
    },
  );

  it('by a bug is a 500', async () => {
    await using service = await serve(scriptedPolicy(new TypeError('x is undefined')));
    expect(await postJson(service, '/run', row())).toMatchObject({
      status: 500,
      body: {error: {code: 'internal_error'}},
    });
  });
});

describe('POST /v1/responses', () => {
  const params = {input: 'Hello', tools: [{type: 'function', name: 'a'}], temperature: null};
  const script = (): ScriptedPolicy =>
    scriptedPolicy(
      turn([reasoning, functionCall('a')], {id: 'resp_1', usage: {input_tokens: 3, output_tokens: 1}}),
      turn([message('4')], {id: 'resp_2', usage: {input_tokens: 5, output_tokens: 1}}),
    );
  const resources = (): ResourcesServer => () => Promise.resolve(scriptedTools());
  const output = [reasoning, functionCall('a'), outputOf('call_a', 'a done'), message('4')];

  it('answers with the turns of the agent, unscored', async () => {
    const policy = script();
    await using service = await serve(policy, {judge: equivalence(), resources: resources()});
    const {status, body} = await postJson(service, '/v1/responses', params);
    expect({status, body}).toMatchObject({
      status: 200,
      body: {id: 'resp_2', output, usage: {input_tokens: 8, output_tokens: 2}},
    });
    expect(policy.sent[0]).toEqual({input: 'Hello', tools: params.tools});
  });

  it('streams to the official client, which puts the same answer together', async () => {
    await using service = await serve(script(), {resources: resources()});
    const client = new OpenAI({baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0});
    const stream = client.responses.stream({model: 'm', input: 'Hello', tools: params.tools as []});
    const texts: string[] = [];
    const types: string[] = [];
    for await (const event of stream) {
      expect(event.sequence_number).toBe(types.length);
      types.push(event.type);
      if (event.type === 'response.output_text.delta') texts.push(event.delta);
    }
    expect(texts).toEqual(['4']);
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect((await stream.finalResponse()).output).toMatchObject(output);
  });

  it.each([
    ['incomplete', {status: 'incomplete', incomplete_details: {reason: 'max_output_tokens'}}],
    ['failed', {status: 'failed', error: {code: 'server_error', message: 'x'}}],
    ['completed', {status: null}],
  ])('ends a stream as the answer ended: %s', async (end, extra) => {
    await using service = await serve(scriptedPolicy(turn([message('Hm')], extra)));
    const response = await fetch(`${service.url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({input: 'x', stream: true}),
    });
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(text.trimEnd().split('\n\n').at(-1)).toMatch(new RegExp(`^event: response\\.${end}\\ndata: `));
  });

  it('fails as the model does, before a stream begins', async () => {
    await using service = await serve(scriptedPolicy(failure({httpStatus: 503, retryAfterMs: 2000})));
    const response = await fetch(`${service.url}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({input: 'x', stream: true}),
    });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({error: {code: 'ERR_MODEL_SERVER'}});
  });

  it.each<[string, JsonObject]>([
    ['input', {}],
    ['input', {input: 3}],
    ['stream', {input: 'x', stream: 'yes'}],
  ])('refuses parameters whose %s is wrong: %j', async (param, body) => {
    await using service = await serve(scriptedPolicy());
    expect(await postJson(service, '/v1/responses', body)).toMatchObject({
      status: 422,
      body: {error: {param}},
    });
  });
});

describe('the other routes', () => {
  it('answer as those of the judge', async () => {
    await using service = await serve(scriptedPolicy());
    expect(await getJson(service, '/')).toEqual({status: 'ok'});
    const {body} = await postJson(service, '/aggregate_metrics', {verify_responses: [{reward: 1}]});
    expect(body['key_metrics']).toEqual({'mean/reward': 1});
  });
});
