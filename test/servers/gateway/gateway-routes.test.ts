import {describe, expect, it} from 'vitest';
import {CallError} from '../../../src/core/errors.ts';
import type {WireModel} from '../../../src/core/wire.ts';
import type {GatewayBackend, GatewayRoute} from '../../../src/manifests/gateway-config.ts';
import {seededRandom} from '../../../src/runtime/random.ts';
import {gatewayRoutes} from '../../../src/servers/gateway/gateway-routes.ts';
import {RequestRefusal} from '../../../src/servers/http/request-refusal.ts';
import type {RequestNotes, ServiceReply, ServiceRequest} from '../../../src/servers/http/service.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {
  answerOf,
  backendOf,
  bodyAnswer,
  exact,
  freeBackend,
  prefix,
  readText,
  requestOf,
  routeOf,
  scriptedWire,
  streamOf,
} from './gateway-examples.ts';

interface Served {
  readonly config: GatewayBackend;
  readonly model: WireModel;
  readonly deployments: readonly string[];
}

function open(routes: readonly GatewayRoute[], backends: readonly Served[], random = (): number => 0) {
  const warnings: string[] = [];
  const ignore = (): void => undefined;
  const clock = createFakeClock();
  const [route] = gatewayRoutes({
    routes,
    backends: new Map(backends.map((backend) => [backend.config.name, backend])),
    random,
    clock,
    logger: {debug: ignore, info: ignore, warn: (text) => warnings.push(text), error: ignore},
  });
  if (route === undefined) throw new Error('no route');
  const ask = async (line: string, rest?: Partial<ServiceRequest>): Promise<ServiceReply> =>
    await route.handle(requestOf(line, rest));
  return {ask, warnings, clock};
}

function openOne(answer?: WireModel, config = backendOf(), route: Partial<GatewayRoute> = {}) {
  const wire = scriptedWire(answer);
  const routes = [routeOf('default/azure-openai', prefix('/azure-openai'), route)];
  const served = [{config, model: wire.model, deployments: ['gpt-4o-mini']}];
  return {...open(routes, served), requests: wire.requests};
}

const messages = [
  {role: 'system', content: 'You are a helpful assistant.'},
  {role: 'user', content: 'Write a short haiku about cloud computing.'},
];

async function refusalOf(asked: Promise<unknown>): Promise<RequestRefusal> {
  const thrown: unknown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof RequestRefusal) return thrown;
  throw new Error('not refused', {cause: thrown});
}

describe('a call through the gateway', () => {
  it.each([
    ['/azure-openai', 'chat', {messages}],
    ['/azure-openai/v1/chat/completions', 'chat', {messages}],
    ['/azure-openai/v1/responses', 'responses', {input: 'hello'}],
    ['/azure-openai/v1/embeddings', 'embeddings', {input: ['a', 'b']}],
    ['/azure-openai/openai/deployments/other/chat/completions?api-version=2020-01-01', 'chat', {messages}],
    ['/azure-openai/openai/deployments/other/embeddings?api-version=2020-01-01', 'embeddings', {input: 'a'}],
    ['/azure-openai/openai/responses?api-version=2025-03-01-preview', 'responses', {input: 'hello'}],
    ['/azure-openai/openai/v1/responses', 'responses', {input: 'hello'}],
    ['/azure-openai/../../v1/chat/completions', 'chat', {messages}],
  ])('to %s is one of %s', async (path, api, body) => {
    const {ask, requests} = openOne();
    await ask(`POST ${path}`, {body});
    expect(requests).toEqual([{api, body, authorization: undefined, tryTimeoutMs: undefined}]);
  });

  it('hands on the client’s authorization, and no other header', async () => {
    const {ask, requests} = openOne();
    const headers = {authorization: 'Bearer t', 'api-key': 'k', cookie: 'c', 'x-ms-region': 'r'};
    await ask('POST /azure-openai', {body: {messages}, headers});
    expect(requests[0]).toEqual({
      api: 'chat',
      body: {messages},
      authorization: 'Bearer t',
      tryTimeoutMs: undefined,
    });
  });

  it('passes the answer on as it is, with who gave it', async () => {
    const answer = {...bodyAnswer({id: 'x'}), headers: {'x-ratelimit-remaining-tokens': '7'}};
    const {ask} = openOne(() => Promise.resolve(answer));
    expect(await ask('POST /azure-openai', {body: {messages}})).toEqual({
      headers: {
        'x-ratelimit-remaining-tokens': '7',
        'x-rollcall-backend': 'default/azure-openai',
        'x-rollcall-deployment': 'gpt-4o-mini',
      },
      body: {bytes: '{"id":"x"}'},
    });
  });

  it('names no deployment in a header that a header cannot hold', async () => {
    const trace = {deployment: 'gpt\r\nset-cookie: a=b', calls: 1, queuedMs: 0, callMs: 1};
    const {ask} = openOne(() => Promise.resolve({...bodyAnswer(), trace}), freeBackend());
    const {headers} = await ask('POST /azure-openai', {body: {messages, model: 'gpt'}});
    expect(headers).toEqual({'x-rollcall-backend': 'default/azure-openai'});
  });

  it('passes a failure on as it is', async () => {
    const error = new CallError('no', {
      code: 'ERR_MODEL_AUTH',
      fault: 'model',
      effect: 'run',
      httpStatus: 401,
    });
    const {ask} = openOne(() => Promise.reject(error));
    await expect(ask('POST /azure-openai', {body: {messages}})).rejects.toBe(error);
  });

  it('notes what is known before the answer’s end, and the rest after it', async () => {
    const answer = answerOf({kind: 'events', chunks: streamOf('data: 1\n\n', 'data: 2\n\n')});
    const {ask} = openOne(() => Promise.resolve(answer));
    const notes: RequestNotes = {};
    const {body} = await ask('POST /azure-openai/v1/chat/completions', {
      body: {messages, stream: true, model: 'my-model'},
      notes,
    });
    const known = {
      operation: 'chat',
      target: 'default/azure-openai',
      requestModel: 'my-model',
      deployment: 'gpt-4o-mini',
      calls: 1,
      queuedMs: 0,
      upstreamRequestId: 'r-1',
    };
    expect(notes).toEqual(known);
    if (!('events' in body)) throw new Error('not a stream');
    expect(await readText(body.events)).toBe('data: 1\n\ndata: 2\n\n');
    Object.assign(answer.facts, {responseModel: 'gpt-4o-mini-2024', inputTokens: 3, outputTokens: 5});
    body.onEnd?.();
    expect(notes).toEqual({
      ...known,
      responseModel: 'gpt-4o-mini-2024',
      inputTokens: 3,
      outputTokens: 5,
    });
  });

  it('uses the deployment of an Azure client’s path only where none is set', async () => {
    const path = 'POST /azure-openai/openai/deployments/theirs/chat/completions';
    const set = openOne();
    await set.ask(path, {body: {messages}});
    expect(set.requests[0]?.body).toEqual({messages});
    const free = openOne(undefined, freeBackend());
    const notes: RequestNotes = {};
    await free.ask(path, {body: {messages}, notes});
    expect(free.requests[0]?.body).toEqual({messages, model: 'theirs'});
    expect(notes.requestModel).toBe('theirs');
  });

  it('goes by the backend’s own table of paths', async () => {
    const {ask, requests} = openOne(undefined, backendOf({routes: {'/ask': 'responses'}}));
    await ask('POST /azure-openai/ask', {body: {input: 'hello'}});
    expect(requests[0]?.api).toBe('responses');
  });
});

describe('time limits of a route', () => {
  it('give each try its limit', async () => {
    const {ask, requests} = openOne(undefined, backendOf(), {backendRequestTimeoutMs: 2500});
    await ask('POST /azure-openai', {body: {messages}});
    expect(requests[0]?.tryTimeoutMs).toBe(2500);
  });

  it('cut the whole exchange off', async () => {
    const never: WireModel = (_, {cancellation}) =>
      new Promise((_resolve, reject) => void cancellation.onCancel(reject));
    const {ask, clock} = openOne(never, backendOf(), {requestTimeoutMs: 1000});
    const failed = expect(ask('POST /azure-openai', {body: {messages}})).rejects.toMatchObject({
      code: 'ERR_GATEWAY_TIMEOUT',
    });
    await clock.advance(1000);
    await failed;
  });

  it('of 0 are none', async () => {
    const {ask, clock, requests} = openOne(undefined, backendOf(), {
      requestTimeoutMs: 0,
      backendRequestTimeoutMs: 0,
    });
    await ask('POST /azure-openai', {body: {messages}});
    expect(requests[0]?.tryTimeoutMs).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the list of models', () => {
  const second = backendOf({name: 'default/second'});
  const idle = backendOf({name: 'default/idle'});
  const {model, requests} = scriptedWire();
  const served = [
    {config: backendOf(), model, deployments: ['gpt-4o', 'gpt-4o-mini']},
    {config: second, model, deployments: ['gpt-4o', 'o3']},
    {config: idle, model, deployments: ['unused']},
  ];
  const route = routeOf('r', prefix('/a'), {
    backends: [
      {backend: 'default/azure-openai', weight: 1},
      {backend: 'default/second', weight: 9},
      {backend: 'default/idle', weight: 0},
    ],
  });

  it.each(['GET', 'HEAD'])(
    'has each deployment of all backends that %s may reach, and asks none',
    async (method) => {
      const notes: RequestNotes = {};
      const reply = await open([route], served).ask(`${method} /a/v1/models`, {notes});
      expect(reply.body).toEqual({
        json: {
          object: 'list',
          data: ['gpt-4o', 'gpt-4o-mini', 'o3'].map((id) => ({
            id,
            object: 'model',
            created: 1_750_000_000,
            owned_by: 'rollcall',
          })),
        },
      });
      expect(notes).toEqual({target: 'r', operation: 'models'});
      expect(requests).toEqual([]);
    },
  );

  it('is empty where the client names the deployment', async () => {
    const free = [{config: freeBackend(), model, deployments: []}];
    const reply = await open([routeOf('r', prefix('/a'))], free).ask('GET /a/models');
    expect(reply.body).toEqual({json: {object: 'list', data: []}});
  });
});

describe('what the gateway refuses', () => {
  it('is a path without a route, with the routes there are', async () => {
    const {model} = scriptedWire();
    const routes = [
      routeOf('a', prefix('/azure-openai')),
      routeOf('b', [exact('/b', {method: 'POST'}), exact('/b', {method: 'POST'})], {hostnames: ['*.com']}),
      routeOf('c', prefix('/c', {headers: [{type: 'Exact', name: 'x-team', value: 'hidden'}]})),
    ];
    const {ask} = open(routes, [{config: backendOf(), model, deployments: []}]);
    const {status, body} = await refusalOf(ask(`POST /${'x'.repeat(5000)}`, {body: {}}));
    expect(status).toBe(404);
    expect(body.error).toMatchObject({type: 'invalid_request_error', code: 'route_not_found', param: null});
    expect(body.error.message).toMatch(
      /^No route takes POST \/x{199}…\. There is \/azure-openai, POST \/b on \*\.com, \/c \(by x-team\)\.$/,
    );
  });

  it('is everything where there is no route', async () => {
    const {message} = await refusalOf(open([], []).ask('GET /'));
    expect(message).toBe('No route takes GET /. There is no route at all.');
  });

  it('is a path below a route where nothing is, with what there is', async () => {
    const {status, body, message} = await refusalOf(openOne().ask('POST /azure-openai/v1/files'));
    expect([status, body.error.code]).toEqual([404, 'path_not_served']);
    expect(message).toContain('POST …/v1/chat/completions');
    expect(message).toContain('GET …/v1/models');
  });

  it.each([
    ['GET /azure-openai', 'POST'],
    ['PUT /azure-openai/v1/responses', 'POST'],
    ['OPTIONS /azure-openai/v1/embeddings', 'POST'],
    ['POST /azure-openai/v1/models', 'GET, HEAD'],
  ])('is a method that the path does not take: %s', async (line, allow) => {
    const {status, headers, body} = await refusalOf(openOne().ask(line));
    expect([status, body.error.code, headers]).toEqual([405, 'method_not_allowed', {allow}]);
  });

  it.each([
    ['no body', undefined],
    ['no messages', {}],
    ['messages that are no list', {messages: 'hello'}],
    ['a stream that is neither true nor false', {messages, stream: 'yes'}],
  ])('is a call with %s', async (_, body) => {
    const {ask, requests} = openOne();
    const refusal = await refusalOf(ask('POST /azure-openai', {body}));
    expect(refusal.status).toBe(400);
    expect(requests).toEqual([]);
  });

  it('is a call without a model where the backend has no deployment', async () => {
    const {ask} = openOne(undefined, freeBackend());
    const {status, body} = await refusalOf(ask('POST /azure-openai', {body: {messages, model: ''}}));
    expect([status, body.error.code, body.error.param]).toEqual([400, 'missing_model', 'model']);
  });

  it.each([
    ['no backend', []],
    ['no backend with a weight', [{backend: 'default/azure-openai', weight: 0}]],
  ])('is every call to a route with %s', async (_, backends) => {
    const {status, body} = await refusalOf(
      openOne(undefined, backendOf(), {backends}).ask('POST /azure-openai', {body: {messages}}),
    );
    expect([status, body.error.code, body.error.type]).toEqual([500, 'no_backend', 'server_error']);
  });
});

it('gives each backend its share of the calls', async () => {
  const [one, three] = [scriptedWire(), scriptedWire()];
  const route = routeOf('r', prefix('/a'), {
    backends: [
      {backend: 'default/azure-openai', weight: 1},
      {backend: 'default/three', weight: 3},
    ],
  });
  const served = [
    {config: backendOf(), model: one.model, deployments: []},
    {config: backendOf({name: 'default/three'}), model: three.model, deployments: []},
  ];
  const {ask} = open([route], served, seededRandom(4));
  for (let call = 0; call < 2000; call++) await ask('POST /a', {body: {messages}});
  expect(one.requests.length + three.requests.length).toBe(2000);
  expect(three.requests.length / 2000).toBeCloseTo(0.75, 1);
});

it('warns of a route at a path that is the server’s own', () => {
  const {model} = scriptedWire();
  const routes = [routeOf('default/health', exact('/healthz')), routeOf('all', prefix('/'))];
  const {warnings} = open(routes, [{config: backendOf(), model, deployments: []}]);
  expect(warnings).toEqual([expect.stringContaining('default/health: /healthz')]);
});

it('does not open with a route to a backend that is not there', () => {
  expect(() => open([routeOf('r', prefix('/a'))], [])).toThrow('route r: backend default/azure-openai');
});
