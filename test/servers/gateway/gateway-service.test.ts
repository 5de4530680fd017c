import OpenAI, {AzureOpenAI} from 'openai';
import {describe, expect, it} from 'vitest';
import {CallError} from '../../../src/core/errors.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import type {WireModel} from '../../../src/core/wire.ts';
import type {GatewayBackend, GatewayRoute} from '../../../src/manifests/gateway-config.ts';
import {systemClock} from '../../../src/runtime/clock.ts';
import {gatewayRoutes} from '../../../src/servers/gateway/gateway-routes.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {createGatedEvents} from '../gated-events.ts';
import {openTestService, type TestService} from '../open-test-service.ts';
import {exchangeRaw} from '../raw-client.ts';
import {answerOf, backendOf, bodyAnswer, prefix, routeOf, scriptedWire} from './gateway-examples.ts';

const ignore = (): void => undefined;

interface Opened {
  readonly answer?: WireModel | undefined;
  readonly config?: GatewayBackend;
  readonly route?: Partial<GatewayRoute>;
  readonly at?: string;
  readonly clock?: ReturnType<typeof createFakeClock>;
  readonly token?: string;
}

async function openGateway({
  answer,
  config = backendOf(),
  route,
  at = '/azure-openai',
  ...rest
}: Opened = {}) {
  const wire = scriptedWire(answer);
  const {clock = systemClock, token} = rest;
  const routes = gatewayRoutes({
    routes: [routeOf('default/azure-openai', prefix(at), route)],
    backends: new Map([[config.name, {config, model: wire.model, deployments: ['gpt-4o-mini']}]]),
    random: () => 0,
    clock,
    logger: {debug: ignore, info: ignore, warn: ignore, error: ignore},
  });
  const service = await openTestService(routes, {name: 'gateway', kind: 'gateway', token});
  return {service, requests: wire.requests, [Symbol.asyncDispose]: () => service.close()};
}

const messages = [
  {role: 'system' as const, content: 'You are a helpful assistant.'},
  {role: 'user' as const, content: 'Write a short haiku about cloud computing.'},
];

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini-2024-07-18',
  choices: [{index: 0, message: {role: 'assistant', content: 'Clouds'}, finish_reason: 'stop'}],
};

function post(
  {url}: TestService,
  path: string,
  body: JsonObject | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url + path, {
    method: 'POST',
    headers: {'content-type': 'application/json', ...headers},
    body: text,
  });
}

async function codeOf(response: Response): Promise<unknown> {
  return ((await response.json()) as {error: {code: unknown}}).error.code;
}

describe('the gateway over a socket', () => {
  it('answers the call that the agentgateway page makes', async () => {
    await using gateway = await openGateway({answer: () => Promise.resolve(bodyAnswer(completion))});
    const response = await post(gateway.service, '/azure-openai', {model: '', messages});
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(completion);
    expect(response.headers.get('x-rollcall-backend')).toBe('default/azure-openai');
    expect(response.headers.get('x-rollcall-deployment')).toBe('gpt-4o-mini');
    expect(gateway.requests[0]?.body).toEqual({model: '', messages});
  });

  it('serves the official client', async () => {
    await using gateway = await openGateway({answer: () => Promise.resolve(bodyAnswer(completion))});
    const client = new OpenAI({
      baseURL: `${gateway.service.url}/azure-openai/v1`,
      apiKey: 'k',
      maxRetries: 0,
    });
    const answer = await client.chat.completions.create({model: 'any', messages});
    expect(answer.choices[0]?.message.content).toBe('Clouds');
    const models = await client.models.list();
    expect(models.data.map(({id}) => id)).toEqual(['gpt-4o-mini']);
  });

  it('serves the official client for Azure, with its paths and versions', async () => {
    await using gateway = await openGateway({answer: () => Promise.resolve(bodyAnswer(completion))});
    const client = new AzureOpenAI({
      endpoint: `${gateway.service.url}/azure-openai`,
      apiKey: 'k',
      apiVersion: '2024-10-21',
      deployment: 'theirs',
      maxRetries: 0,
    });
    await client.chat.completions.create({model: 'gpt-4o', messages});
    await client.responses.create({model: 'gpt-4o', input: 'hello'});
    await client.embeddings.create({model: 'e', input: 'hello', encoding_format: 'float'}).catch(ignore);
    expect(gateway.requests.map(({api}) => api)).toEqual(['chat', 'responses', 'embeddings']);
  });

  it('passes each event on as it comes, in order', async () => {
    const events = createGatedEvents();
    const answer = answerOf({kind: 'events', chunks: events});
    await using gateway = await openGateway({answer: () => Promise.resolve(answer)});
    const response = await post(gateway.service, '/azure-openai', {messages, stream: true});
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const frame of ['data: 1\n\n', 'data: 2\n\n', 'data: [DONE]\n\n']) {
      events.push(frame);
      expect((await reader?.read())?.value).toBe(frame);
    }
    events.end();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('leaves the backend when the client goes away', async () => {
    const events = createGatedEvents();
    const model: WireModel = (_, {cancellation}) => {
      cancellation.onCancel(() => events.end());
      return Promise.resolve(answerOf({kind: 'events', chunks: events}));
    };
    await using gateway = await openGateway({answer: model});
    const leaving = new AbortController();
    const response = await fetch(`${gateway.service.url}/azure-openai`, {
      method: 'POST',
      body: JSON.stringify({messages, stream: true}),
      signal: leaving.signal,
    });
    events.push('data: 1\n\n');
    await response.body?.getReader().read();
    leaving.abort();
    await events.left;
    await expect.poll(() => gateway.service.lines.at(-1)).toContain('"http.response.status_code":499');
  });

  it('cuts a call off with 504', async () => {
    const clock = createFakeClock();
    let asked: () => void = ignore;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const never: WireModel = (_, {cancellation}) =>
      new Promise((_resolve, reject) => {
        cancellation.onCancel(reject);
        asked();
      });
    await using gateway = await openGateway({answer: never, route: {requestTimeoutMs: 1000}, clock});
    const responding = post(gateway.service, '/azure-openai', {messages});
    await wasAsked;
    await clock.advance(1000);
    const response = await responding;
    expect([response.status, await codeOf(response)]).toEqual([504, 'ERR_GATEWAY_TIMEOUT']);
  });

  it('ends a stream that takes too long with an error that the official client throws', async () => {
    const clock = createFakeClock();
    const events = createGatedEvents();
    const answer = answerOf({kind: 'events', chunks: events});
    await using gateway = await openGateway({
      answer: () => Promise.resolve(answer),
      route: {requestTimeoutMs: 1000},
      clock,
    });
    const client = new OpenAI({baseURL: `${gateway.service.url}/azure-openai`, apiKey: 'k', maxRetries: 0});
    const stream = await client.chat.completions.create({model: '', messages, stream: true});
    const reader = stream[Symbol.asyncIterator]();
    events.push('data: {"choices":[]}\n\n');
    expect((await reader.next()).value).toEqual({choices: []});
    const failed = expect(reader.next()).rejects.toMatchObject({code: 'ERR_GATEWAY_TIMEOUT'});
    await clock.advance(1000);
    await failed;
    await expect.poll(() => gateway.service.lines.at(-1)).toContain('"error.type":"ERR_GATEWAY_TIMEOUT"');
  });

  it('keeps status and body of the service’s refusal', async () => {
    const body = {error: {code: 'content_filter', message: 'filtered', innererror: {code: 'x'}}};
    const error = new CallError('filtered', {
      code: 'ERR_MODEL_CONTENT_FILTER',
      fault: 'model',
      effect: 'rollout',
      httpStatus: 400,
      body,
    });
    await using gateway = await openGateway({answer: () => Promise.reject(error)});
    const response = await post(gateway.service, '/azure-openai', {messages});
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual(body);
  });

  it.each([
    ['GET /nowhere', undefined, 404, 'route_not_found'],
    ['POST /azure-openaiX', '{}', 404, 'route_not_found'],
    ['POST /%61zure-openai', '{}', 404, 'route_not_found'],
    ['POST /azure-openai/v1/files', '{}', 404, 'path_not_served'],
    ['GET /azure-openai', undefined, 405, 'method_not_allowed'],
    ['OPTIONS /azure-openai', undefined, 405, 'method_not_allowed'],
    ['POST /azure-openai/v1/chat/completions', '[1]', 400, 'invalid_json'],
    ['POST /azure-openai/v1/chat/completions', undefined, 400, 'invalid_json'],
  ])('refuses %s with %s in JSON', async (line, body, status, code) => {
    await using gateway = await openGateway();
    const [method = '', path = ''] = line.split(' ');
    const response = await fetch(gateway.service.url + path, {method, ...(body && {body})});
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
    expect(gateway.requests).toEqual([]);
  });

  it('takes dot segments of a bare client for what they are', async () => {
    await using gateway = await openGateway();
    const answer = await exchangeRaw(
      gateway.service,
      'POST /azure-openai/../../etc/passwd HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    expect(answer).toContain('path_not_served');
  });

  it('leaves health and metrics to the server, even where a route takes everything', async () => {
    await using gateway = await openGateway({at: '/'});
    const health = await fetch(`${gateway.service.url}/healthz`);
    expect(await health.json()).toEqual({status: 'ok'});
    expect((await fetch(`${gateway.service.url}/metrics`)).headers.get('content-type')).toContain(
      'text/plain',
    );
    expect((await post(gateway.service, '/v1/chat/completions', {messages})).status).toBe(200);
    expect((await post(gateway.service, '/', {messages})).status).toBe(200);
    expect(gateway.requests).toHaveLength(2);
  });

  it('does not hand on the token that opens the gateway itself', async () => {
    await using gateway = await openGateway({token: 'the-servers-own-token'});
    await post(gateway.service, '/azure-openai', {messages}, {authorization: 'Bearer the-servers-own-token'});
    const both = {'api-key': 'the-servers-own-token', authorization: 'Bearer theirs'};
    await post(gateway.service, '/azure-openai', {messages}, both);
    expect(gateway.requests.map(({authorization}) => authorization)).toEqual([undefined, 'Bearer theirs']);
  });

  it('tells its routes apart by host', async () => {
    await using gateway = await openGateway({route: {hostnames: ['*.example.com']}});
    const ask = (host: string): Promise<string> =>
      exchangeRaw(
        gateway.service,
        `GET /azure-openai/v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      );
    expect(await ask('llm.EXAMPLE.com:8080')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask('example.com')).toMatch(/^HTTP\/1\.1 404 /);
  });
});
