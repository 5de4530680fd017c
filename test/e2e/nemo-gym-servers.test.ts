import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {asString, type JsonObject} from '../../src/core/json.ts';
import {type ProgramRun, startProgram} from '../helpers/run-program.ts';
import {collectAsNemoGym} from './nemo-gym-collector.ts';
import {serve} from './running-servers.ts';
import {openDeploymentOf, openToolsOf} from './tool-servers.ts';
import {identities, key, setUpWorkplace, type Workplace} from './workplace.ts';

const judge = `
judge:
  resources_servers:
    equivalence_llm_judge:
      domain: knowledge
      judge_model_server: {type: responses_api_models, name: policy_model}
      judge_prompt_template: 'GRADE {expected_answer} / {generated_answer}'
`;
const agentOver = (server: string, more = ''): string => `
${server}_agent:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
      resources_server: {type: resources_servers, name: ${server}}
      ${more}
`;
const configured = ['--config', 'model.yaml', '--config', 'servers.yaml'];
const deployments = {
  gpt: {
    latency: {ttft_ms: 30, per_token_ms: 0},
    answers: [
      {rule: {match: '^GRADE (\\S+) / \\1$', reply: '[[A=B]]'}},
      {rule: {match: '^GRADE', reply: '[[A!=B]]'}},
      {echo: true},
    ],
  },
};

describe("NeMo Gym's collector against our servers", () => {
  it('finds the agent, collects, and gets its metrics', async () => {
    await using place = await setUpWorkplace({simulator: {deployments}});
    await place.write('servers.yaml', judge + agentOver('judge'));
    await using running = await serve(configured, {cwd: place.folder.path});
    const rows = ['one', 'two', 'three'].map((input, index) => ({
      responses_create_params: {input: [{role: 'user', content: input}]},
      expected_answer: index === 0 ? 'other' : input,
      uuid: `u-${input}`,
    }));
    const {records, failures, metrics} = await collectAsNemoGym(running.url('head'), 'judge_agent', rows);
    expect(failures).toEqual([]);
    expect(records.map(({reward}) => reward)).toEqual([0, 1, 1]);
    for (const [index, record] of records.entries()) {
      expect(record).toMatchObject({
        ...rows[index],
        response: {
          object: 'response',
          status: 'completed',
          usage: {input_tokens: expect.any(Number) as number},
        },
        judge_evaluations: [{verdict_label: index === 0 ? '[[A!=B]]' : '[[A=B]]'}],
        _rollcall: {calls: 2, judge_calls: 1},
      });
    }
    expect(metrics).toMatchObject({
      key_metrics: {'mean/reward': 2 / 3},
      agent_metrics: {'max/reward': 1, 'min/reward': 0},
    });
    expect(metrics['group_level_metrics']).toHaveLength(3);
  });

  it('puts a failed rollout aside and goes on, and is stopped by what no rollout survives', async () => {
    await using place = await setUpWorkplace({simulator: {deployments}});
    await place.write('servers.yaml', judge + agentOver('judge'));
    await using running = await serve(configured, {cwd: place.folder.path});
    const good = {responses_create_params: {input: 'x'}, expected_answer: 'x'};
    const bad = {
      responses_create_params: {input: 'x', tools: [{type: 'web_search'}], tool_choice: 'required'},
    };
    const {records, failures} = await collectAsNemoGym(running.url('head'), 'judge_agent', [good, bad]);
    expect(identities(records)).toEqual(['0:0']);
    expect(failures).toMatchObject([{_ng_task_index: 1, _ng_failure_class: 'agent_run_error'}]);
    expect(failures[0]).not.toHaveProperty('reward');
    await place.write('env.yaml', (await place.files()).get('env.yaml')?.replace(key, 'wrong-key-000') ?? '');
    await using other = await serve(configured, {cwd: place.folder.path});
    await expect(collectAsNemoGym(other.url('head'), 'judge_agent', [good])).rejects.toThrow(
      '/run answered 401',
    );
  });
});

describe('the tools of a resources server', () => {
  const call = (name: string, args: string, id = name): JsonObject => ({
    id,
    type: 'function',
    function: {name, arguments: args},
  });
  // The user's word says what the deployment asks for in its first turn; every later one ends with what it was told.
  const firstTurns: Readonly<Record<string, readonly JsonObject[]>> = {
    parallel: [call('add', '{"n":1}', 'a'), call('add', '{"n":2}', 'b'), call('look', '{}')],
    undeclared: [call('verify', '{}'), call('nosuch', '{}')],
    spoilt: [call('add', '{"n":')],
    failing: [call('fail', '{}')],
  };
  const turn = (messages: readonly JsonObject[]): JsonObject => {
    const [first] = messages;
    const told = messages.filter(({role}) => role === 'tool').map(({content}) => asString(content) ?? '');
    const word = JSON.stringify(first).includes('endless') ? 'endless' : '';
    if (word === 'endless') return {tool_calls: [call('add', '{"n":0}', `e${String(told.length)}`)]};
    const calls = Object.entries(firstTurns).find(([each]) => JSON.stringify(first).includes(each))?.[1];
    return told.length === 0 ? {tool_calls: calls} : {content: told.join(' | ')};
  };
  const names = ['add', 'look', 'fail'];
  const tools = names.map((name) => ({type: 'function', name, parameters: {type: 'object'}}));
  const expected: Readonly<
    Record<string, readonly [said: string | RegExp, toolCalls: number, modelCalls: number]>
  > = {
    parallel: ['{"sum":1} | {"sum":2} | plain', 3, 2],
    undeclared: [/^\{"error":"no tool \\"verify\\".*\| \{"error":"no tool \\"nosuch\\"/, 0, 2],
    spoilt: [/^\{"error":"the arguments are not JSON/, 0, 2],
    failing: ['"ValueError()"', 1, 2],
    endless: ['', 3, 3],
  };
  const rows = Object.keys(expected).map((word) => ({
    responses_create_params: {input: [{role: 'user', content: word}], tools},
    word,
  }));

  async function setUp(): Promise<AsyncDisposable & {readonly place: Workplace; readonly called: string[]}> {
    const deployment = await openDeploymentOf(turn);
    const resources = await openToolsOf({
      add: ({n}) => [{sum: n}],
      look: () => ['plain'],
      fail: () => ['"ValueError()"', 500],
    });
    const place = await setUpWorkplace({rows: rows.map((row) => JSON.stringify(row))});
    const env = `policy_base_url: ${deployment.url}\npolicy_api_key: ${key}\npolicy_model_name: gpt\n`;
    await place.write('env.yaml', env);
    const server = `resources: {resources_servers: {url: '${resources.url}'}}\n`;
    await place.write('servers.yaml', server + agentOver('resources', 'max_steps: 3'));
    return {
      place,
      called: resources.called,
      async [Symbol.asyncDispose]() {
        for (const each of [place, deployment, resources]) await each[Symbol.asyncDispose]();
      },
    };
  }

  function check(records: readonly JsonObject[], called: readonly string[]): void {
    expect(records.map(({word}) => word).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const record of records) {
      const [said, toolCalls, modelCalls] = expected[asString(record['word']) ?? ''] ?? ['', 0, 0];
      const {output, usage} = record['response'] as {output: readonly JsonObject[]; usage: JsonObject};
      if (said !== '') expect(textOf(output)).toMatch(said);
      else expect(output.at(-1)).toMatchObject({type: 'function_call_output'});
      expect(record).toMatchObject({reward: toolCalls, _rollcall: {calls: modelCalls}});
      expect(usage).toMatchObject({total_tokens: 11 * modelCalls});
    }
    expect(called.filter((path) => path === '/verify')).toHaveLength(records.length);
    expect(called).not.toContain('/nosuch');
  }

  it('are called in process, within bounds, whatever the model asks for', async () => {
    await using all = await setUp();
    const ended = await all.place.collect('--config', 'servers.yaml', '-a', 'resources_agent');
    expect(ended.exitCode, ended.stderr).toBe(0);
    check(await all.place.lines('out.jsonl'), all.called);
  });

  it('are called the same through the agent’s server, for our collector and NeMo Gym’s', async () => {
    await using all = await setUp();
    const {place, called} = all;
    await using running = await serve(configured, {cwd: place.folder.path});
    const {port} = new URL(running.url('head'));
    const words = ['-a', 'resources_agent', '-i', 'in.jsonl', '-o', 'o.jsonl', `+head_server.port=${port}`];
    const ended = await startProgram(['collect-rollouts', ...words], {cwd: place.folder.path}).ended;
    expect(ended.exitCode, ended.stderr).toBe(0);
    check(await place.lines('o.jsonl'), called);
    called.length = 0;
    check((await collectAsNemoGym(running.url('head'), 'resources_agent', rows)).records, called);
  });
});

function textOf(output: readonly JsonObject[]): string {
  const content = output.at(-1)?.['content'] as readonly {text: string}[] | undefined;
  return content?.[0]?.text ?? '';
}

describe('a model server that runs elsewhere', () => {
  it.each(['', '/v1'])(
    'answers for another process, and gets the seeds of repeats (url ending in "%s")',
    async (end) => {
      const seeds: unknown[] = [];
      await using deployment = await openDeploymentOf((_, {seed, metadata}) => {
        seeds.push([seed, metadata]);
        return {content: 'done'};
      });
      await using place = await setUpWorkplace({rows: ['{"prompt":"x"}']});
      const env = `policy_base_url: ${deployment.url}\npolicy_api_key: ${key}\npolicy_model_name: gpt\n`;
      await place.write('env.yaml', env);
      await using running = await serve(['--config', 'model.yaml'], {cwd: place.folder.path});
      const url = `${running.url('policy_model')}${end}`;
      await place.write('far.yaml', `policy_model: {responses_api_models: {url: '${url}'}}`);
      const words = ['--config', 'far.yaml', '-i', 'in.jsonl', '-o', 'o.jsonl'];
      const repeats = ['--num-repeats', '3', '--num-repeats-add-seed'];
      const ended = await startProgram(['collect-rollouts', ...words, ...repeats], {cwd: place.folder.path})
        .ended;
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(seeds.toSorted()).toEqual([0, 1, 2].map((seed) => [seed, undefined]));
      expect(identities(await place.lines('o.jsonl'))).toEqual(['0:0', '0:1', '0:2']);
    },
  );
});

describe('collecting through servers that come and go', () => {
  const words = [
    'collect-rollouts',
    '-a',
    'judge_agent',
    '-i',
    'in.jsonl',
    '-o',
    'o.jsonl',
    '--concurrency',
    '4',
  ];

  it('loses and doubles nothing, whoever is killed', async () => {
    const rows = Array.from({length: 30}, (_, n) =>
      JSON.stringify({prompt: `w${String(n)}`, expected_answer: `w${String(n)}`}),
    );
    await using place = await setUpWorkplace({simulator: {deployments}, rows});
    await place.write('servers.yaml', judge + agentOver('judge'));
    const recorded = async (): Promise<number> => {
      const text = await readFile(place.folder.file('o.jsonl'), 'utf8').catch(() => '');
      return text.split('\n').length - 1;
    };
    const untilMoreThan = async (count: number, {child}: ProgramRun): Promise<void> => {
      while (child.exitCode === null && (await recorded()) <= count)
        await new Promise((resolve) => setImmediate(resolve));
    };
    const start = (port: string) =>
      startProgram([...words, `+head_server.port=${port}`], {cwd: place.folder.path});
    {
      await using running = await serve(configured, {cwd: place.folder.path});
      const {port} = new URL(running.url('head'));
      const first = start(port);
      await untilMoreThan(0, first);
      first.child.kill('SIGKILL');
      await first.ended;
      const before = await recorded();
      const second = start(port);
      await untilMoreThan(before, second);
      await running.stop('SIGKILL');
      // Left alone it would try for some seconds to reach them.
      second.child.kill('SIGINT');
      second.child.kill('SIGTERM');
      expect((await second.ended).exitCode).toBeGreaterThan(1);
    }
    await using again = await serve(configured, {cwd: place.folder.path});
    const third = await start(new URL(again.url('head')).port).ended;
    expect(third.exitCode, third.stderr).toBe(0);
    const records = await place.lines('o.jsonl');
    expect(identities(records)).toEqual(rows.map((_, n) => `${String(n)}:0`));
    expect(records.every(({reward}) => reward === 1)).toBe(true);
  });
});
