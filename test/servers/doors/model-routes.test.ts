import OpenAI from 'openai';
import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import {CallError} from '../../../src/core/errors.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import type {WireAnswer, WireModel, WireRequest} from '../../../src/core/wire.ts';
import {modelRoutes} from '../../../src/servers/doors/model-routes.ts';
import {until} from '../../simulator/open-simulator.ts';
import {openTestService, type TestService} from '../open-test-service.ts';

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-2024-11-20',
  choices: [{index: 0, message: {role: 'assistant', content: 'Yes.'}, finish_reason: 'stop'}],
};
const frames = [
  {choices: [], prompt_filter_results: []},
  {choices: [{index: 0, delta: {role: 'assistant', content: ''}}]},
  {choices: [{index: 0, delta: {content: 'Yes.'}, finish_reason: null}]},
  {choices: [{index: 0, delta: {}, finish_reason: 'stop'}]},
].map(
  (frame) => `data: ${JSON.stringify({id: 'chatcmpl-1', object: 'chat.completion.chunk', ...frame})}\n\n`,
);

function answerOf(content: WireAnswer['content']): WireAnswer {
  return {
    content,
    headers: {'x-request-id': 'req-1', 'x-ratelimit-remaining-requests': '9'},
    trace: {deployment: 'gpt', calls: 2, queuedMs: 3, callMs: 10, requestId: 'req-1'},
    facts: {responseModel: 'gpt-4o-2024-11-20', inputTokens: 11, outputTokens: 2},
  };
}

/** A deployment that gives a completion, or its events, and keeps what it was asked. */
function createModel(): WireModel & {readonly asked: WireRequest[]} {
  const asked: WireRequest[] = [];
  const model: WireModel = (wire) => {
    asked.push(wire);
    const content: WireAnswer['content'] =
      wire.body['stream'] === true
        ? {kind: 'events', chunks: chunksOf([...frames, 'data: [DONE]\n\n'])}
        : {kind: 'body', bytes: JSON.stringify(completion)};
    return Promise.resolve(answerOf(content));
  };
  return Object.assign(model, {asked});
}

function open(model: WireModel): Promise<TestService> {
  return openTestService(
    modelRoutes({name: 'policy_model', deployment: 'gpt', model, created: 1_750_000_000}),
  );
}

async function post(service: TestService, path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await request(service.url + path, {
    method: 'POST',
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.body.text();
  return {status: answer.statusCode, headers: answer.headers, json: JSON.parse(text) as JsonObject};
}

const messages = [{role: 'user', content: 'Is it?'}];

describe('the doors of a model server', () => {
  it.each([
    ['/v1/chat/completions', 'chat', {messages, own: {a: [1]}}],
    ['/chat/completions', 'chat', {messages, model: 'whatever', stream: null}],
    ['/v1/responses', 'responses', {input: 'Is it?', previous_response_id: 'resp_1', background: true}],
    ['/responses', 'responses', {input: messages, model: 5}],
    ['/v1/responses', 'responses', {prompt: {id: 'stored'}}],
    ['/openai/deployments/other/chat/completions?api-version=2024-10-21', 'chat', {messages}],
    ['/openai/v1/chat/completions', 'chat', {messages}],
    ['/openai/responses?api-version=2025-03-01-preview', 'responses', {input: 'Is it?'}],
  ])('pass a request on as it came: %s', async (path, api, body) => {
    const model = createModel();
    await using service = await open(model);
    const {status, headers, json} = await post(service, path, body, {authorization: 'Bearer own'});
    expect({status, json}).toEqual({status: 200, json: completion});
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-request-id': 'req-1',
      'x-ratelimit-remaining-requests': '9',
    });
    expect(model.asked).toEqual([{api, body, authorization: 'Bearer own'}]);
  });

  it.each([
    ['/v1/chat/completions', undefined, null, 'invalid_json'],
    ['/v1/chat/completions', {}, 'messages', 'missing_required_parameter'],
    ['/v1/chat/completions', {messages: 'Is it?'}, 'messages', 'invalid_type'],
    ['/v1/chat/completions', {messages, stream: 'true'}, 'stream', 'invalid_type'],
    ['/v1/responses', {messages}, 'input', 'missing_required_parameter'],
    ['/v1/responses', {input: {role: 'user'}}, 'input', 'invalid_type'],
    ['/v1/responses', {input: 5, previous_response_id: 'resp_1'}, 'input', 'invalid_type'],
    ['/v1/responses', {input: 'a', stream: 1}, 'stream', 'invalid_type'],
  ])('refuse what they act upon and cannot: %s %j', async (path, body, param, code) => {
    const model = createModel();
    await using service = await open(model);
    const {status, json} = await post(service, path, body);
    expect(status).toBe(400);
    expect(json).toMatchObject({error: {type: 'invalid_request_error', code, param}});
    expect(model.asked).toEqual([]);
  });

  it('are all that there is below a deployment', async () => {
    await using service = await open(createModel());
    const {status, json} = await post(service, '/openai/deployments/gpt/images/generations', {});
    expect([status, json]).toMatchObject([404, {error: {code: 'not_found'}}]);
  });

  it('give the service’s own error, and count its calls', async () => {
    const body = {error: {message: 'slow down', code: '429'}};
    const error = Object.assign(
      new CallError('rate limit', {
        code: 'ERR_MODEL_RATE_LIMIT',
        fault: 'model',
        effect: 'retry',
        httpStatus: 429,
        retryAfterMs: 1500,
        requestId: 'req-9',
        body,
      }),
      {calls: 3},
    );
    await using service = await open(() => Promise.reject(error));
    const {status, headers, json} = await post(service, '/v1/responses', {input: 'a', model: 'any'});
    expect({status, json}).toEqual({status: 429, json: body});
    expect(headers).toMatchObject({'retry-after': '2', 'retry-after-ms': '1500', 'x-request-id': 'req-9'});
    await until(() => service.lines.length === 1);
    expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({
      'gen_ai.operation.name': 'responses',
      'gen_ai.request.model': 'any',
      'error.type': 'ERR_MODEL_RATE_LIMIT',
      deployment: 'gpt',
      calls: 3,
      upstream_request_id: 'req-9',
    });
  });

  it('note what an answer says of itself, of events when the last has passed', async () => {
    await using service = await open(createModel());
    await post(service, '/v1/chat/completions', {messages, model: 'any'});
    const {body} = await request(`${service.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({messages, stream: true}),
    });
    expect(await body.text()).toBe(`${frames.join('')}data: [DONE]\n\n`);
    await until(() => service.lines.length === 2);
    const [whole, events] = service.lines.map((line) => JSON.parse(line) as JsonObject);
    const facts = {
      server: 'policy_model',
      target: 'policy_model',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.response.model': 'gpt-4o-2024-11-20',
      'gen_ai.usage.input_tokens': 11,
      'gen_ai.usage.output_tokens': 2,
      deployment: 'gpt',
      calls: 2,
      queued_ms: 3,
      upstream_request_id: 'req-1',
    };
    expect(whole).toMatchObject({...facts, 'gen_ai.request.model': 'any'});
    expect(whole).not.toHaveProperty('time_to_first_token_ms');
    expect(events).toMatchObject({...facts, time_to_first_token_ms: expect.any(Number) as number});
    expect(service.lines.join()).not.toContain('Is it?');
  });

  it('speak to the official client', async () => {
    await using service = await open(createModel());
    const client = new OpenAI({baseURL: `${service.url}/v1`, apiKey: 'any', maxRetries: 0});
    const whole = await client.chat.completions.create({
      model: 'any',
      messages: [{role: 'user', content: 'a'}],
    });
    expect(whole.choices[0]?.message.content).toBe('Yes.');
    expect(whole._request_id).toBe('req-1');
    const stream = await client.chat.completions.create({
      model: 'any',
      messages: [{role: 'user', content: 'a'}],
      stream: true,
    });
    let text = '';
    for await (const {choices} of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe('Yes.');
    const bad = client.responses.create({model: 'any', input: 5 as unknown as string});
    await expect(bad).rejects.toMatchObject({status: 400, param: 'input', code: 'invalid_type'});
  });
});

describe('the models of a model server', () => {
  const card = {id: 'gpt', object: 'model', created: 1_750_000_000, owned_by: 'rollcall'};

  it('are its deployment, by that name and by the instance’s', async () => {
    await using service = await open(createModel());
    const get = async (path: string) => (await request(service.url + path)).body.json();
    expect(await get('/v1/models')).toEqual({object: 'list', data: [card]});
    expect(await get('/openai/models?api-version=2024-10-21')).toEqual({object: 'list', data: [card]});
    expect(await get('/models')).toEqual({object: 'list', data: [card]});
    expect(await get('/v1/models/gpt')).toEqual(card);
    expect(await get('/models/policy%5Fmodel')).toEqual(card);
    expect(await get('/')).toEqual({status: 'ok'});
  });

  it('are no others', async () => {
    await using service = await open(createModel());
    const {statusCode, body} = await request(`${service.url}/v1/models/gpt-5`);
    expect(statusCode).toBe(404);
    expect(await body.json()).toMatchObject({error: {code: 'model_not_found', param: 'model'}});
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- as a deployment gives them
async function* chunksOf(texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
