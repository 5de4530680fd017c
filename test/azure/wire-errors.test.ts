import {describe, expect, it} from 'vitest';
import {CallError} from '../../src/core/errors.ts';
import type {WireRequest} from '../../src/core/wire.ts';
import {
  ask,
  chatFrames,
  completion,
  eventsOf,
  openWire,
  readAnswer,
  response,
  streamReply,
  type WireSetting,
} from './open-wire.ts';
import {chunkedHead, httpChunk, reply} from './scripted-server.ts';

const messages = [{role: 'user', content: '2+2?'}];
const chat = {api: 'chat', body: {messages}} satisfies WireRequest;
const responses = {api: 'responses', body: {input: '2+2?'}} satisfies WireRequest;
const chatStream = {api: 'chat', body: {messages, stream: true}} satisfies WireRequest;
const responsesStream = {api: 'responses', body: {input: '2+2?', stream: true}} satisfies WireRequest;
const onResponses: WireSetting = {settings: {api: 'responses'}, endpoint: {apiVersion: '2025-04-01-preview'}};
const filtered = {
  error: {
    message: 'filtered',
    code: 'content_filter',
    param: 'prompt',
    innererror: {content_filter_result: {}},
  },
};

describe('an error of the service', () => {
  it.each<[string, WireRequest, WireSetting]>([
    ['a chat door', chat, {}],
    ['a chat door that streams', chatStream, {}],
    ['a Responses door', responses, {}],
    ['a Responses door of its own API', responses, onResponses],
    ['a chat door on the Responses API', chatStream, onResponses],
    ['embeddings', {api: 'embeddings', body: {input: 'x'}}, {}],
  ])('keeps its status, body, wait and id at %s', async (_, request, setting) => {
    const body = {error: {code: '429', message: 'slow down', more: [1]}};
    const headers = {'retry-after': '7', 'apim-request-id': 'r-1'};
    await using at = await openWire(reply(429, body, headers), setting);
    const error: unknown = await at.model(request, ask).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      ...{httpStatus: 429, body, retryAfterMs: 7_000, requestId: 'r-1', throttled: true, effect: 'retry'},
    });
  });

  it.each<[string, WireRequest, WireSetting]>([
    ['chat', chat, {}],
    ['chat that streams', chatStream, {}],
    ['Responses on chat', responses, {}],
    ['Responses', responsesStream, onResponses],
  ])('stays one when the content filter refused the prompt, at a door of %s', async (_, request, setting) => {
    await using at = await openWire(reply(400, filtered), setting);
    await expect(at.model(request, ask)).rejects.toMatchObject({
      ...{httpStatus: 400, code: 'ERR_MODEL_CONTENT_FILTER', body: filtered, effect: 'rollout'},
    });
  });

  it.each([
    ['inside a success', reply(200, {error: {code: '429', message: 'slow'}}), 429],
    ['inside a success, with no word why', reply(200, {error: {message: 'slow'}}), 500],
    ['a redirect', reply(302, '', {location: 'https://elsewhere.example/'}), 502],
    ['a page', reply(200, '<html>Sign in</html>'), 502],
    ['half a body', reply(200, '{"choices":['), 502],
  ])('has a status that a client can tell: %s', async (_, text, httpStatus) => {
    await using at = await openWire(text);
    await expect(at.model(chat, ask)).rejects.toMatchObject({httpStatus});
  });

  it.each([
    ['a deployment of ours', {}, 'run'],
    ['a deployment of the client’s', {settings: {deployment: undefined}}, 'rollout'],
  ])('that there is no such deployment is for whoever chose it: %s', async (_, setting, effect) => {
    await using at = await openWire(
      reply(404, {error: {code: 'DeploymentNotFound', message: 'no'}}),
      setting,
    );
    const body = {...chat.body, model: 'made-up'};
    await expect(at.model({api: 'chat', body}, ask)).rejects.toMatchObject({effect, httpStatus: 404});
  });

  it('of a response that failed is the answer, unless the next one may not fail', async () => {
    const failed = (code: string) => ({
      ...response,
      status: 'failed',
      error: {code, message: 'x'},
      output: [],
    });
    await using at = await openWire((socket, _, index) => {
      socket.write(reply(200, failed(index === 0 ? 'invalid_prompt' : 'server_error')));
    }, onResponses);
    const answer = await at.model(responses, ask);
    expect(JSON.parse(await readAnswer(answer))).toEqual(failed('invalid_prompt'));
    expect(answer.facts).toMatchObject({errorCode: 'invalid_prompt', finishReasons: ['failed']});
    await expect(at.model(responses, ask)).rejects.toMatchObject({httpStatus: 500, effect: 'retry'});
  });
});

describe('a stream that fails before it says anything', () => {
  interface Failing {
    readonly what: string;
    readonly request: WireRequest;
    readonly setting?: WireSetting;
    readonly frames: readonly unknown[];
    readonly failure: object;
  }
  it.each<Failing>([
    {
      what: 'an error frame',
      request: chatStream,
      frames: [{error: {code: '429', message: 'slow'}}],
      failure: {httpStatus: 429, throttled: true, retryAfterMs: 4_000},
    },
    {
      what: 'an error event',
      request: responsesStream,
      setting: onResponses,
      frames: [{type: 'error', error: {code: 'rate_limit_exceeded', message: 'slow'}}],
      failure: {httpStatus: 429, throttled: true, retryAfterMs: 4_000},
    },
    {
      what: 'a flat error event',
      request: responsesStream,
      setting: onResponses,
      frames: [{type: 'error', code: 'server_error', message: 'oops'}],
      failure: {httpStatus: 500, effect: 'retry', body: {error: {code: 'server_error', message: 'oops'}}},
    },
    {
      what: 'an error frame that has to be translated',
      request: responsesStream,
      frames: [{error: {code: 'server_error', message: 'oops'}}],
      failure: {httpStatus: 500, effect: 'retry'},
    },
    {
      what: 'a refusal',
      request: chatStream,
      frames: [filtered],
      failure: {httpStatus: 400, effect: 'rollout', body: filtered},
    },
    {
      what: 'no frame at all',
      request: chatStream,
      frames: [],
      failure: {code: 'ERR_MODEL_TRUNCATED', effect: 'retry'},
    },
    {
      what: 'an error behind what the prompt’s filters said',
      request: chatStream,
      frames: [{choices: [], prompt_filter_results: []}, {error: {code: '429', message: 'slow'}}],
      failure: {httpStatus: 429, throttled: true},
    },
    {
      what: 'the end behind what the prompt’s filters said',
      request: responsesStream,
      frames: [{choices: [], prompt_filter_results: []}],
      failure: {code: 'ERR_MODEL_TRUNCATED', effect: 'retry'},
    },
    {
      what: 'what is no frame',
      request: chatStream,
      frames: ['busy'],
      failure: {code: 'ERR_MODEL_MALFORMED', effect: 'retry'},
    },
  ])('is a call that failed: $what', async ({request, setting, frames, failure}) => {
    await using at = await openWire(streamReply(frames, 'retry-after: 4\r\n'), setting);
    await expect(at.model(request, ask)).rejects.toMatchObject(failure);
  });

  it('is one too when the connection breaks', async () => {
    await using at = await openWire((socket) => {
      socket.write(chunkedHead, () => socket.destroy());
    });
    await expect(at.model(chatStream, ask)).rejects.toMatchObject({
      ...{code: 'ERR_MODEL_TRUNCATED', effect: 'retry'},
    });
  });

  it('is not waited for behind a comment', async () => {
    await using at = await openWire((socket) => {
      socket.write(chunkedHead + httpChunk(': thinking\n\n'));
    });
    const answer = await at.model(chatStream, ask);
    expect(answer.content.kind).toBe('events');
    if (answer.content.kind === 'events') await answer.content.chunks[Symbol.asyncIterator]().return?.();
    await at.closed(1);
  });
});

describe('a stream that fails on its way', () => {
  const begun = httpChunk(`data: ${JSON.stringify(chatFrames[0])}\n\n`);

  it.each<[string, string | undefined, object]>([
    [
      'an error frame',
      httpChunk('data: {"error":{"code":"server_error","message":"key-123456 is bad"}}\n\n'),
      {code: 'server_error', message: '**** is bad'},
    ],
    ['a broken connection', undefined, {code: 'ERR_MODEL_TRUNCATED', type: 'upstream_error'}],
    ['an early end', httpChunk(''), {code: 'ERR_MODEL_TRUNCATED'}],
  ])('ends with an error of its protocol: %s', async (_, rest, error) => {
    await using at = await openWire((socket) => {
      socket.write(chunkedHead + begun);
      at.received(1).then(
        () => setImmediate(() => (rest === undefined ? socket.destroy() : socket.write(rest))),
        () => undefined,
      );
    });
    const answer = await at.model(chatStream, ask);
    const text = await readAnswer(answer);
    expect(text).not.toContain('[DONE]');
    expect(eventsOf(text).at(-1)).toMatchObject({error});
    expect(answer.facts.errorCode).toBe((error as {code: string}).code);
  });

  it('tells a translated stream’s client in its own protocol', async () => {
    await using at = await openWire((socket) => {
      socket.write(chunkedHead + begun);
      setImmediate(() => socket.destroy());
    });
    const text = await readAnswer(await at.model(responsesStream, ask));
    expect(eventsOf(text).at(-1)).toMatchObject({
      ...{type: 'response.failed', response: {status: 'failed', error: {code: 'ERR_MODEL_TRUNCATED'}}},
    });
  });
});

describe('a limit of the request’s own', () => {
  it('ends a call that takes longer', async () => {
    await using at = await openWire(() => undefined);
    const call = at.model({...chat, tryTimeoutMs: 5_000}, ask).catch((thrown: unknown) => thrown);
    await at.received(1);
    await at.clock.advance(5_000);
    expect(await call).toMatchObject({code: 'ERR_MODEL_TIMEOUT', effect: 'retry'});
    await at.closed(1);
  });

  it('ends a stream with an error', async () => {
    await using at = await openWire((socket) => {
      socket.write(chunkedHead + httpChunk(`data: ${JSON.stringify(chatFrames[0])}\n\n`));
    });
    const answer = await at.model({...chatStream, tryTimeoutMs: 5_000}, ask);
    const text = readAnswer(answer);
    await at.clock.advance(5_000);
    expect(eventsOf(await text).at(-1)).toMatchObject({error: {code: 'ERR_MODEL_TIMEOUT'}});
  });

  it('cannot be longer than the deployment’s', async () => {
    await using at = await openWire(() => undefined, {client: {limits: {callMs: 1_000}}});
    const call = at.model({...chat, tryTimeoutMs: 9_000}, ask).catch((thrown: unknown) => thrown);
    await at.received(1);
    await at.clock.advance(1_000);
    expect(await call).toMatchObject({code: 'ERR_MODEL_TIMEOUT'});
  });
});

describe('what is noted', () => {
  it('is what a deployment will not do', async () => {
    await using at = await openWire(reply(200, completion), {settings: {family: 'o3-mini'}});
    expect(at.notices).toEqual([expect.stringMatching(/models work from api-version/) as string]);
  });

  it('is nothing where each client chooses', async () => {
    await using at = await openWire(reply(200, completion), {settings: {deployment: undefined}});
    expect(at.notices).toEqual([]);
  });
});
