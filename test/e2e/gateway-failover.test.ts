import OpenAI from 'openai';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {chatFrames, completion, streamReply} from '../azure/open-wire.ts';
import {chunkedHead, httpChunk, reply} from '../azure/scripted-server.ts';
import {
  backend,
  provider,
  type RunningGateway,
  refTo,
  route,
  secret,
  serveManifests,
} from './gateway-manifests.ts';
import {
  answerTo,
  isChat,
  openResource,
  responsesStream,
  type Script,
  type ScriptedResource,
} from './upstream-replies.ts';

const json = {'content-type': 'application/json'};
const quota = '{"error": {"code": "429", "message": "Requests have exceeded the rate limit."}}';
const failed = '{"error": {"message": "The server had an error.", "type": "server_error"}}';

/** What the first provider of each backend does. */
const faults: Readonly<Record<string, Script>> = {
  quota: reply(429, quota, {...json, 'retry-after': '30', 'x-request-id': 'req-first'}),
  error: reply(500, failed, {...json, 'x-request-id': 'req-first'}),
  unavailable: reply(503, 'upstream connect error'),
  key: reply(401, {error: {code: '401', message: 'Access denied due to invalid subscription key.'}}),
  deployment: reply(404, {error: {code: 'DeploymentNotFound', message: 'It does not exist.'}}),
  hang: () => undefined,
  half: (socket) => socket.write(reply(200, completion).slice(0, -20)),
  reset: (socket) => socket.resetAndDestroy(),
  cut: (socket) => socket.end(reply(200, completion).slice(0, -20)),
  page: reply(200, '<html>Sign in</html>', {'content-type': 'text/html'}),
  text: reply(200, 'hello'),
};
/** The same for streams, which begin as a success. */
const streamFaults: Readonly<Record<string, Script>> = {
  ...faults,
  'stream-error': streamReply([{error: {code: '500', message: 'The server had an error.'}}]),
  'stream-empty': streamReply([]),
  'stream-silent': (socket) => socket.write(chunkedHead),
  'stream-cut': (socket) =>
    socket.end(
      chunkedHead + httpChunk(`data: ${JSON.stringify({choices: [], prompt_filter_results: []})}\n\n`),
    ),
};
const timeLimit = {timeouts: {backendRequest: '200ms'}};
const messages = [{role: 'user' as const, content: '2+2?'}];

describe('a gateway whose first provider fails', () => {
  let first: ScriptedResource;
  let second: ScriptedResource;
  let gateway: RunningGateway;
  let streams: RunningGateway;

  beforeAll(async () => {
    let isMended = false;
    first = await openResource({
      ...streamFaults,
      back: (socket, request) => {
        socket.write(isMended ? answerTo(request) : reply(429, quota, {...json, 'retry-after-ms': '50'}));
        isMended = true;
      },
      late: (socket) => {
        socket.write(chunkedHead + httpChunk(`data: ${JSON.stringify(chatFrames[0])}\n\n`));
        setImmediate(() => socket.resetAndDestroy());
      },
      refusing: reply(400, {error: {code: 'content_filter', message: 'The prompt was filtered.'}}),
    });
    second = await openResource({
      streaming: (socket, request) =>
        socket.write(isChat(request) ? streamReply(chatFrames) : responsesStream()),
      both: reply(429, quota, {...json, 'retry-after': '7', 'x-request-id': 'req-second'}),
    });
    const names = [...Object.keys(faults), 'back', 'late', 'refusing', 'both', 'dead'];
    const documents = names.flatMap((name) => {
      const origin = name === 'dead' ? 'http://127.0.0.1:1' : first.origin;
      const lower = name === 'both' ? 'both' : 'good';
      const tiers = [
        [provider('first', origin, name === 'both' ? 'quota' : name)],
        [provider('second', second.origin, lower)],
      ];
      return [backend(name, tiers), route(`/${name}`, [refTo(name)], timeLimit)];
    });
    gateway = await serveManifests([secret, ...documents]);
    const streaming = Object.keys(streamFaults).flatMap((name) => {
      const tiers = [
        [provider('first', first.origin, name)],
        [provider('second', second.origin, 'streaming')],
      ];
      return [backend(name, tiers), route(`/${name}`, [refTo(name)], timeLimit)];
    });
    streams = await serveManifests([secret, ...streaming]);
  });
  afterAll(async () => {
    await streams[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  });

  const clientOf = (name: string) =>
    new OpenAI({baseURL: `${gateway.url}/${name}/v1`, apiKey: 'any', maxRetries: 0});

  it.each([...Object.keys(faults), 'dead'])(
    'answers by the next one within the same request: %s',
    async (name) => {
      const client = clientOf(name);
      const {data, response} = await client.chat.completions.create({model: '', messages}).withResponse();
      expect(data.choices[0]?.message.content).toBe('4');
      expect(response.headers.get('x-rollcall-deployment')).toBe('good');
      expect(first.asked(name)).toHaveLength(name === 'dead' ? 0 : 1);
      const again = await client.responses.create({model: '', input: '2+2?'});
      expect(again.output_text).toBe('4');
      // It is set aside: nobody waits for it twice.
      expect(first.asked(name)).toHaveLength(name === 'dead' ? 0 : 1);
    },
  );

  it.each(Object.keys(streamFaults))(
    'streams from the next one within the same request: %s',
    async (name) => {
      const {url} = streams;
      const client = new OpenAI({baseURL: `${url}/${name}/v1`, apiKey: 'any', maxRetries: 0});
      expect(await client.chat.completions.stream({model: '', messages}).finalContent()).toBe('4');
      const response = await client.responses.stream({model: '', input: '2+2?'}).finalResponse();
      expect(response.output_text).toBe('4');
    },
  );

  it('carries a body of five megabytes to the next one', async () => {
    const padding = 'x'.repeat(5_000_000);
    await using own = await openResource({bad: reply(500, failed, json)});
    await using there = await serveManifests([
      secret,
      backend('big', [[provider('first', own.origin, 'bad')], [provider('second', own.origin, 'good')]]),
      route('/big', [refTo('big')]),
    ]);
    const reply200 = await fetch(`${there.url}/big`, {
      method: 'POST',
      body: JSON.stringify({messages: [{role: 'user', content: padding}]}),
    });
    expect([reply200.status, own.asked('bad').length, own.asked('good').length]).toEqual([200, 1, 1]);
    expect(own.asked('good')[0]?.length).toBeGreaterThan(padding.length);
  });

  it('asks the first one again when it is back', async () => {
    const client = clientOf('back');
    const deploymentOf = async () => {
      const {response} = await client.chat.completions.create({model: '', messages}).withResponse();
      return response.headers.get('x-rollcall-deployment');
    };
    expect(await deploymentOf()).toBe('good');
    while ((await deploymentOf()) !== 'back');
    expect(await deploymentOf()).toBe('back');
  });

  it('never begins a stream anew: what broke off after its first byte is an error', async () => {
    const before = second.asked('good').length;
    const parts: string[] = [];
    const read = async () => {
      const stream = await clientOf('late').chat.completions.create({model: '', messages, stream: true});
      for await (const {choices} of stream) parts.push(choices[0]?.delta.content ?? '');
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
    expect([parts, second.asked('good').length - before]).toEqual([['4'], 0]);
  });

  it('takes the refusal of a prompt for final', async () => {
    const before = second.asked('good').length;
    await expect(clientOf('refusing').chat.completions.create({model: '', messages})).rejects.toMatchObject({
      status: 400,
      code: 'content_filter',
    });
    expect(second.asked('good').length - before).toBe(0);
  });

  it('keeps status, body and id of the last error when all fail, and tells the shortest wait', async () => {
    const ask = () =>
      fetch(`${gateway.url}/both`, {method: 'POST', body: JSON.stringify({model: '', messages})});
    const reply429 = await ask();
    expect([reply429.status, await reply429.text()]).toEqual([429, quota]);
    expect(Object.fromEntries(reply429.headers)).toMatchObject({
      'x-request-id': 'req-second',
      'retry-after': '7',
    });
    const asked = second.asked('both').length;
    // Both asked to be left alone: they are.
    const again = await ask();
    expect([again.status, second.asked('both').length - asked]).toEqual([429, 0]);
    expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(4);
  });

  it('says once what is wrong with a provider, where its operator reads it', () => {
    const told = gateway.program.stderr();
    expect(told).toMatch(/backend default\/key: first is set aside.*ERR_MODEL_AUTH/);
    expect(told).toMatch(/backend default\/deployment: first is set aside.*ERR_MODEL_DEPLOYMENT_NOT_FOUND/);
    expect(told.match(/backend default\/key: first/g)).toHaveLength(1);
    expect(told).not.toContain('canary');
  });
});

describe('a provider that dies', () => {
  it('is replaced within the request that finds out, however long it has served', async () => {
    await using second = await openResource({});
    const first = await openResource({});
    await using gateway = await serveManifests([
      secret,
      backend('pair', [[provider('first', first.origin, 'one')], [provider('second', second.origin, 'two')]]),
      route('/pair', [refTo('pair')]),
    ]);
    const ask = () => fetch(`${gateway.url}/pair`, {method: 'POST', body: JSON.stringify({messages})});
    const deploymentOf = async () => (await ask()).headers.get('x-rollcall-deployment');
    expect(await deploymentOf()).toBe('one');
    await first[Symbol.asyncDispose]();
    const diedAt = performance.now();
    expect(await deploymentOf()).toBe('two');
    expect(performance.now() - diedAt).toBeLessThan(2000);
  });
});

describe('a gateway’s provider that a client leaves', () => {
  // A machine that stands still for a moment gets another try.
  it.each([
    ['before its answer', () => undefined],
    ['in the middle of its stream', streamReply(chatFrames).slice(0, -60)],
  ] as const)('is left %s, and no other is asked', {retry: 2}, async (_, script) => {
    await using resource = await openResource({slow: script});
    await using gateway = await serveManifests([
      secret,
      backend('pair', [
        [provider('first', resource.origin, 'slow')],
        [provider('second', resource.origin, 'good')],
      ]),
      route('/pair', [refTo('pair')]),
    ]);
    const abort = new AbortController();
    const read = async () => {
      const client = new OpenAI({baseURL: `${gateway.url}/pair`, apiKey: 'any', maxRetries: 0});
      const params = {model: '', messages, stream: true} as const;
      const stream = await client.chat.completions.create(params, {signal: abort.signal});
      const iterator = stream[Symbol.asyncIterator]();
      while ((await iterator.next()).done !== true);
    };
    const ended = read().catch(() => undefined);
    await resource.received(1);
    const leftAt = performance.now();
    abort.abort();
    await resource.closed(1);
    expect(performance.now() - leftAt).toBeLessThan(100);
    await ended;
    expect(resource.asked('good')).toEqual([]);
    expect(gateway.program.stderr()).not.toContain('set aside');
  });
});
