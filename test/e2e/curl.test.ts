import {spawnSync} from 'node:child_process';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {runShell} from '../helpers/run-program.ts';
import {backend, provider, refTo, route} from './gateway-manifests.ts';
import {type RunningProgram, serve} from './running-servers.ts';
import {key, setUpWorkplace, type Workplace} from './workplace.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;

const servers = `
policy_model:
  responses_api_models:
    azure_openai_model:
      openai_base_url: \${policy_base_url}
      openai_api_key: \${policy_api_key}
      openai_model: gpt
      default_query: {api-version: '2024-10-21'}
judge:
  resources_servers:
    equivalence_llm_judge:
      domain: knowledge
      judge_model_server: {type: responses_api_models, name: policy_model}
solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
      resources_server: {type: resources_servers, name: judge}
`;
const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {name: 'azure-key'},
  stringData: {Authorization: key},
};
const messages = [{role: 'user', content: 'Hello'}];
const chat = JSON.stringify({messages});

interface CurlAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

describe.skipIf(!hasCurl)('curl before the servers', () => {
  let place: Workplace;
  let running: RunningProgram;

  beforeAll(async () => {
    const answers = [{rule: {match: 'equivalence grader', reply: '[[A=B]]'}}, {echo: true}];
    place = await setUpWorkplace({
      simulator: {
        answers,
        deployments: {
          gpt: {content_filter: {block_prompt: ['forbidden']}},
          vectors: {model: 'text-embedding-3-small'},
        },
      },
    });
    await place.write('servers.yaml', servers);
    const {url} = place.simulator;
    const documents = [
      secret,
      backend('azure', [[provider('one', url, 'gpt', '2024-10-21')]]),
      backend('vectors', [[provider('one', url, 'vectors', '2024-10-21')]]),
      route('/azure-openai', [refTo('azure')]),
      route('/vectors', [refTo('vectors')]),
    ];
    await place.write('azure.yaml', documents.map((document) => JSON.stringify(document)).join('\n---\n'));
    const words = ['--config', 'servers.yaml', '-f', 'azure.yaml', '+gateway.port=0'];
    running = await serve(words, {cwd: place.folder.path});
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  async function curl(server: string, path: string, words = ''): Promise<CurlAnswer> {
    const form = '\\n%{http_code} %{content_type}';
    const line = `curl -sS -m 15 -w '${form}' ${words} '${running.url(server)}${path}'`;
    const {stdout, stderr, exitCode} = await runShell(line, {cwd: place.folder.path});
    if (exitCode !== 0) throw new Error(stderr);
    const end = stdout.lastIndexOf('\n');
    const [status = '', ...type] = stdout.slice(end + 1).split(' ');
    return {status: Number(status), type: type.join(' '), body: stdout.slice(0, end)};
  }

  const send = (body: unknown): string => `-d '${typeof body === 'string' ? body : JSON.stringify(body)}'`;

  it.each([
    ['policy_model', '/v1/chat/completions', send(chat), {object: 'chat.completion'}],
    [
      'policy_model',
      '/v1/chat/completions',
      `-H content-type:application/json ${send(chat)}`,
      {object: 'chat.completion'},
    ],
    ['policy_model', '/v1/responses', send({input: 'Hello'}), {object: 'response', status: 'completed'}],
    ['policy_model', '/v1/models', '', {object: 'list', data: [{id: 'gpt'}]}],
    ['policy_model', '/healthz', '', {status: 'ok'}],
    ['solver', '/v1/responses', send({input: 'Hello'}), {object: 'response', status: 'completed'}],
    [
      'solver',
      '/run',
      send({responses_create_params: {input: 'Hello'}, expected_answer: 'Hello'}),
      {reward: 1},
    ],
    ['judge', '/seed_session', send({}), {}],
    ['gateway', '/azure-openai', send({model: '', messages}), {object: 'chat.completion'}],
    ['gateway', '/azure-openai/v1/chat/completions', send(chat), {object: 'chat.completion'}],
    ['gateway', '/azure-openai/chat/completions/', send(chat), {object: 'chat.completion'}],
    ['gateway', '/azure-openai/v1/responses', send({input: 'Hello'}), {object: 'response'}],
    ['gateway', '/azure-openai/v1/models', '', {data: [{id: 'gpt'}]}],
    [
      'gateway',
      '/vectors/v1/embeddings',
      send({input: ['a', 'b']}),
      {object: 'list', data: [{index: 0}, {index: 1}]},
    ],
    ['gateway', '/healthz', '', {status: 'ok'}],
  ])('gets JSON from %s%s with %s', async (server, path, words, expected) => {
    const {status, type, body} = await curl(server, path, words);
    expect([status, type], body).toEqual([200, 'application/json']);
    expect(JSON.parse(body)).toMatchObject(expected);
  });

  it.each([
    ['policy_model', '/v1/chat/completions', {messages, stream: true}, /^data: \{.*\n\ndata: \[DONE\]\n\n$/s],
    [
      'policy_model',
      '/v1/responses',
      {input: 'Hello', stream: true},
      /^event: response\.created\n.*event: response\.completed\n/s,
    ],
    [
      'solver',
      '/v1/responses',
      {input: 'Hello', stream: true},
      /^event: response\.created\n.*event: response\.completed\n/s,
    ],
    ['gateway', '/azure-openai', {messages, stream: true}, /^data: \{.*\n\ndata: \[DONE\]\n\n$/s],
    ['gateway', '/azure-openai/responses', {input: 'Hello', stream: true}, /event: response\.completed\n/],
  ])('gets events from %s%s', async (server, path, body, expected) => {
    const answer = await curl(server, path, `-N ${send(body)}`);
    expect([answer.status, answer.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(answer.body).toMatch(expected);
  });

  it.each([
    ['policy_model', '/v1/chat/completions', send('{"messages":'), 400, 'invalid_json'],
    ['policy_model', '/v1/chat/completions', send('[]'), 400, 'invalid_json'],
    ['policy_model', '/v1/chat/completions', '-X POST', 400, 'invalid_json'],
    ['policy_model', '/v1/chat/completions', send({}), 400, 'missing_required_parameter'],
    ['policy_model', '/v1/chat/completions', '', 405, 'method_not_allowed'],
    ['policy_model', '/v1/embeddings', send({input: 'a'}), 404, 'not_found'],
    ['policy_model', '/v1/models/other', '', 404, 'model_not_found'],
    ['policy_model', '/v1/responses', send({input: 'forbidden'}), 400, 'content_filter'],
    ['policy_model', '/v1/responses', send({input: 'forbidden', stream: true}), 400, 'content_filter'],
    [
      'policy_model',
      '/v1/chat/completions',
      `-H content-encoding:br ${send(chat)}`,
      400,
      'invalid_content_encoding',
    ],
    ['gateway', '/azure-openai', send('{'), 400, 'invalid_json'],
    ['gateway', '/azure-openai', '-X DELETE', 405, 'method_not_allowed'],
    ['gateway', '/azure-openai/v1/images/generations', send({}), 404, 'path_not_served'],
    ['gateway', '/azure-openai-2', send(chat), 404, 'route_not_found'],
    ['gateway', '/azure-openai/v1/embeddings', send({input: 'a'}), 400, 'OperationNotSupported'],
    ['gateway', '/vectors', send(chat), 400, 'OperationNotSupported'],
    [
      'gateway',
      '/azure-openai',
      send({messages: [{role: 'user', content: 'forbidden'}]}),
      400,
      'content_filter',
    ],
  ])('gets an error in OpenAI’s shape from %s%s with %s', async (...[server, path, words, status, code]) => {
    const answer = await curl(server, path, words);
    expect([answer.status, answer.type], answer.body).toEqual([status, 'application/json']);
    expect(JSON.parse(answer.body)).toMatchObject({error: {message: expect.any(String) as string, code}});
    expect(answer.body).not.toContain(key);
  });

  it('gets the head of what it may GET, and nothing else', async () => {
    for (const [server, path] of [
      ['policy_model', '/v1/models'],
      ['gateway', '/azure-openai/models'],
    ] as const)
      expect(await curl(server, path, '-I -o /dev/null')).toMatchObject({
        status: 200,
        type: 'application/json',
      });
  });

  it('may pack its body, and wait to be told to go on', async () => {
    await place.write(
      'big.json',
      JSON.stringify({messages: [{role: 'user', content: 'x'.repeat(2_000_000)}]}),
    );
    await runShell('gzip -k big.json', {cwd: place.folder.path});
    const packed = '-H content-encoding:gzip -H Expect:100-continue --data-binary @big.json.gz';
    const whole = await curl('policy_model', '/v1/chat/completions', '--data-binary @big.json');
    expect(await curl('policy_model', '/v1/chat/completions', packed)).toMatchObject({status: whole.status});
  });
});
