import {describe, expect, it} from 'vitest';
import {CancelledError} from '../../src/core/errors.ts';
import {agentsOf, askHead, findAgent, type HeadView} from '../../src/gym/head-client.ts';
import {parseHeadConfig} from '../../src/gym/head-config.ts';
import {askInstances} from '../../src/gym/head-instances.ts';
import {type Answer, closedPort, type GymDoors, json, openDoors, openGymServer} from './gym-server.ts';

// As OmegaConf prints a merged configuration: sorted by nothing, missing values and interpolations left in.
const yaml = `config_paths:
- a.yaml
policy_api_key: '****'
policy_model:
  responses_api_models:
    azure_openai_model:
      entrypoint: app.py
      openai_base_url: \${policy_base_url}
      default_query:
        api-version: ???
      host: 127.0.0.1
      port: 14001
judge:
  resources_servers:
    equivalence_llm_judge:
      host: 0.0.0.0
      port: 14002
math_agent:
  responses_api_agents:
    simple_agent:
      entrypoint: app.py
      host: 10.0.0.7
      port: 14003
code_agent:
  responses_api_agents:
    description: first
    simple_agent:
      host: 0.0.0.0
      port: 14004
far_agent:
  responses_api_agents:
    url: https://agents.example/far
portless:
  responses_api_agents:
    simple_agent:
      host: ???
      port: ???
unresolved:
  responses_api_agents:
    simple_agent:
      host: \${default_host}
      port: '14005'
head_server:
  host: 127.0.0.1
  port: 11000
`;

const configRoute =
  (text: string): Answer =>
  (request, response, index) => {
    const isIt = request.path === '/global_config_dict_yaml';
    json(isIt ? JSON.stringify(text) : '{"detail":"Not Found"}', isIt ? 200 : 404)(request, response, index);
  };

function optionsOf(doors: GymDoors, port: number) {
  return {...doors, host: '127.0.0.1', port};
}

async function askAgainst(answer: Answer): Promise<HeadView> {
  await using doors = openDoors();
  await using server = await openGymServer(answer);
  return await askHead(optionsOf(doors, server.port));
}

describe('askHead', () => {
  it('finds what runs, by kind, with its address', async () => {
    const view = await askAgainst(configRoute(yaml));
    expect(view.servers.slice(0, 2).map(({name, kind}) => [name, kind])).toEqual([
      ['policy_model', 'responses_api_models'],
      ['judge', 'resources_servers'],
    ]);
    expect(view.servers.filter(({kind}) => kind === 'responses_api_agents')).toEqual([
      {
        name: 'math_agent',
        kind: 'responses_api_agents',
        implementation: 'simple_agent',
        url: 'http://10.0.0.7:14003',
      },
      {
        name: 'code_agent',
        kind: 'responses_api_agents',
        implementation: 'simple_agent',
        url: 'http://127.0.0.1:14004',
      },
      {
        name: 'far_agent',
        kind: 'responses_api_agents',
        implementation: 'url',
        url: 'https://agents.example/far',
      },
      {name: 'portless', kind: 'responses_api_agents', implementation: 'simple_agent', url: undefined},
      {
        name: 'unresolved',
        kind: 'responses_api_agents',
        implementation: 'simple_agent',
        url: 'http://127.0.0.1:14005',
      },
    ]);
  });

  it('gives an agent by its name', async () => {
    const view = await askAgainst(configRoute(yaml));
    expect(findAgent(view, 'math_agent').url).toBe('http://10.0.0.7:14003');
  });

  it('lists the agents where there is none of that name, and guesses', async () => {
    const view = await askAgainst(configRoute(yaml));
    expect(() => findAgent(view, 'maths_agent')).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        fault: 'config',
        message: expect.stringContaining('math_agent, code_agent, far_agent') as string,
        hint: 'Did you mean math_agent?',
      }) as Error,
    );
    expect(() => findAgent(view, 'judge')).toThrow(/knows no agent judge/);
    expect(() => findAgent({...view, servers: []}, 'x')).toThrow(/it has none/);
  });

  it('says so where an agent has no port yet', async () => {
    const view = await askAgainst(configRoute(yaml));
    expect(() => findAgent(view, 'portless')).toThrow(expect.objectContaining({code: 'ERR_CONFIG'}) as Error);
  });

  it('gives all agents that have an address', async () => {
    const view = await askAgainst(configRoute(yaml));
    const names = ['math_agent', 'code_agent', 'far_agent', 'unresolved'];
    expect(agentsOf(view).map(({name}) => name)).toEqual(names);
  });

  it.each([
    ['only policy_model, judge', 2],
    ['no server at all', 0],
  ])('says that it has no agent at all, but %s', async (what, count) => {
    const view = await askAgainst(configRoute(yaml));
    expect(() => agentsOf({...view, servers: view.servers.slice(0, count)})).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringContaining('knows no agent') as string,
        hint: expect.stringContaining(`It knows ${what}.`) as string,
      }) as Error,
    );
  });

  it('names the address where nothing listens, and the two ways on', async () => {
    await using doors = openDoors();
    const port = await closedPort();
    await expect(askHead(optionsOf(doors, port))).rejects.toMatchObject({
      code: 'ERR_HEAD_SERVER',
      fault: 'config',
      message: expect.stringContaining(`http://127.0.0.1:${String(port)}`) as string,
      hint: expect.stringMatching(/rollcall run.*--config/) as string,
    });
  });

  it.each([
    ['another server', json('{"detail":"Not Found"}', 404), 'Not Found'],
    ['a page', json('<html>hello</html>'), 'no head server'],
    ['JSON that is no text', json('{"a":1}'), 'no head server'],
    ['a text that is no mapping', json('"- a"'), 'no head server'],
    ['broken YAML', json(JSON.stringify('a: [1')), 'no head server'],
    [
      'YAML with aliases without end',
      json(JSON.stringify(`a: &a [x]\nb: &b [${'*a,'.repeat(99)}]\nc: [${'*b,'.repeat(99)}]`)),
      'no head server',
    ],
  ])('takes %s for no head server', async (_, answer, said) => {
    await expect(askAgainst(answer)).rejects.toMatchObject({
      code: 'ERR_HEAD_SERVER',
      message: expect.stringContaining(said) as string,
    });
  });

  it('shows nothing of a configuration that it cannot read, for there are keys in it', async () => {
    const failure: unknown = await askAgainst(configRoute('policy_api_key: sk-1234567890\nb: [')).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      message: expect.stringMatching(/broken in line \d+ \([A-Z_]+\)$/) as string,
    });
    expect(JSON.stringify(failure)).not.toContain('sk-1234567890');
  });

  it('says where a token is wanted, and shows the one that is given', async () => {
    await using doors = openDoors();
    await using server = await openGymServer((request, response, index) => {
      const isKnown = request.headers.authorization === 'Bearer tok';
      const refusal = json('{"error":{"message":"no","code":"invalid_server_token"}}', 401);
      (isKnown ? json('"a: 1"') : refusal)(request, response, index);
    });
    const options = optionsOf(doors, server.port);
    await expect(askHead(options)).rejects.toMatchObject({
      hint: 'It wants its token: set `server_token`.',
    });
    expect(await askHead({...options, token: 'tok'})).toMatchObject({servers: []});
  });

  it('waits ten seconds for a server that hangs, unless it is cancelled', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(() => undefined);
    const failed = expect(askHead(optionsOf(doors, server.port))).rejects.toMatchObject({
      code: 'ERR_HEAD_SERVER',
    });
    await server.received(1);
    await doors.clock.advance(10_000);
    await failed;
    const cut = expect(askHead(optionsOf(doors, server.port))).rejects.toBeInstanceOf(CancelledError);
    await server.received(2);
    doors.cancellation.cancel();
    await cut;
  });

  it.each([
    ['a: 1\na: 2\n', {a: 2}],
    ['a: ???\n', {a: '???'}],
    ['a: !odd 1\n', {a: '1'}],
    ['1: {2: x}\n', {1: {2: 'x'}}],
  ])('reads %j as far as it can be read', (text, expected) => {
    expect(parseHeadConfig(JSON.stringify(text))).toEqual({config: expected});
  });
});

describe('askInstances', () => {
  it('says what was started and whether it answers', async () => {
    await using doors = openDoors();
    await using up = await openGymServer(json('<html>', 500));
    const down = await closedPort();
    const started = {
      server_type: 'responses_api_agents',
      name: 'simple_agent',
      pid: 7,
      start_time: 1_749_999_940.5,
      status: null,
    };
    await using head = await openGymServer(
      json(
        JSON.stringify([
          {...started, process_name: 'up', host: '127.0.0.1', port: up.port, url: up.url},
          {...started, process_name: 'by_port', host: '0.0.0.0', port: up.port, url: null},
          {
            ...started,
            process_name: 'everywhere',
            host: '0.0.0.0',
            port: up.port,
            url: `http://0.0.0.0:${String(up.port)}`,
          },
          {...started, process_name: 'down', url: `http://127.0.0.1:${String(down)}`, start_time: null},
          {process_name: 'bare\u001b[2J'},
          'nonsense',
        ]),
      ),
    );
    const common = {kind: 'responses_api_agents', implementation: 'simple_agent', pid: 7, uptimeS: 59.5};
    expect(await askInstances(optionsOf(doors, head.port))).toEqual([
      {...common, name: 'up', url: up.url, isUp: true},
      {...common, name: 'by_port', url: up.url, isUp: true},
      {...common, name: 'everywhere', url: up.url, isUp: true},
      {...common, name: 'down', url: `http://127.0.0.1:${String(down)}`, uptimeS: undefined, isUp: false},
      {
        name: 'bare [2J',
        kind: '',
        implementation: '',
        url: undefined,
        pid: undefined,
        uptimeS: undefined,
        isUp: false,
      },
    ]);
  });

  it('gives a server two seconds to answer', async () => {
    await using doors = openDoors();
    await using hanging = await openGymServer(() => undefined);
    await using head = await openGymServer(json(JSON.stringify([{process_name: 'h', url: hanging.url}])));
    const asked = askInstances(optionsOf(doors, head.port));
    await hanging.received(1);
    await doors.clock.advance(2_000);
    expect(await asked).toMatchObject([{name: 'h', isUp: false}]);
  });

  it('shows its token to servers of the head’s own host only', async () => {
    await using doors = openDoors();
    await using up = await openGymServer(json('{}'));
    const far = up.url.replace('127.0.0.1', 'localhost');
    const list = [
      {process_name: 'near', url: up.url},
      {process_name: 'far', url: far},
      {process_name: 'none', url: 'no url'},
    ];
    await using head = await openGymServer(json(JSON.stringify(list)));
    const statuses = await askInstances({...optionsOf(doors, head.port), token: 'tok'});
    expect(statuses.map(({isUp}) => isUp)).toEqual([true, true, false]);
    const shown = up.requests.map(({headers}) => [headers.host?.split(':')[0], headers.authorization]);
    expect(new Set(shown.map(String))).toEqual(new Set(['127.0.0.1,Bearer tok', 'localhost,']));
  });

  it('takes what is no list for no head server', async () => {
    await using doors = openDoors();
    await using server = await openGymServer(json('{"a":1}'));
    await expect(askInstances(optionsOf(doors, server.port))).rejects.toMatchObject({
      code: 'ERR_HEAD_SERVER',
    });
  });
});
