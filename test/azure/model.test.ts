import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {createAzureClient} from '../../src/azure/client.ts';
import {createCredentials} from '../../src/azure/credentials.ts';
import {normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {type AzureModel, type AzureModelSettings, createAzureModel} from '../../src/azure/model.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CancelledError} from '../../src/core/errors.ts';
import {asJsonArray, asJsonObject, asString, type JsonObject} from '../../src/core/json.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {chunkedHead, httpChunk, openScriptedServer, reply} from './scripted-server.ts';

const ask = {cancellation: neverCancelled};
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-2024-08-06',
  choices: [
    {
      index: 0,
      finish_reason: 'stop',
      logprobs: null,
      message: {role: 'assistant', content: '4', refusal: null},
    },
  ],
  usage: {prompt_tokens: 5, completion_tokens: 1, total_tokens: 6},
};
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status: 'completed',
  model: 'gpt-5',
  error: null,
  output: [
    {
      type: 'message',
      id: 'm',
      role: 'assistant',
      status: 'completed',
      content: [{type: 'output_text', text: '4', annotations: []}],
    },
  ],
  usage: {input_tokens: 5, output_tokens: 1, total_tokens: 6},
};

describe('an answer over chat completions', () => {
  it('is a Responses object with usage, status and how it was come by', async () => {
    await using at = await open(() =>
      reply(200, completion, {'apim-request-id': 'r-1', 'x-rollcall-simulated': 'true'}),
    );
    const params = {input: '2+2?', model: 'something-else', max_output_tokens: 9, temperature: 0.3};
    const {response: answer, trace} = await at.model.respond(params, ask);
    expect(answer).toMatchObject({
      id: 'resp_id',
      object: 'response',
      status: 'completed',
      model: 'gpt-4o-2024-08-06',
      usage: {input_tokens: 5, output_tokens: 1, total_tokens: 6},
      incomplete_details: null,
      temperature: 0.3,
    });
    expect(textOf(answer)).toBe('4');
    expect(trace).toEqual({
      deployment: 'dep',
      calls: 1,
      queuedMs: 0,
      callMs: 0,
      requestId: 'r-1',
      simulated: true,
    });
    expect(at.sent()).toMatchObject({model: 'dep', max_completion_tokens: 9, temperature: 0.3});
    expect(at.sent()).not.toHaveProperty('stream');
    expect(at.path()).toBe('/openai/deployments/dep/chat/completions?api-version=2024-10-21');
  });

  it('takes the seed of repeats from extra_body, and lets nothing there choose another model', async () => {
    await using at = await open(() => reply(200, completion));
    const metadata = {extra_body: '{"seed": 3, "model": "evil", "stream": true}'};
    await at.model.respond({input: 'x', metadata}, ask);
    expect(at.sent()).toMatchObject({seed: 3, model: 'dep'});
    expect(at.sent()).not.toHaveProperty('stream');
    expect(at.sent()).not.toHaveProperty('metadata');
  });

  it('leaves integers beyond 2^53 as the row wrote them', async () => {
    await using at = await open(() => reply(200, completion));
    const bounds = {type: 'integer', minimum: -9223372036854775808n, maximum: 9223372036854775807n};
    const tool = {type: 'function', name: 'f', parameters: {type: 'object', properties: {id: bounds}}};
    const metadata = {extra_body: '{"seed":9007199254740993}'};
    await at.model.respond({input: 'x', tools: [tool], metadata}, ask);
    const sent = at.requests.at(-1) ?? '';
    expect(sent).toContain('"minimum":-9223372036854775808,"maximum":9223372036854775807');
    expect(sent).toContain('"seed":9007199254740993');
  });

  it('is incomplete when cut off', async () => {
    const cut = {...completion, choices: [{...completion.choices[0], finish_reason: 'length'}]};
    await using at = await open(() => reply(200, cut));
    const {response: answer} = await at.model.respond({input: 'x'}, ask);
    expect(answer).toMatchObject({status: 'incomplete', incomplete_details: {reason: 'max_output_tokens'}});
  });

  it('that is no completion may be tried again', async () => {
    await using at = await open(() => reply(200, {hello: 'world'}));
    await expect(at.model.respond({input: 'x'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_MALFORMED',
      effect: 'retry',
    });
  });

  it('is not asked for when the row cannot be sent', async () => {
    await using at = await open(() => reply(200, completion));
    await expect(at.model.respond({input: 'x', metadata: {extra_body: 'no'}}, ask)).rejects.toMatchObject({
      effect: 'rollout',
    });
    expect(at.requests).toHaveLength(0);
  });
});

describe('a reply that tells of the deployment’s limits', () => {
  it('is told with what the call took in the end', async () => {
    await using at = await open(() => reply(200, completion, {'x-ratelimit-limit-tokens': '1000'}));
    const {trace} = await at.model.respond({input: '2+2?'}, ask);
    expect(trace.rateLimits).toMatchObject({limitTokens: 1_000, usedTokens: 6});
  });

  it('weighs output where throughput is provisioned', async () => {
    const headers = {'azure-openai-deployment-utilization': '50%'};
    await using at = await open(() => reply(200, completion, headers), {isProvisioned: true});
    const {trace} = await at.model.respond({input: '2+2?'}, ask);
    expect(trace.rateLimits).toMatchObject({utilization: 0.5, usedTokens: 9});
    expect(at.model.chargeOf({input: '2+2?', max_output_tokens: 10}, 'responses')).toBe(42);
  });

  it('says so when another deployment gave it', async () => {
    const headers = {'x-ms-spillover-from-deployment': 'dep', 'x-ms-deployment-name': 'standard'};
    await using at = await open(() => reply(200, completion, headers));
    const {trace} = await at.model.respond({input: '2+2?'}, ask);
    expect(trace).toMatchObject({
      deployment: 'dep',
      spilledOver: {from: 'dep', to: 'standard'},
      rateLimits: {isSpilledOver: true},
    });
  });
});

describe('a prompt that the service refuses', () => {
  const findings = {violence: {filtered: true, severity: 'high'}};

  it('for its content is an answer', async () => {
    const error = {
      code: 'content_filter',
      message: 'filtered',
      innererror: {code: 'ResponsibleAIPolicyViolation', content_filter_result: findings},
    };
    await using at = await open(() =>
      reply(400, {error}, {'apim-request-id': 'r-2', 'x-rollcall-simulated': 'true'}),
    );
    const {response: answer, trace} = await at.model.respond({input: 'x'}, ask);
    expect(answer).toMatchObject({
      status: 'incomplete',
      incomplete_details: {reason: 'content_filter'},
      output: [],
      usage: null,
    });
    expect(JSON.stringify(answer['content_filters'])).toContain('"violence"');
    expect(trace).toMatchObject({requestId: 'r-2', simulated: true, calls: 1});
  });

  it.each([
    [
      'context_length_exceeded',
      'context_length_exceeded',
      "This model's maximum context length is 10 tokens.",
    ],
    [
      'max_output_tokens',
      'invalid_value',
      'Could not finish the message because max_tokens or model output limit was reached.',
    ],
  ])('for its length is an answer: %s', async (reason, code, message) => {
    await using at = await open(() => reply(400, {error: {code, message}}));
    const {response: answer} = await at.model.respond({input: 'x'}, ask);
    expect(answer).toMatchObject({
      object: 'response',
      status: 'incomplete',
      incomplete_details: {reason},
      output: [],
      usage: null,
      content_filters: null,
      error: {code: reason, message: expect.stringContaining(message) as string},
    });
  });

  it('for any other reason is an error', async () => {
    await using at = await open(() =>
      reply(400, {error: {code: null, message: 'Unrecognized request argument supplied: x'}}),
    );
    await expect(at.model.respond({input: 'x'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_PARAMETER',
      effect: 'settings',
    });
  });
});

describe('an answer over the Responses API', () => {
  it('is what the service said, and is not kept there', async () => {
    await using at = await open(() => reply(200, response), {api: 'responses'}, '/openai/v1');
    const input = [{type: 'message', role: 'assistant', status: 'completed', content: 'a'}];
    const params = {
      input,
      model: 'x',
      temperature: null,
      metadata: {extra_body: '{"seed":1,"user":"u"}', a: 'b'},
    };
    expect((await at.model.respond(params, ask)).response).toEqual(response);
    expect(at.path()).toBe('/openai/v1/responses');
    expect(at.sent()).toEqual({
      input: [{type: 'message', role: 'assistant', content: 'a'}],
      model: 'dep',
      metadata: {a: 'b'},
      store: false,
      user: 'u',
    });
    expect(at.notes).toEqual(['dep: seed is left out: the Responses API has no seed']);
  });

  it('carries its reasoning along, unless the row has it kept on the server', async () => {
    await using at = await open(
      () => reply(200, response),
      {family: 'gpt-5', api: 'responses'},
      '/openai/v1',
    );
    await at.model.respond({input: 'x', include: ['message.output_text.logprobs']}, ask);
    expect(at.sent()).toMatchObject({
      store: false,
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
    });
    await at.model.respond({input: 'x', store: true}, ask);
    expect(at.sent()).toMatchObject({store: true});
    expect(at.sent()).not.toHaveProperty('include');
  });

  it.each(['chat', 'responses'] as const)(
    'is asked for whole, whatever the row says of streaming: %s',
    async (api) => {
      await using at = await open(() => reply(200, api === 'chat' ? completion : response), {api});
      await at.model.respond({input: 'x', stream: true, stream_options: {include_obfuscation: false}}, ask);
      expect(at.sent()).not.toHaveProperty('stream');
      expect(at.sent()).not.toHaveProperty('stream_options');
    },
  );

  it('that is nested without end is an error, and no danger to the run', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = JSON.stringify({...response, extra: 'deep'}).replace('"deep"', deep);
    await using at = await open(() => reply(200, body), {api: 'responses'});
    await expect(at.model.respond({input: 'hi'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_MALFORMED',
      effect: 'retry',
    });
  });

  it('that failed is an error, by its own words', async () => {
    const failed = {
      ...response,
      status: 'failed',
      output: [],
      error: {code: 'rate_limit_exceeded', message: 'slow'},
    };
    await using at = await open(() => reply(200, failed, {'retry-after': '2'}), {api: 'responses'});
    await expect(at.model.respond({input: 'x'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_RATE_LIMIT',
      throttled: true,
      retryAfterMs: 2_000,
    });
  });

  it('that the filter failed keeps what it said', async () => {
    const failed = {...response, status: 'failed', error: {code: 'content_filter', message: 'blocked'}};
    await using at = await open(() => reply(200, failed), {api: 'responses'});
    expect((await at.model.respond({input: 'x'}, ask)).response).toEqual({
      ...response,
      status: 'incomplete',
      error: null,
      incomplete_details: {reason: 'content_filter'},
    });
  });

  it.each([
    ['has no output', {object: 'response', status: 'completed'}],
    ['is not finished', {...response, status: 'queued'}],
  ])('that %s may be asked for again', async (_, body) => {
    await using at = await open(() => reply(200, body), {api: 'responses'});
    await expect(at.model.respond({input: 'x'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_MALFORMED',
      effect: 'retry',
    });
  });
});

describe('the API', () => {
  it.each([
    ['is chat completions', {}, '', 'chat'],
    ['is Responses where the URL names it', {}, '/openai/responses', 'responses'],
    ['is Responses where the family has no other', {family: 'gpt-5-pro'}, '', 'responses'],
    ['is as configured', {family: 'gpt-5-pro', api: 'chat'}, '', 'chat'],
  ] satisfies [string, Partial<AzureModelSettings>, string, string][])(
    '%s',
    async (_, settings, path, api) => {
      await using at = await open(() => '', settings, path);
      expect(at.model.api).toBe(api);
    },
  );

  it('that will not work is warned of', async () => {
    await using at = await open(() => '', {api: 'responses', family: 'o1', stream: true});
    expect(at.model.notices).toEqual([
      expect.stringContaining('2025-03-01-preview'),
      expect.stringContaining('do not stream'),
    ]);
  });
});

describe('what is changed in requests', () => {
  it('is told once, not for each call', async () => {
    await using at = await open(() => reply(200, completion), {family: 'o3-mini'}, '/openai/v1');
    for (let call = 0; call < 3; call++) await at.model.respond({input: 'x', temperature: 0.2}, ask);
    expect(at.sent()).not.toHaveProperty('temperature');
    expect(at.notes).toEqual(['dep: temperature is left out: reasoning models (o-series) refuse it']);
  });
});

describe('a streamed answer', () => {
  const chatFrames = framesOf('azure-chat-model-router.1.chunks.txt').map((data) => `data: ${data}\n\n`);
  const responsesFrames = framesOf('azure-text.1.chunks.txt').map((data) => `data: ${data}\n\n`);

  it('over chat is the same object, with usage asked for', async () => {
    await using at = await open(() => stream([...chatFrames, 'data: [DONE]\n\n']), {stream: true});
    const {response: answer, trace} = await at.model.respond({input: 'x'}, ask);
    expect(answer).toMatchObject({
      object: 'response',
      status: 'completed',
      model: expect.stringContaining('gpt-5-nano') as string,
    });
    expect(textOf(answer)).not.toBe('');
    expect(at.sent()).toMatchObject({stream: true, stream_options: {include_usage: true}});
    expect(trace.calls).toBe(1);
  });

  it('does not ask for usage where the version does not know that', async () => {
    await using at = await open(
      () => stream([...chatFrames, 'data: [DONE]\n\n']),
      {stream: true},
      '/openai?api-version=2024-06-01',
    );
    await at.model.respond({input: 'x'}, ask);
    expect(at.sent()).not.toHaveProperty('stream_options');
  });

  it('over Responses is its last event’s object', async () => {
    await using at = await open(() => stream(responsesFrames), {stream: true, api: 'responses'});
    const {response: answer} = await at.model.respond({input: 'x'}, ask);
    expect(answer).toMatchObject({object: 'response', status: 'completed'});
    expect(textOf(answer)).toContain('Hello');
    expect(at.sent()).toMatchObject({stream: true, store: false});
  });

  it('may come whole', async () => {
    await using at = await open(() => reply(200, completion), {stream: true});
    expect(textOf((await at.model.respond({input: 'x'}, ask)).response)).toBe('4');
  });

  it('that breaks off may be tried again', async () => {
    await using at = await open(() => stream(chatFrames.slice(0, 3)), {stream: true});
    await expect(at.model.respond({input: 'x'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_TRUNCATED',
      effect: 'retry',
    });
  });

  it('that fails on the way is named, with the wait of its headers', async () => {
    const failed = {
      type: 'response.failed',
      sequence_number: 1,
      response: {...response, status: 'failed', error: null},
    };
    const error = {
      type: 'error',
      sequence_number: 2,
      error: {
        type: 'too_many_requests',
        code: 'rate_limit_exceeded',
        message: 'Your requests have exceeded rate limit.',
        param: null,
      },
    };
    const frames = [failed, error].map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
    const head = chunkedHead.replace('\r\n\r\n', '\r\nretry-after-ms: 700\r\n\r\n');
    await using at = await open(() => head + frames.map(httpChunk).join('') + httpChunk(''), {
      stream: true,
      api: 'responses',
    });
    await expect(at.model.respond({input: 'x'}, ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_RATE_LIMIT',
      throttled: true,
      retryAfterMs: 700,
    });
  });
});

describe('a call that is cancelled', () => {
  it.each([false, true])('ends with the reason (stream: %s)', async (wantsStream) => {
    await using at = await open(() => (wantsStream ? chunkedHead : ''), {stream: wantsStream});
    const cancellation = new CancellationSource();
    const reason = new CancelledError('enough');
    const call = expect(at.model.respond({input: 'x'}, {cancellation})).rejects.toBe(reason);
    await at.received(1);
    cancellation.cancel(reason);
    await call;
    await at.closed(1);
    expect(cancellation.listenerCount).toBe(0);
    expect(at.clock.pendingTimers).toBe(0);
  });
});

function framesOf(name: string): string[] {
  const text = readFileSync(`test/fixtures/protocol/${name}`, 'utf8');
  return text.split('\n').filter((line) => line.trim() !== '');
}

function stream(events: readonly string[]): string {
  return chunkedHead + events.map(httpChunk).join('') + httpChunk('');
}

function textOf(answer: JsonObject): string {
  const message = asJsonArray(answer['output'])
    .map(asJsonObject)
    .find((item) => item?.['type'] === 'message');
  return asString(asJsonObject(asJsonArray(message?.['content'])[0])?.['text']) ?? '';
}

async function open(
  answer: () => string,
  settings: Partial<AzureModelSettings> = {},
  path = '/openai?api-version=2024-10-21',
) {
  const server = await openScriptedServer((socket) => socket.write(answer()));
  const clock = createFakeClock();
  const notes: string[] = [];
  const endpoint = normalizeEndpoint({
    baseUrl: server.origin + path,
    ...(path === '' || path === '/openai/responses' ? {apiVersion: '2024-10-21'} : {}),
  });
  const client = createAzureClient({
    endpoint,
    deployment: 'dep',
    credentials: createCredentials({apiKey: 'key-123456'}, {clock, onSecret: () => undefined}),
    clock,
    redact: (text) => text,
    userAgent: 'rollcall/test',
    newRequestId: () => 'id',
  });
  const model: AzureModel = createAzureModel(
    {endpoint, deployment: 'dep', ...settings},
    {client, clock, createId: (prefix) => `${prefix}_id`, onNote: (note) => notes.push(note)},
  );
  return {
    ...server,
    model,
    clock,
    notes,
    /** The body of the last request. */
    sent: () => JSON.parse(server.requests.at(-1)?.split('\r\n\r\n')[1] ?? 'null') as JsonObject,
    path: () => server.requests.at(-1)?.split(' ')[1],
    async [Symbol.asyncDispose]() {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
