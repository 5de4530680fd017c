import {describe, expect, it} from 'vitest';
import {CallError} from '../../../src/core/errors.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import type {Judge, Logger} from '../../../src/core/ports.ts';
import {createEquivalenceJudge} from '../../../src/judge/equivalence-judge.ts';
import type {EquivalenceJudgeSettings} from '../../../src/judge/judge-settings.ts';
import {judgeRoutes} from '../../../src/servers/rollouts/judge-routes.ts';
import {answerOf, type ScriptedModel, scriptedModel} from '../../judge/scripted-model.ts';
import {openTestService, type TestService} from '../open-test-service.ts';
import {getJson, postJson} from '../post-json.ts';

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The judge as `equivalence_llm_judge.yaml` has it in code: rescue for half the reward, no swap. */
const judgeOver = (
  {model}: Pick<ScriptedModel, 'model'>,
  settings: Partial<EquivalenceJudgeSettings> = {},
): Judge =>
  createEquivalenceJudge(
    {
      judgeResponsesCreateParams: {},
      judgePromptTemplate: '{question}|{expected_answer}|{generated_answer}',
      ...settings,
    },
    model,
  );

const serve = (judge: Judge, logger: Logger = silent): Promise<TestService> =>
  openTestService(judgeRoutes({name: 'my_judge', judge, logger}), {kind: 'judge', name: 'my_judge'});

const request = (extra: JsonObject = {}): JsonObject => ({
  responses_create_params: {input: [{role: 'user', content: 'How many?'}]},
  expected_answer: '4',
  response: answerOf('It is **4**.'),
  ...extra,
});
const perRecord = {template_metadata: {output_regex: '\\*\\*(.*?)\\*\\*'}};
const long = {expected_answer: 'x'.repeat(121)};
const [equal, notEqual] = ['same [[A=B]]', 'no [[A!=B]]'];

describe('POST /verify', () => {
  it.each<{
    name: string;
    verdicts: string[];
    reward: number;
    prompts: string[];
    row?: JsonObject;
    settings?: Partial<EquivalenceJudgeSettings>;
  }>([
    {
      name: 'not equal, per-record regex present and expected longer than the threshold',
      verdicts: [notEqual],
      reward: 0,
      prompts: [`How many?|${long.expected_answer}|It is **4**.`],
      row: {...perRecord, ...long},
    },
    {
      name: 'not equal, then the full text is equal',
      verdicts: [notEqual, equal],
      reward: 0.5,
      prompts: ['How many?|4|4', 'How many?|4|It is **4**.'],
      row: perRecord,
    },
    {
      name: 'not equal, and the full text is not either',
      verdicts: [notEqual, notEqual],
      reward: 0,
      prompts: ['How many?|4|4', 'How many?|4|It is **4**.'],
      row: perRecord,
    },
    {
      name: 'not equal, no full-text check asked for',
      verdicts: [notEqual],
      reward: 0,
      prompts: ['How many?|4|4'],
      row: perRecord,
      settings: {checkFullGenerationOnFail: false},
    },
    {
      name: 'not equal, no regex on the row',
      verdicts: [notEqual],
      reward: 0,
      prompts: ['How many?|4|It is **4**.'],
    },
    {
      name: 'not equal, regexes of rows not to be used',
      verdicts: [notEqual],
      reward: 0,
      prompts: ['How many?|4|It is **4**.'],
      row: perRecord,
      settings: {usePerRecordRegex: false},
    },
    {name: 'equal, no swap', verdicts: [equal], reward: 1, prompts: ['How many?|4|It is **4**.']},
    {
      name: 'equal, swap, regex present and long',
      verdicts: [equal],
      reward: 1,
      prompts: [`How many?|${long.expected_answer}|It is **4**.`],
      row: {...perRecord, ...long},
      settings: {checkTwiceSwap: true},
    },
    {
      name: 'equal, swapped equal',
      verdicts: [equal, equal],
      reward: 1,
      prompts: ['How many?|4|It is **4**.', 'How many?|It is **4**.|4'],
      settings: {checkTwiceSwap: true},
    },
    {
      name: 'equal, swapped not equal',
      verdicts: [equal, notEqual],
      reward: 0.2,
      prompts: ['How many?|4|It is **4**.', 'How many?|It is **4**.|4'],
      settings: {checkTwiceSwap: true, rewardIfSwapFails: 0.2},
    },
    {
      name: 'no label at all',
      verdicts: ['Hard to say.'],
      reward: 0,
      prompts: ['How many?|4|It is **4**.'],
    },
    {
      name: 'both labels, the first counts',
      verdicts: ['Not [[A!=B]] but [[A=B]]'],
      reward: 0,
      prompts: ['How many?|4|It is **4**.'],
    },
  ])('$name: reward $reward', async ({verdicts, reward, prompts, row, settings}) => {
    const model = scriptedModel(...verdicts);
    await using service = await serve(judgeOver(model, settings));
    const {status, body} = await postJson(service, '/verify', request(row));
    expect({status, reward: body['reward']}).toEqual({status: 200, reward});
    expect(model.prompts).toEqual(prompts);
    expect(body['judge_evaluations']).toEqual(
      verdicts.map((verdict, index) => ({
        responses_create_params: model.calls[index],
        response: answerOf(verdict),
        verdict_label: /\[\[.*?\]\]/.exec(verdict)?.[0] ?? null,
      })),
    );
  });

  it('keeps every field of the row, also what NeMo Gym drops, and integers as they are written', async () => {
    await using service = await serve(judgeOver(scriptedModel(equal)));
    const row =
      '"uuid":12345678901234567890,"question":"How many?","template_metadata":{"weight":0.5},"options":[{"A":"4"}],"__proto__":{"x":1},"_ng_task_index":3';
    const {text} = await postJson(
      service,
      '/verify',
      `{"responses_create_params":{"input":"How many?"},"expected_answer":"4",${row},"response":{"output":[]}}`,
    );
    expect(text).toContain(row.slice(0, row.indexOf(',"_ng')));
    expect(JSON.parse(text)).toMatchObject({
      responses_create_params: {input: 'How many?'},
      response: {output: []},
      reward: 1,
      expected_answer: '4',
      _ng_task_index: 3,
    });
  });

  it('takes requests that NeMo Gym has filled up with nulls', async () => {
    const model = scriptedModel(equal);
    await using service = await serve(judgeOver(model));
    const {status, body} = await postJson(
      service,
      '/verify',
      request({
        responses_create_params: {
          input: [{role: 'user', content: 'How many?', type: 'message'}],
          tools: [],
          top_p: null,
        },
        response: {...answerOf('4'), usage: null, status: null, error: null},
        expected_answer: null,
        metadata: {expected_answer: 'four'},
        uuid: null,
        options: null,
        template_metadata: null,
      }),
    );
    expect({status, reward: body['reward'], expected: body['expected_answer']}).toEqual({
      status: 200,
      reward: 1,
      expected: 'four',
    });
    expect(model.prompts).toEqual(['How many?|four|4']);
  });

  it('does not give back an old verdict', async () => {
    await using service = await serve(judgeOver(scriptedModel(notEqual)));
    const old = {reward: 1, judge_evaluations: ['old'], _ng_failure_class: 'judge_failed', _rollcall: {}};
    const {body} = await postJson(service, '/verify', request(old));
    expect(body).toMatchObject({reward: 0, judge_evaluations: [{verdict_label: '[[A!=B]]'}]});
    expect(body).not.toHaveProperty('_ng_failure_class');
    expect(body).not.toHaveProperty('_rollcall');
  });

  it.each<[string, JsonObject, string]>([
    ['responses_create_params', {responses_create_params: undefined}, 'is missing'],
    ['responses_create_params', {responses_create_params: 'x'}, 'must be an object, not a text'],
    ['responses_create_params.input', {responses_create_params: {}}, 'is missing'],
    [
      'responses_create_params.input',
      {responses_create_params: {input: 4}},
      'must be a text or a list of items, not a number',
    ],
    ['response', {response: undefined}, 'is missing'],
    ['response', {response: []}, 'must be an object, not a list'],
    ['response.output', {response: {}}, 'is missing'],
    ['response.output', {response: {output: 'x'}}, 'must be a list of items, not a text'],
    ['expected_answer', {expected_answer: 4}, 'must be a text or null, not a number'],
    ['expected_answer', {expected_answer: ['4']}, 'must be a text or null, not a list'],
    ['uuid', {uuid: 1.5}, 'must be a text, a whole number or null, not a number'],
    ['uuid', {uuid: {}}, 'must be a text, a whole number or null, not an object'],
    ['options', {options: {A: 'x'}}, 'must be a list of objects, not an object'],
    ['options[1]', {options: [{A: 'x'}, 'y']}, 'must be an object of texts, not a text'],
    ['options[0].A', {options: [{A: 1}]}, 'must be a text, not a number'],
    ['metadata', {metadata: [1]}, 'must be an object, not a list'],
  ])('refuses a request whose %s is wrong: %j', async (field, extra, problem) => {
    const model = scriptedModel();
    await using service = await serve(judgeOver(model));
    const {status, body} = await postJson(service, '/verify', request(extra));
    expect({status, body}).toEqual({
      status: 422,
      body: {
        error: {
          message: `${field} ${problem}`,
          type: 'invalid_request_error',
          code: 'invalid_request_body',
          param: field,
        },
      },
    });
    expect(model.calls).toEqual([]);
  });

  it('names everything that is wrong at once, and a body that is missing', async () => {
    await using service = await serve(judgeOver(scriptedModel()));
    const {body} = await postJson(service, '/verify', request({expected_answer: 1, metadata: 1}));
    expect(body['error']).toMatchObject({
      message:
        'expected_answer must be a text or null, not a number; metadata must be an object, not a number',
    });
    expect(await postJson(service, '/verify', undefined)).toMatchObject({
      status: 422,
      body: {error: {param: 'responses_create_params'}},
    });
  });
});

describe('a judge that cannot be asked', () => {
  const failure = (effect: 'retry' | 'run'): CallError =>
    new CallError('no quota', {
      code: 'ERR_MODEL_RATE_LIMIT',
      fault: 'model',
      effect,
      httpStatus: 429,
      requestId: 'req_9',
      hint: 'Wait.',
    });

  it("is a reply in NeMo Gym's shape: the row, a reward of 0 and the class that says not to count it", async () => {
    await using service = await serve(judgeOver(scriptedModel(failure('retry'))));
    const row = request({question: 'How many?', uuid: 'u-1'});
    const {status, body} = await postJson(service, '/verify', row);
    const message = 'the judge could not be asked: no quota';
    expect({status, body}).toEqual({
      status: 200,
      body: {
        ...row,
        reward: 0,
        _ng_failure_class: 'judge_failed',
        _ng_failure_judge_error: `ERR_JUDGE_CALL: ${message}`,
        _ng_failure: {
          code: 'ERR_JUDGE_CALL',
          message,
          hint: 'Wait.',
          http_status: 429,
          request_id: 'req_9',
        },
      },
    });
    expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({
      'error.type': 'ERR_JUDGE_CALL',
      target: 'my_judge',
    });
  });

  it('is told in the log where no call can succeed, once until one does', async () => {
    const logged: string[] = [];
    const model = scriptedModel(failure('run'), failure('run'), failure('retry'), equal, failure('run'));
    await using service = await serve(judgeOver(model), {...silent, error: (line) => logged.push(line)});
    const classes: unknown[] = [];
    for (let call = 0; call < 5; call++)
      classes.push((await postJson(service, '/verify', request())).body['_ng_failure_class']);
    expect(classes).toEqual(['judge_failed', 'judge_failed', 'judge_failed', undefined, 'judge_failed']);
    const line = 'my_judge: the judge could not be asked: no quota Wait. (ERR_MODEL_RATE_LIMIT)';
    expect(logged).toEqual([line, line]);
  });

  it('is no excuse for a bug', async () => {
    await using service = await serve(() => Promise.reject(new TypeError('x is undefined')));
    const {status, body} = await postJson(service, '/verify', request());
    expect({status, code: (body['error'] as JsonObject)['code']}).toEqual({
      status: 500,
      code: 'internal_error',
    });
  });
});

describe('the other routes', () => {
  it('answer as NeMo Gym’s do', async () => {
    await using service = await serve(judgeOver(scriptedModel()));
    expect(await postJson(service, '/seed_session', request())).toMatchObject({status: 200, text: '{}'});
    expect(await postJson(service, '/seed_session', undefined)).toMatchObject({status: 200, text: '{}'});
    expect(await getJson(service, '/reverify_mode')).toBe('stateless');
    expect(await getJson(service, '/')).toEqual({status: 'ok'});
  });
});

describe('POST /aggregate_metrics', () => {
  const record = (task: number, rollout: number, reward: number, extra: JsonObject = {}): JsonObject => ({
    _ng_task_index: task,
    _ng_rollout_index: rollout,
    reward,
    ...extra,
  });

  it("gives NeMo Gym's worked numbers in its shape", async () => {
    await using service = await serve(judgeOver(scriptedModel()));
    const records = [record(1, 1, 1), record(0, 1, 0), record(0, 0, 1), record(1, 0, 1)];
    const {status, body} = await postJson(service, '/aggregate_metrics', {verify_responses: records});
    const group = {sample: {agent_ref: {name: 'agent'}}, num_rollouts: 2, expected_num_rollouts: 2};
    const whole = {missing_num_rollouts: 0, reward_profile_completion_pct: 100};
    const info = (task: number, rollout: number, reward: number): JsonObject => ({
      rollout_id: `${String(task)}:${String(rollout)}`,
      ...record(task, rollout, reward),
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      agent_metrics: {
        'mean/reward': 0.75,
        'max/reward': 1,
        'min/reward': 0,
        'median/reward': 1,
        'std/reward': 0.5,
      },
      key_metrics: {'mean/reward': 0.75},
      group_level_metrics: [
        {
          _ng_task_index: 0,
          'mean/reward': 0.5,
          'max/reward': 1,
          'min/reward': 0,
          'median/reward': 0.5,
          'std/reward': 0.7071067811865476,
          ...group,
          ...whole,
          rollout_infos: [info(0, 0, 1), info(0, 1, 0)],
        },
        {
          _ng_task_index: 1,
          'mean/reward': 1,
          'max/reward': 1,
          'min/reward': 1,
          'median/reward': 1,
          'std/reward': 0,
          ...group,
          ...whole,
          rollout_infos: [info(1, 0, 1), info(1, 1, 1)],
        },
      ],
    });
  });

  it('counts every number, booleans too, and the usage of the response, whatever agent the row names', async () => {
    await using service = await serve(judgeOver(scriptedModel()));
    const extra = {passed: true, note: 'x', list: [1], agent_ref: {name: 'one'}};
    const {body} = await postJson(service, '/aggregate_metrics', {
      verify_responses: [
        record(0, 0, 1, {...extra, response: {usage: {total_tokens: 10}}}),
        record(1, 0, 0, {passed: false, agent_ref: {name: 'two'}}),
      ],
    });
    expect(body['key_metrics']).toEqual({'mean/reward': 0.5, 'mean/total_tokens': 10, 'mean/passed': 0.5});
  });

  it('takes rows without indices for task 0, rollout 0', async () => {
    await using service = await serve(judgeOver(scriptedModel()));
    const {body} = await postJson(service, '/aggregate_metrics', {verify_responses: [{reward: 1}]});
    expect(body['group_level_metrics']).toMatchObject([
      {_ng_task_index: 0, 'std/reward': 0, num_rollouts: 1},
    ]);
    const twice = await postJson(service, '/aggregate_metrics', {
      verify_responses: [{reward: 1}, {reward: 0}],
    });
    expect(twice).toMatchObject({status: 400, body: {error: {code: 'ERR_DUPLICATE_ROLLOUT'}}});
    expect((twice.body['error'] as JsonObject)['message']).toContain('task 0, rollout 0');
  });

  it('is all empty for no rows', async () => {
    await using service = await serve(judgeOver(scriptedModel()));
    const {body} = await postJson(service, '/aggregate_metrics', {verify_responses: []});
    expect(body).toEqual({agent_metrics: {}, key_metrics: {}, group_level_metrics: []});
  });

  it.each<[string, JsonObject]>([
    ['verify_responses', {}],
    ['verify_responses', {verify_responses: {}}],
    ['verify_responses[1]', {verify_responses: [{}, 3]}],
  ])('refuses a request whose %s is wrong: %j', async (param, body) => {
    await using service = await serve(judgeOver(scriptedModel()));
    const answer = await postJson(service, '/aggregate_metrics', body);
    expect(answer).toMatchObject({status: 422, body: {error: {param}}});
  });
});
