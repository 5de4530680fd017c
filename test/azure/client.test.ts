import {describe, expect, it} from 'vitest';
import {type AzureClient, type AzureClientOptions, createAzureClient} from '../../src/azure/client.ts';
import {createCredentials} from '../../src/azure/credentials.ts';
import {type EndpointInput, normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CancelledError} from '../../src/core/errors.ts';
import {createRedactor} from '../../src/core/redact.ts';
import {createFakeClock, settle} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {chunkedHead, httpChunk, openScriptedServer, reply} from './scripted-server.ts';

const key = 'canary-key-0123456789';
const ask = {cancellation: neverCancelled};
const chat = 'chat/completions';

describe('a request', () => {
  it('goes to the deployment with key, version, agent and an id of its own', async () => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, {ok: true})));
    await using client = open(server.origin);
    await client.post(chat, {a: 1}, ask);
    await client.post(chat, {a: 2}, ask);
    const [first = '', second = ''] = server.requests;
    expect(first).toMatch(
      /^POST \/openai\/deployments\/my%20dep\/chat\/completions\?api-version=2024-10-21 HTTP/,
    );
    expect(first).toContain(`api-key: ${key}\r\n`);
    expect(first).toContain('user-agent: rollcall/test\r\n');
    expect(first).toContain('content-type: application/json\r\n');
    expect(first).toContain('accept: application/json\r\n');
    expect(first).toContain('x-ms-client-request-id: id-1\r\n');
    expect(second).toContain('x-ms-client-request-id: id-2\r\n');
    expect(first.endsWith('\r\n\r\n{"a":1}')).toBe(true);
  });

  it('goes to any operation, with a gateway’s query', async () => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, {ok: true})));
    await using client = open(server.origin, {}, {baseUrl: `${server.origin}/openai/v1?k=v`});
    await client.post('responses', {}, ask);
    await client.post('embeddings', {}, ask);
    expect(server.requests.map((text) => text.split(' ')[1])).toEqual([
      '/openai/v1/responses?k=v',
      '/openai/v1/embeddings?k=v',
    ]);
  });
});

describe('a call with a deployment of its own', () => {
  it.each([
    ['in the place of the client’s', 'my dep'],
    ['where the client has none', undefined],
  ])('goes there, %s', async (_, deployment) => {
    await using server = await openScriptedServer((socket) => socket.write(reply(404, '{}')));
    const baseUrl = `${server.origin}/openai?api-version=2024-10-21`;
    await using client = open(server.origin, {deployment}, {baseUrl});
    const call = client.post(chat, {}, {...ask, deployment: 'theirs'});
    await expect(call).rejects.toMatchObject({
      hint: expect.stringContaining('/deployments/theirs/') as string,
    });
    expect(server.requests[0]).toMatch(/^POST \/openai\/deployments\/theirs\/chat/);
  });
});

describe('a reply', () => {
  it('comes with what its headers tell', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(
        reply(
          200,
          {ok: true},
          {
            'apim-request-id': 'r-1',
            'x-ms-region': 'Sweden Central',
            'x-ms-deployment-name': 'dep',
            'x-ms-spillover-from-deployment': 'ptu',
            'openai-processing-ms': '321',
            'x-rollcall-simulated': 'true',
          },
        ),
      ),
    );
    await using client = open(server.origin);
    const {body, facts} = await client.post(chat, {}, ask);
    expect(body).toEqual({ok: true});
    expect(facts).toMatchObject({
      requestId: 'r-1',
      region: 'Sweden Central',
      servedBy: 'dep',
      spilledFrom: 'ptu',
      processingMs: 321,
      simulated: true,
      exchanges: 1,
    });
  });

  it.each([
    ['an empty body', '', 'ERR_MODEL_MALFORMED', /is empty/],
    ['a page', '<html>Sign in</html>', 'ERR_MODEL_MALFORMED', /HTML/],
    ['half a body', '{"choices":[', 'ERR_MODEL_TRUNCATED', /ends in the middle/],
    ['a list', '[]', 'ERR_MODEL_MALFORMED', /no JSON object/],
    ['words', 'OK', 'ERR_MODEL_MALFORMED', /no JSON object/],
    [
      'an error in disguise',
      '{"error":{"code":"429","message":"slow down"}}',
      'ERR_MODEL_RATE_LIMIT',
      /slow down/,
    ],
  ])('that is %s is no answer', async (_, body, code, message) => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, body)));
    await using client = open(server.origin);
    await expect(client.post(chat, {}, ask)).rejects.toMatchObject({
      code,
      effect: 'retry',
      message: expect.stringMatching(message) as string,
      httpStatus: 200,
    });
  });

  it('may begin with a byte order mark', async () => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, '\ufeff{"ok":true}')));
    await using client = open(server.origin);
    expect((await client.post(chat, {}, ask)).body).toEqual({ok: true});
  });

  it('that fails is named, without the key that it repeats', async () => {
    await using server = await openScriptedServer((socket, request) => {
      const sent = /api-key: (\S+)/.exec(request)?.[1] ?? '';
      socket.write(reply(401, {error: {code: '401', message: `bad key ${sent}`}}));
    });
    await using client = open(server.origin);
    const error: unknown = await client.post(chat, {}, ask).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_MODEL_AUTH',
      effect: 'run',
      message: 'Invalid API key or endpoint (401): bad key ****',
      hint: expect.stringContaining('/openai/deployments/my%20dep/') as string,
    });
    expect(JSON.stringify(error)).not.toContain('canary');
    expect(server.requests).toHaveLength(1);
  });
});

describe('a token that is refused', () => {
  const refusal = reply(401, {
    statusCode: 401,
    message: 'Unauthorized. Access token is missing, invalid or expired.',
  });

  it('is renewed once, and the request sent again', async () => {
    await using server = await openScriptedServer((socket, request) =>
      socket.write(request.includes('Bearer token-1') ? refusal : reply(200, {ok: true})),
    );
    const {credentials} = entra();
    await using client = open(server.origin, {credentials});
    const replies = await Promise.all([1, 2, 3].map(() => client.post(chat, {}, ask)));
    expect(replies.map(({facts}) => facts.exchanges)).toEqual([2, 2, 2]);
    expect(new Set(server.requests.map((text) => /x-ms-client-request-id: (\S+)/.exec(text)?.[1])).size).toBe(
      6,
    );
    expect((await client.post(chat, {}, ask)).facts.exchanges).toBe(1);
  });

  it('twice ends the run', async () => {
    await using server = await openScriptedServer((socket) => socket.write(refusal));
    await using client = open(server.origin, {credentials: entra().credentials});
    await expect(client.post(chat, {}, ask)).rejects.toMatchObject({code: 'ERR_MODEL_AUTH', effect: 'run'});
    expect(server.requests).toHaveLength(2);
  });

  it('for want of a role is not', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(
        reply(401, {error: {code: 'PermissionDenied', message: 'lacks the required data action x'}}),
      ),
    );
    await using client = open(server.origin, {credentials: entra().credentials});
    await expect(client.post(chat, {}, ask)).rejects.toMatchObject({code: 'ERR_MODEL_FORBIDDEN'});
    expect(server.requests).toHaveLength(1);
  });

  it('is not sent again when no other is to be had', async () => {
    await using server = await openScriptedServer((socket) => socket.write(refusal));
    await using client = open(server.origin, {credentials: entra(() => 'same').credentials});
    await expect(client.post(chat, {}, ask)).rejects.toMatchObject({code: 'ERR_MODEL_AUTH'});
    expect(server.requests).toHaveLength(1);
  });

  it('need not be waited for by a call that is cancelled', async () => {
    await using server = await openScriptedServer(() => undefined);
    const clock = createFakeClock();
    const credentials = createCredentials(
      {entra: {scope: 's'}},
      {clock, onSecret: () => undefined, tokenProvider: () => new Promise(() => undefined)},
    );
    await using client = open(server.origin, {credentials});
    const cancellation = new CancellationSource();
    const call = expect(client.post(chat, {}, {cancellation})).rejects.toBeInstanceOf(CancelledError);
    await settle();
    cancellation.cancel();
    await call;
    expect(cancellation.listenerCount).toBe(0);
    expect(server.requests).toEqual([]);
  });
});

describe('a stream', () => {
  it('asks for events and gives their bytes', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(chunkedHead + httpChunk('data: 1\n\n') + httpChunk('')),
    );
    await using client = open(server.origin);
    const stream = await client.stream(chat, {}, ask);
    expect(server.requests[0]).toContain('accept: text/event-stream\r\n');
    if (stream.kind !== 'events') throw new Error('not events');
    let text = '';
    for await (const chunk of stream.chunks) text += chunk.toString();
    expect(text).toBe('data: 1\n\n');
  });

  it('may be a whole reply where the server does not stream', async () => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, {ok: true})));
    await using client = open(server.origin);
    expect(await client.stream(chat, {}, ask)).toMatchObject({kind: 'body', body: {ok: true}});
  });

  it('that is a page is no answer', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(reply(200, '<html>Sign in</html>', {'content-type': 'text/html; charset=utf-8'})),
    );
    await using client = open(server.origin);
    await expect(client.stream(chat, {}, ask)).rejects.toMatchObject({code: 'ERR_MODEL_MALFORMED'});
  });

  it('that fails is named as a post is', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(reply(404, {error: {code: 'DeploymentNotFound', message: 'x'}})),
    );
    await using client = open(server.origin);
    await expect(client.stream(chat, {}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_DEPLOYMENT_NOT_FOUND',
    });
  });

  it('carries errors that the client can name', async () => {
    await using client = open('http://127.0.0.1:1');
    expect(
      client.describeInnerError(chat, {code: 'rate_limit_exceeded'}, {'retry-after': '3'}),
    ).toMatchObject({
      code: 'ERR_MODEL_RATE_LIMIT',
      retryAfterMs: 3_000,
    });
  });
});

function entra(name = (count: number) => `token-${String(count)}`) {
  const clock = createFakeClock();
  let count = 0;
  const tokenProvider = () => Promise.resolve({token: name(++count), expiresAtMs: clock.now() + 3_600_000});
  return {
    credentials: createCredentials({entra: {scope: 's'}}, {clock, onSecret: () => undefined, tokenProvider}),
  };
}

function open(
  origin: string,
  options: Partial<AzureClientOptions> = {},
  endpoint: Partial<EndpointInput> = {},
): AzureClient & AsyncDisposable {
  const clock = createFakeClock();
  const redactor = createRedactor();
  let count = 0;
  const client = createAzureClient({
    endpoint: normalizeEndpoint({baseUrl: `${origin}/openai/deployments/my%20dep`, ...endpoint}),
    deployment: 'my dep',
    credentials: createCredentials({apiKey: key}, {clock, onSecret: (value) => redactor.add(value)}),
    clock,
    redact: redactor.redact,
    userAgent: 'rollcall/test',
    newRequestId: () => `id-${String(++count)}`,
    ...options,
  });
  return Object.assign(client, {[Symbol.asyncDispose]: () => client.close()});
}
