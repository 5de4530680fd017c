import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {programPath, startProgram} from '../helpers/run-program.ts';
import {serve} from './running-servers.ts';
import {identities, key, parseLines, setUpWorkplace, type Workplace} from './workplace.ts';

const judge = `
judge:
  resources_servers:
    equivalence_llm_judge:
      domain: knowledge
      judge_model_server: {type: responses_api_models, name: policy_model}
`;
const agent = `
solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
      resources_server: {type: resources_servers, name: judge}
`;
const answers = [{rule: {match: 'equivalence grader|\\[\\[A=B\\]\\]', reply: '[[A=B]]'}}, {echo: true}];
const rows = ['{"prompt":"one","expected_answer":"one"}', '{"prompt":"two","expected_answer":"two"}'];

async function setUp(more = ''): Promise<Workplace> {
  const place = await setUpWorkplace({simulator: {answers}, rows});
  await place.write('servers.yaml', judge + agent + more);
  return place;
}

const configured = ['--config', 'model.yaml', '--config', 'servers.yaml'];

async function run(place: Workplace, ...args: readonly string[]) {
  return await startProgram(args, {cwd: place.folder.path}).ended;
}

describe('rollcall run', () => {
  it('names every server on one line of standard output when all are ready', async () => {
    await using place = await setUp();
    await using running = await serve(configured, {cwd: place.folder.path});
    expect(running.servers.map(({name, type}) => [name, type])).toEqual([
      ['head', 'head'],
      ['policy_model', 'model'],
      ['judge', 'judge'],
      ['solver', 'agent'],
    ]);
    for (const {url} of running.servers) {
      const reply = await fetch(`${url}/healthz`);
      expect([reply.status, await reply.json()]).toEqual([200, {status: 'ok'}]);
    }
    expect(running.stderr()).toMatch(/NAME +KIND +URL\n.*policy_model +model +http.*Ready after/s);
    const [table = ''] = running.stderr().split('Ready after');
    for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('drains on %s: what is in progress ends, then it exits with %d', async (signal, exitCode) => {
    await using place = await setUpWorkplace({
      simulator: {deployments: {gpt: {latency: {ttft_ms: 400, per_token_ms: 0}}}},
    });
    await using running = await serve(['--config', 'model.yaml'], {cwd: place.folder.path});
    const reply = fetch(`${running.url('policy_model')}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({messages: [{role: 'user', content: 'Hello'}]}),
    });
    while (place.simulator.ledger.summary().in_flight === 0) await new Promise(setImmediate);
    const ended = running.stop(signal);
    expect((await reply).status).toBe(200);
    expect((await ended).exitCode).toBe(exitCode);
  });

  it('cuts off on a second signal what still runs', async () => {
    await using place = await setUpWorkplace({
      simulator: {deployments: {gpt: {latency: {ttft_ms: 60_000, per_token_ms: 0}}}},
    });
    await using running = await serve(['--config', 'model.yaml'], {cwd: place.folder.path});
    const reply = fetch(`${running.url('policy_model')}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({messages: [{role: 'user', content: 'Hello'}]}),
    }).catch(() => 'cut off');
    while (place.simulator.ledger.summary().in_flight === 0) await new Promise(setImmediate);
    void running.stop('SIGINT');
    while (!running.stderr().includes('draining')) await new Promise(setImmediate);
    expect((await running.stop('SIGINT')).exitCode).toBe(130);
    expect(await reply).toBe('cut off');
  });

  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['kill -TERM $$', 143],
  ])('runs a command beside the servers and exits as it does: %s', async (script, exitCode) => {
    await using place = await setUp();
    const words = ['run', ...configured, '+head_server.port=0', '--', 'bash', '-c'];
    const ended = await run(place, ...words, `echo "head at $ROLLCALL_HEAD_URL"; ${script}`);
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    expect(ended.stdout).toMatch(/^head at http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it('passes a signal on to the command, waits for it, and then stops the servers', async () => {
    await using place = await setUp();
    const script = 'trap "curl -s $ROLLCALL_HEAD_URL/; exit 9" TERM; echo up; while :; do sleep 0.05; done';
    const words = ['run', ...configured, '+head_server.port=0', '--', 'bash', '-c', script];
    const {child, ended} = startProgram(words, {cwd: place.folder.path});
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await ended).toMatchObject({exitCode: 143, stdout: 'up\n{"status":"ok"}'});
  });

  it('leaves no command behind that a second signal does not end', async () => {
    await using place = await setUp();
    const script = 'trap "" INT TERM; echo $$; while :; do sleep 0.05; done';
    const words = ['run', ...configured, '+head_server.port=0', '--', 'bash', '-c', script];
    const {child, ended} = startProgram(words, {cwd: place.folder.path});
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    child.stderr?.on('data', (piece: Buffer | string) => {
      if (String(piece).includes('draining')) child.kill('SIGTERM');
    });
    const {exitCode, stdout} = await ended;
    expect(exitCode).toBe(143);
    expect(() => process.kill(Number(stdout), 0)).toThrow('ESRCH');
  });

  it.each([
    [['--', 'no-such-program-anywhere'], /cannot run "no-such-program-anywhere": there is no such program/],
    [['--'], /there is no command behind `--`/],
  ])('refuses a command that is none: %j', async (words, message) => {
    await using place = await setUp();
    const ended = await run(place, 'run', ...configured, '+head_server.port=0', ...words);
    expect([ended.exitCode, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(message);
  });

  it('names the instance that wanted a port which somebody has', async () => {
    await using place = await setUp();
    const squatter = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const {port} = squatter.address() as AddressInfo;
    const ended = await run(
      place,
      'run',
      ...configured,
      '+head_server.port=0',
      `+judge.resources_servers.equivalence_llm_judge.port=${String(port)}`,
    );
    squatter.close();
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(new RegExp(`judge.*127\\.0\\.0\\.1:${String(port)}`));
    expect(ended.stderr).toContain('+judge.resources_servers.equivalence_llm_judge.port=…');
  });

  it.each([
    [
      'two instances',
      '+solver.responses_api_agents.simple_agent.port=',
      /solver and judge cannot both listen/,
    ],
    ['the head server and another', '+head_server.port=', /judge and the head server cannot both listen/],
  ])('names %s that are to have one port', async (_, override, message) => {
    await using place = await setUp();
    const fixed = '+judge.resources_servers.equivalence_llm_judge.port=1';
    const head = override.startsWith('+head') ? [] : ['+head_server.port=0'];
    const ended = await run(place, 'run', ...configured, ...head, fixed, `${override}1`);
    expect([ended.exitCode, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(message);
  });

  it('takes the ports that the configuration fixes', async () => {
    await using place = await setUp();
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const {port} = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const fixed = `+policy_model.responses_api_models.azure_openai_model.port=${String(port)}`;
    await using running = await serve([...configured, fixed], {cwd: place.folder.path});
    expect(running.url('policy_model')).toBe(`http://127.0.0.1:${String(port)}`);
  });

  it.each([
    ['no configuration', [], /names no server/],
    ['a bind beyond loopback without a token', [...configured, '+default_host=0.0.0.0'], /server_token/],
    ['a manifest that is not there', ['-f', 'nowhere.yaml'], /nowhere\.yaml: there is no such file/],
    ['a file that is not there', ['--config', 'nowhere.yaml'], /nowhere\.yaml/],
    ['an access log of its own kind', [...configured, '--access-log', 'loud'], /human, json, none/],
  ])('refuses %s with exit code 2 before any port is opened', async (_, words, message) => {
    await using place = await setUp();
    const ended = await run(place, 'run', '+head_server.port=0', ...words);
    expect([ended.exitCode, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });

  it('asks for its token beyond loopback', async () => {
    await using place = await setUp();
    const words = [...configured, '+default_host=0.0.0.0', '+server_token=token-of-these-servers'];
    await using running = await serve(words, {cwd: place.folder.path});
    const url = running.url('judge').replace('0.0.0.0', '127.0.0.1');
    const seed = (headers: Record<string, string>) =>
      fetch(`${url}/seed_session`, {method: 'POST', body: '{}', headers}).then(({status}) => status);
    expect(await seed({})).toBe(401);
    expect(await seed({authorization: 'Bearer wrong'})).toBe(401);
    expect(await seed({authorization: 'Bearer token-of-these-servers'})).toBe(200);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(running.stderr()).not.toContain('token-of-these-servers');
  });

  it('shows its configuration on the head server without a secret', async () => {
    await using place = await setUp();
    await using running = await serve(configured, {cwd: place.folder.path});
    const reply = await fetch(`${running.url('head')}/global_config_dict_yaml`);
    const yaml = (await reply.json()) as string;
    expect(yaml).not.toContain(key);
    expect(yaml).toContain('openai_api_key: "****"');
    const {port} = new URL(running.url('solver'));
    expect(yaml).toMatch(new RegExp(`simple_agent:[^]*host: 127\\.0\\.0\\.1\\n +port: ${port}\\n`));
  });
});

describe('rollcall status', () => {
  it('says what runs and whether it answers', async () => {
    await using place = await setUp();
    await using running = await serve(configured, {cwd: place.folder.path});
    const {port} = new URL(running.url('head'));
    const ended = await run(place, 'status', `+head_server.port=${port}`, '--json');
    expect(ended.exitCode, ended.stderr).toBe(0);
    const {servers} = JSON.parse(ended.stdout) as {servers: {name: string; is_up: boolean}[]};
    expect(servers.map(({name, is_up: isUp}) => [name, isUp])).toEqual([
      ['policy_model', true],
      ['judge', true],
      ['solver', true],
    ]);
    expect(ended.stderr).toMatch(/✓ +policy_model/);
  });

  it('lists gateway and simulators too', async () => {
    await using place = await setUp();
    await place.write('sim.yaml', 'azure: {simulators: {azure_openai_simulator: {deployments: {gpt: {}}}}}');
    const manifest = join(process.cwd(), 'configs/manifests/simulator.yaml');
    const words = ['-f', manifest, '+gateway.port=0', '--config', 'sim.yaml'];
    await using running = await serve(words, {cwd: place.folder.path});
    const ended = await run(place, 'status', `+head_server.port=${new URL(running.url('head')).port}`);
    expect(ended.stderr).toMatch(/✓ +azure +simulators .*\n✓ +gateway +gateways /);
  });

  it('asks whatever is missing in the configuration of the servers', async () => {
    await using place = await setUp();
    await place.write(
      'broken.yaml',
      'm: {responses_api_models: {azure_openai_model: {openai_base_url: ???}}}',
    );
    await using running = await serve(configured, {cwd: place.folder.path});
    const {port} = new URL(running.url('head'));
    const ended = await run(place, 'status', '--config', 'broken.yaml', `+head_server.port=${port}`);
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(ended.stderr).toMatch(/^3 servers, says/);
  });

  it('says that there is no head server, and exits with 2', async () => {
    await using place = await setUp();
    const ended = await run(place, 'status', '+head_server.port=9');
    expect([ended.exitCode, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/no head server answers at http:\/\/127\.0\.0\.1:9/);
  });
});

describe('collecting without a model of its own', () => {
  it('finds the agent through the head server, and records what it would have recorded itself', async () => {
    await using place = await setUp();
    await using running = await serve(configured, {cwd: place.folder.path});
    const {port} = new URL(running.url('head'));
    const words = ['+agent_name=solver', '-i', 'in.jsonl', '-o', 'remote.jsonl', `+head_server.port=${port}`];
    const ended = await run(place, 'collect-rollouts', ...words, '--summary-json', 'remote.json');
    expect(ended.exitCode, ended.stderr).toBe(0);
    const local = await place.collect(
      '--config',
      'servers.yaml',
      '-a',
      'solver',
      '--summary-json',
      'here.json',
    );
    expect(local.exitCode, local.stderr).toBe(0);
    expect(await spentOf(place, 'remote.json')).toEqual(await spentOf(place, 'here.json'));
    const [here, there] = [await place.lines('out.jsonl'), await place.lines('remote.jsonl')];
    expect(identities(there)).toEqual(['0:0', '1:0']);
    for (const record of there) {
      const twin = here.find(({_ng_task_index: task}) => task === record['_ng_task_index']);
      expect(Object.keys(record)).toEqual(Object.keys(twin ?? {}));
      expect(record).toMatchObject({reward: 1, agent_ref: {name: 'solver'}});
      expect(record['_rollcall']).toMatchObject({attempt: 1, calls: 2, deployment: 'gpt', simulated: true});
    }
  });

  it('finds the servers that were started for it', async () => {
    await using place = await setUp();
    const script = 'exec "$0" "$1" collect-rollouts -i in.jsonl -o out.jsonl';
    const words = ['run', ...configured, '+head_server.port=0', '--', 'bash', '-c', script, process.execPath];
    const ended = await run(place, ...words, programPath);
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(identities(await place.lines('out.jsonl'))).toEqual(['0:0', '1:0']);
  });

  it('scores with --judge-url, or not at all, whatever the agent’s own judge says', async () => {
    await using place = await setUp();
    await using tools = await openTools();
    await using running = await serve(configured, {cwd: place.folder.path});
    const words = [
      '-a',
      'solver',
      '-i',
      'in.jsonl',
      `+head_server.port=${new URL(running.url('head')).port}`,
    ];
    const anew = await run(place, 'collect-rollouts', ...words, '-o', 'anew.jsonl', '--judge-url', tools.url);
    expect(anew.exitCode, anew.stderr).toBe(0);
    expect((await place.lines('anew.jsonl')).map(({reward}) => reward)).toEqual([0.5, 0.5]);
    const unjudged = await run(place, 'collect-rollouts', ...words, '-o', 'none.jsonl', '--no-judge');
    expect(unjudged.exitCode, unjudged.stderr).toBe(0);
    for (const record of await place.lines('none.jsonl')) {
      expect(record).not.toHaveProperty('reward');
      expect(record).not.toHaveProperty('judge_evaluations');
    }
    const other = await run(place, 'collect-rollouts', ...words, '-o', 'anew.jsonl');
    expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('agents.solver')]);
  });

  it('says that servers without an agent run no rollouts', async () => {
    await using place = await setUp();
    await using running = await serve(['--config', 'model.yaml'], {cwd: place.folder.path});
    const {port} = new URL(running.url('head'));
    const words = ['-i', 'in.jsonl', '-o', 'out.jsonl', `+head_server.port=${port}`];
    const ended = await run(place, 'collect-rollouts', ...words);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/knows no agent.*It knows only policy_model/s);
  });

  it('names the two ways to go on where no head server is', async () => {
    await using place = await setUp();
    const words = ['+agent_name=solver', '-i', 'in.jsonl', '-o', 'out.jsonl', '+head_server.port=9'];
    const ended = await run(place, 'collect-rollouts', ...words);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/rollcall run.*--config/s);
    expect([...(await place.files()).keys()]).not.toContain('out.jsonl');
  });

  it('names the agents that there are for one that is not', async () => {
    await using place = await setUp();
    await using running = await serve(configured, {cwd: place.folder.path});
    const {port} = new URL(running.url('head'));
    const words = ['+agent_name=sover', '-i', 'in.jsonl', '-o', 'out.jsonl', `+head_server.port=${port}`];
    const ended = await run(place, 'collect-rollouts', ...words);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/knows no agent sover.*Did you mean solver/s);
  });

  it('keeps failed rollouts out of the output, with what the agent said of them', async () => {
    await using place = await setUp();
    await using running = await serve(configured, {cwd: place.folder.path});
    await place.write('in.jsonl', '{"prompt":"one"}\n{"prompt":"two","temperature":"hot"}\n');
    const bad =
      '{"responses_create_params":{"input":"x","tools":[{"type":"web_search"}],"tool_choice":"required"}}\n';
    await place.write('in.jsonl', `{"prompt":"one","expected_answer":"one"}\n${bad}`);
    const {port} = new URL(running.url('head'));
    const words = ['-a', 'solver', '-i', 'in.jsonl', '-o', 'out.jsonl', `+head_server.port=${port}`];
    const ended = await run(place, 'collect-rollouts', ...words);
    expect(ended.exitCode, ended.stderr).toBe(3);
    expect(identities(await place.lines('out.jsonl'))).toEqual(['0:0']);
    const [failure] = await place.lines('out_failures.jsonl');
    expect(failure).toMatchObject({_ng_task_index: 1, _ng_failure: {code: 'ERR_CONVERSION'}});
    expect(failure).not.toHaveProperty('reward');
  });
});

/** What a summary says was called and used; times differ from run to run. */
async function spentOf(place: Workplace, name: string): Promise<unknown> {
  const {policy, judge} = JSON.parse((await place.files()).get(name) ?? '') as Record<string, JsonObject>;
  return [policy, judge].map((role) => ({...role, latency_ms: undefined}));
}

/** A resources server of NeMo Gym's kind, with a tool that knows what was said to its session. */
async function openTools(): Promise<AsyncDisposable & {readonly url: string; readonly seen: string[]}> {
  const seen: string[] = [];
  let sessions = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = JSON.parse(await text(request)) as {code?: string; response?: {output: unknown[]}};
      const cookie = request.headers.cookie ?? '';
      seen.push(`${request.url ?? ''} ${cookie}`);
      response.setHeader('content-type', 'application/json');
      if (request.url === '/seed_session') {
        response.setHeader('set-cookie', `session=${String(++sessions)}; Path=/; HttpOnly`);
        response.end('{}');
      } else if (request.url === '/lookup') response.end(JSON.stringify({found: `secret of ${cookie}`}));
      else response.end(JSON.stringify({...body, reward: 0.5, turns: body.response?.output.length}));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    seen,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('a resources server that runs elsewhere', () => {
  const row = JSON.stringify({
    responses_create_params: {
      input: [{role: 'user', content: 'Look it up.'}],
      tools: [{type: 'function', name: 'lookup', parameters: {type: 'object', properties: {}}}],
    },
  });

  it('scores with --judge-url, whatever the configuration says', async () => {
    await using place = await setUp();
    await using tools = await openTools();
    const ended = await place.collect('--config', 'servers.yaml', '-a', 'solver', '--judge-url', tools.url);
    expect(ended.exitCode, ended.stderr).toBe(0);
    const records = await place.lines('out.jsonl');
    expect(records.map(({reward}) => reward)).toEqual([0.5, 0.5]);
    expect(tools.seen.filter((line) => line.startsWith('/verify session='))).toHaveLength(2);
  });

  it('is seeded, asked for its tools and for the verdict, in one session', async () => {
    await using place = await setUpWorkplace({simulator: {}, rows: [row]});
    await using tools = await openTools();
    await place.write('servers.yaml', `judge: {resources_servers: {url: "${tools.url}"}}\n${agent}`);
    const ended = await place.collect('--config', 'servers.yaml', '-a', 'solver', '+max_attempts=1');
    expect(ended.exitCode, ended.stderr).toBe(0);
    const [record] = parseLines(
      [...(await place.lines('out.jsonl'))].map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    expect(record).toMatchObject({reward: 0.5});
    expect(tools.seen.at(0)).toBe('/seed_session ');
    expect(tools.seen.at(-1)).toBe('/verify session=1');
  });
});
