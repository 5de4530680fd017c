import {describe, expect, it} from 'vitest';
import type {WireAnswer, WireRequest} from '../../src/core/wire.ts';
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
import {reply} from './scripted-server.ts';

const messages = [{role: 'user', content: '2+2?'}];
const chat = {api: 'chat', body: {model: 'whatever', messages}} satisfies WireRequest;
const responses = {api: 'responses', body: {model: 'x', input: '2+2?'}} satisfies WireRequest;
const onResponses: WireSetting = {settings: {api: 'responses'}, endpoint: {apiVersion: '2025-04-01-preview'}};

/** `request` asking for events. */
function streamed(request: WireRequest, more: object = {}): WireRequest {
  return {...request, body: {...request.body, stream: true, ...more}};
}

describe('a door of the deployment’s own protocol', () => {
  it('hands the bytes of a reply on as they came, with its ids, facts and trace', async () => {
    const text = `{"choices" :[ ],"model":"m-1", "n": 12345678901234567890,\n"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}`;
    await using at = await openWire(
      reply(200, text, {
        'content-type': 'application/json',
        'apim-request-id': 'r-1',
        'x-ratelimit-remaining-tokens': '99',
        'x-rollcall-simulated': 'true',
        'set-cookie': 'a=b',
        'keep-alive': 'timeout=5',
      }),
    );
    const answer = await at.model(chat, ask);
    expect(await readAnswer(answer)).toBe(text);
    expect(answer.headers).toEqual({
      'apim-request-id': 'r-1',
      'x-ratelimit-remaining-tokens': '99',
      'x-rollcall-simulated': 'true',
    });
    expect(answer.facts).toMatchObject({
      ...{responseModel: 'm-1', inputTokens: 3, outputTokens: 2, cachedTokens: 1},
    });
    expect(answer.trace).toEqual({
      ...{deployment: 'dep', calls: 1, queuedMs: 0, callMs: 0, requestId: 'r-1', simulated: true},
      rateLimits: {remainingTokens: 99},
    });
  });

  it('sends the request as it is but for the deployment and what the deployment does not take', async () => {
    await using at = await openWire(reply(200, completion), {settings: {family: 'o3-mini'}});
    const body = {messages, model: 'gpt-x', max_tokens: 9, temperature: 0.3, data_sources: [1], top_k: 4};
    await at.model({api: 'chat', body}, ask);
    expect(at.sent()).toEqual({
      ...{messages, model: 'dep', max_completion_tokens: 9, data_sources: [1], top_k: 4},
    });
    expect(at.notes).toEqual([expect.stringMatching(/^dep: temperature is left out/) as string]);
    expect(at.path()).toBe('/openai/deployments/dep/chat/completions?api-version=2024-10-21');
  });

  it('adds nothing to a Responses request, and takes out what Azure refuses', async () => {
    await using at = await openWire(reply(200, response), {
      ...onResponses,
      settings: {api: 'responses', family: 'gpt-5'},
    });
    const item = {type: 'message', role: 'assistant', status: 'completed', content: []};
    const metadata = {run: '7', extra_body: '{"seed_of_ours": 3}'};
    await at.model({api: 'responses', body: {input: [item], top_p: null, metadata}}, ask);
    expect(at.sent()).toEqual({
      input: [{type: 'message', role: 'assistant', content: []}],
      ...{model: 'dep', metadata: {run: '7'}, seed_of_ours: 3},
    });
    expect(at.path()).toBe('/openai/responses?api-version=2025-04-01-preview');
  });

  it('passes embeddings on', async () => {
    const list = {object: 'list', data: [{embedding: [0.1]}], model: 'ada', usage: {prompt_tokens: 4}};
    await using at = await openWire(reply(200, list));
    const answer = await at.model({api: 'embeddings', body: {input: 'a', dimensions: 3, stream: true}}, ask);
    expect(JSON.parse(await readAnswer(answer))).toEqual(list);
    expect(answer.facts).toMatchObject({responseModel: 'ada', inputTokens: 4});
    expect(at.sent()).toEqual({input: 'a', dimensions: 3, stream: true, model: 'dep'});
    expect(at.path()).toBe('/openai/deployments/dep/embeddings?api-version=2024-10-21');
  });

  it.each<[string, WireRequest, WireSetting, object]>([
    ['chat completion', chat, {}, {object: 'list', data: []}],
    ['response', responses, onResponses, {object: 'response', status: 'completed'}],
    ['list of embeddings', {api: 'embeddings', body: {input: ''}}, {}, {choices: []}],
  ])(
    'takes what is no %s for a reply that may be better the next time',
    async (_, request, setting, body) => {
      await using at = await openWire(reply(200, body), setting);
      await expect(at.model(request, ask)).rejects.toMatchObject({
        code: 'ERR_MODEL_MALFORMED',
        effect: 'retry',
      });
    },
  );

  it('passes a stream on, and what it learns from it', async () => {
    await using at = await openWire(streamReply(chatFrames, 'x-request-id: r-2\r\n'));
    const answer = await at.model(streamed(chat), ask);
    expect(answer.headers).toEqual({'x-request-id': 'r-2'});
    const text = await readAnswer(answer);
    expect(text).toMatch(/^data: \{.*data: \[DONE\]\n\n$/s);
    expect(eventsOf(text)).toEqual(chatFrames.slice(0, 2));
    expect(answer.facts).toEqual({
      ...{responseModel: 'gpt-4o-2024-08-06', inputTokens: 5, outputTokens: 1, finishReasons: ['stop']},
    });
    expect(answer.trace).toMatchObject({calls: 1, requestId: 'r-2'});
  });

  it.each([
    ['2024-10-21', {}, {include_usage: true}],
    ['2024-10-21', {stream_options: {include_usage: false}}, {include_usage: true}],
    [
      '2024-10-21',
      {stream_options: {include_obfuscation: false}},
      {include_obfuscation: false, include_usage: true},
    ],
    ['2024-02-15-preview', {stream_options: {include_usage: true}}, undefined],
  ])('asks a stream of api-version %s with %j for %j', async (apiVersion, more, options) => {
    await using at = await openWire(streamReply(chatFrames), {endpoint: {apiVersion}});
    await readAnswer(await at.model(streamed(chat, more), ask));
    expect(at.sent()).toMatchObject({stream: true});
    expect(at.sent()['stream_options']).toEqual(options);
  });

  it('gives the usage of a stream to the client that asked for it', async () => {
    await using at = await openWire(streamReply(chatFrames));
    const more = {stream_options: {include_usage: true}};
    const answer = await at.model(streamed(chat, more), ask);
    expect(eventsOf(await readAnswer(answer))).toEqual(chatFrames.slice(0, 3));
  });

  it('passes a Responses stream on', async () => {
    const frames = [
      {type: 'response.created', sequence_number: 0, response: {...response, status: 'in_progress'}},
      {type: 'response.completed', sequence_number: 1, response},
    ];
    await using at = await openWire(streamReply(frames), onResponses);
    const answer = await at.model(streamed(responses), ask);
    expect(eventsOf(await readAnswer(answer))).toEqual(frames);
    expect(answer.facts).toMatchObject({responseModel: 'gpt-5', finishReasons: ['completed']});
    expect(at.sent()).toEqual({input: '2+2?', model: 'dep', stream: true});
  });
});

describe('a stream of an answer that came whole', () => {
  it.each<[string, WireSetting]>([
    ['because the model does not stream', {settings: {family: 'o1'}}],
    ['because the server does not', {}],
  ])('has its pieces, %s', async (_, setting) => {
    await using at = await openWire(reply(200, completion), setting);
    const more = {stream_options: {include_usage: true}};
    const answer = await at.model(streamed(chat, more), ask);
    const text = await readAnswer(answer);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const [said, ended, counted] = eventsOf(text);
    expect(said).toMatchObject({
      object: 'chat.completion.chunk',
      prompt_filter_results: completion.prompt_filter_results,
      choices: [{index: 0, delta: {role: 'assistant', content: '4'}, finish_reason: null}],
    });
    expect(ended).toMatchObject({choices: [{index: 0, delta: {}, finish_reason: 'stop'}]});
    expect(counted).toMatchObject({choices: [], usage: completion.usage});
    expect(answer.facts).toMatchObject({inputTokens: 5, finishReasons: ['stop']});
    expect('stream' in at.sent()).toBe(setting.settings === undefined);
  });

  it('has them in the Responses API too', async () => {
    await using at = await openWire(reply(200, response), {...onResponses, settings: {family: 'o1-pro'}});
    const answer = await at.model(streamed(responses), ask);
    const events = eventsOf(await readAnswer(answer));
    expect(events.map(({type}) => type)).toEqual([
      ...['response.created', 'response.in_progress', 'response.output_item.added'],
      ...['response.content_part.added', 'response.output_text.delta', 'response.output_text.done'],
      ...['response.content_part.done', 'response.output_item.done', 'response.completed'],
    ]);
    expect(events.at(-1)).toMatchObject({response});
    expect(at.sent()).toEqual({input: '2+2?', model: 'dep'});
  });
});

describe('a request that leads nowhere', () => {
  it.each([
    ['nothing', {messages}, 'missing_model'],
    ['a blank', {messages, model: ' '}, 'missing_model'],
    ['a number', {messages, model: 5}, 'missing_model'],
    ['a way out', {messages, model: '../..'}, 'invalid_model'],
    ['two segments', {messages, model: 'a/b'}, 'invalid_model'],
  ])('names %s as its deployment', async (_, body, code) => {
    await using at = await openWire(reply(200, completion), {settings: {deployment: undefined}});
    await expect(at.model({api: 'chat', body}, ask)).rejects.toMatchObject({
      ...{httpStatus: 400, effect: 'rollout'},
      body: {error: {type: 'invalid_request_error', code, param: 'model'}},
    });
    expect(at.requests).toEqual([]);
  });

  it('is nested without end', async () => {
    await using at = await openWire(reply(200, completion));
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as never;
    await expect(at.model({api: 'chat', body: {messages: deep}}, ask)).rejects.toMatchObject({
      ...{httpStatus: 400, body: {error: {code: 'invalid_request_body'}}},
    });
  });
});

describe('a client’s choice of deployment', () => {
  it('is where the request goes', async () => {
    await using at = await openWire(reply(200, completion), {settings: {deployment: undefined}});
    const answer = await at.model({api: 'chat', body: {messages, model: 'gpt 4o'}}, ask);
    expect(at.path()).toBe('/openai/deployments/gpt%204o/chat/completions?api-version=2024-10-21');
    expect([at.sent()['model'], answer.trace.deployment]).toEqual(['gpt 4o', 'gpt 4o']);
  });

  it('may have any name that only stands in the body', async () => {
    await using at = await openWire(reply(200, completion), {
      settings: {deployment: undefined},
      endpoint: {apiVersion: 'v1'},
    });
    await at.model({api: 'chat', body: {messages, model: 'openai/gpt'}}, ask);
    expect(at.path()).toBe('/openai/v1/chat/completions?api-version=v1');
  });

  it('decides what is fitted', async () => {
    await using at = await openWire(reply(200, completion), {settings: {deployment: undefined}});
    await at.model({api: 'chat', body: {messages, model: 'o3-mini', temperature: 0.5}}, ask);
    expect(at.sent()).not.toHaveProperty('temperature');
    await at.model({api: 'chat', body: {messages, model: 'gpt-4o', temperature: 0.5}}, ask);
    expect(at.sent()).toHaveProperty('temperature', 0.5);
  });
});

describe('the API that a deployment is called through', () => {
  const v1 = {apiVersion: 'v1'};
  const dated = {apiVersion: '2024-10-21'};
  it.each<[string, WireRequest['api'], WireSetting, string]>([
    ['chat by default', 'responses', {endpoint: v1}, '/openai/v1/chat/completions?api-version=v1'],
    [
      'the client’s, if that is asked',
      'responses',
      {settings: {api: 'asked'}, endpoint: v1},
      '/openai/v1/responses?api-version=v1',
    ],
    [
      'the client’s, if that is asked',
      'chat',
      {settings: {api: 'asked'}, endpoint: v1},
      '/openai/v1/chat/completions?api-version=v1',
    ],
    [
      'chat where the version has nothing else',
      'responses',
      {settings: {api: 'asked'}, endpoint: dated},
      '/openai/deployments/dep/chat/completions?api-version=2024-10-21',
    ],
    [
      'Responses where the model has nothing else',
      'chat',
      {settings: {api: 'asked', family: 'o3-pro'}, endpoint: v1},
      '/openai/v1/responses?api-version=v1',
    ],
    [
      'that of the whole path, if there is one',
      'chat',
      {settings: {api: 'asked'}, endpoint: {fullPath: '/my/responses?k=1'}},
      '/my/responses?k=1',
    ],
    [
      'the client’s where the whole path says nothing',
      'responses',
      {settings: {api: 'asked'}, endpoint: {...v1, fullPath: '/any?api-version=2020'}},
      '/any?api-version=2020',
    ],
  ])('is %s', async (_, api, setting, path) => {
    const isResponses = path.includes('/responses') || path.startsWith('/any');
    await using at = await openWire(reply(200, isResponses ? response : completion), setting);
    await at.model({...(api === 'chat' ? chat : responses)}, ask);
    expect(at.path()).toBe(path);
  });
});

describe('the client’s own key', () => {
  const passthrough = {credentials: {passthrough: true}};

  it('goes upstream where it is passed on', async () => {
    await using at = await openWire(reply(200, completion), passthrough);
    await at.model({...chat, authorization: 'Bearer client-secret-1'}, ask);
    expect(at.requests[0]).toContain('authorization: Bearer client-secret-1\r\n');
    expect(at.requests[0]).not.toContain('api-key');
  });

  it('stays here where the deployment has one', async () => {
    await using at = await openWire(reply(200, completion));
    await at.model({...chat, authorization: 'Bearer client-secret-1'}, ask);
    expect(at.requests[0]).not.toContain('client-secret');
  });

  it('is asked for', async () => {
    await using at = await openWire(reply(200, completion), passthrough);
    await expect(at.model(chat, ask)).rejects.toMatchObject({
      ...{httpStatus: 401, effect: 'rollout', body: {error: {code: 'missing_authorization'}}},
    });
    expect(at.requests).toEqual([]);
  });

  it('is the client’s fault when it is refused, and nowhere repeated', async () => {
    const refusal = {error: {code: '401', message: 'no: client-secret-1'}};
    await using at = await openWire(reply(401, refusal), passthrough);
    const error: unknown = await at
      .model({...chat, authorization: 'Bearer client-secret-1'}, ask)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({httpStatus: 401, effect: 'rollout', code: 'ERR_MODEL_AUTH'});
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('client-secret');
  });

  it.each([
    [{apiKey: 'k-123456'}, 'api-key: k-123456'],
    [
      {apiKey: 'k-123456', apiKeyHeader: 'Authorization', apiKeyPrefix: 'Bearer '},
      'authorization: Bearer k-123456',
    ],
    [
      {apiKey: 'bearer k-123456', apiKeyHeader: 'Authorization', apiKeyPrefix: 'Bearer '},
      'authorization: Bearer k-123456',
    ],
  ])('is not needed with %j', async (credentials, header) => {
    await using at = await openWire(reply(200, completion), {credentials});
    await at.model(chat, ask);
    expect(at.requests[0]).toContain(`${header}\r\n`);
  });
});

describe('many at once', () => {
  it('each get their own answer', async () => {
    await using at = await openWire((socket, request) => {
      const n = /"n-(\d+)"/.exec(request)?.[1] ?? '';
      socket.write(reply(200, {...completion, id: n}));
    });
    const answers: WireAnswer[] = await Promise.all(
      Array.from({length: 50}, (_, n) => at.model({api: 'chat', body: {messages: [`n-${String(n)}`]}}, ask)),
    );
    const ids = await Promise.all(
      answers.map(async (answer) => (JSON.parse(await readAnswer(answer)) as {id: string}).id),
    );
    expect(ids).toEqual(Array.from({length: 50}, (_, n) => String(n)));
  });
});
