import {writeFile} from 'node:fs/promises';
import OpenAI from 'openai';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {reply} from '../azure/scripted-server.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {type RunningProgram, serve} from './running-servers.ts';
import {answerTo, openResource, type ScriptedResource} from './upstream-replies.ts';

interface Failure {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const pretty = (body: unknown): string => JSON.stringify(body, null, 2);

/** Failed replies as Azure gives them, by the deployment that gives them. */
const failures: Readonly<Record<string, Failure>> = {
  filter: {
    status: 400,
    body: pretty({
      error: {
        message: "The prompt triggered Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: {violence: {filtered: true, severity: 'high'}},
        },
      },
    }),
  },
  context: {
    status: 400,
    body: pretty({
      error: {
        message: "This model's maximum context length is 8192 tokens.",
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    }),
  },
  key: {
    status: 401,
    body: '{ "error": { "code": "401", "message": "Access denied due to invalid subscription key." } }',
  },
  deployment: {
    status: 404,
    body: '{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}',
  },
  quota: {
    status: 429,
    body: '{"error":{"code":"429","message":"Too many. \\u00e9","limit":12345678901234567890}}\n',
    headers: {'retry-after': '60', 'retry-after-ms': '59500', 'x-ms-retry-after-ms': '59500'},
  },
  broken: {
    status: 500,
    body: '{"error":{"message":"The server had an error.","type":"server_error","param":null,"code":null}}',
  },
};

const classes = {
  filter: OpenAI.BadRequestError,
  context: OpenAI.BadRequestError,
  key: OpenAI.AuthenticationError,
  deployment: OpenAI.NotFoundError,
  quota: OpenAI.RateLimitError,
  broken: OpenAI.InternalServerError,
} as const;

/** What every failed reply says besides, for a client. */
const ids = {
  'x-request-id': 'req-7',
  'apim-request-id': 'apim-7',
  'x-ratelimit-remaining-tokens': '0',
  'x-ms-region': 'East US',
  'x-should-retry': 'true',
};

/** What is no failure by its status. */
const strange: Readonly<Record<string, string>> = {
  page: reply(502, '<html><title>502 Bad Gateway</title><h1>Bad Gateway</h1></html>', {
    'content-type': 'text/html',
  }),
  portal: reply(200, '<!doctype html><title>Sign in</title>', {'content-type': 'text/html'}),
  words: reply(200, 'hello'),
  object: reply(200, {}),
  apim: reply(401, {statusCode: 401, message: 'Unauthorized. Access token is missing or invalid.'}),
};

const upstreams = [
  {upstream: 'chat_completions', version: '2024-10-21'},
  {upstream: 'responses', version: '2025-04-01-preview'},
] as const;
const doors = [
  ['/v1/chat/completions', {messages: [{role: 'user', content: '2+2?'}]}],
  ['/v1/responses', {input: '2+2?'}],
] as const;

describe.each(upstreams)('a model server whose deployment fails on $upstream', ({upstream, version}) => {
  let folder: TempFolder;
  let resource: ScriptedResource;
  let running: RunningProgram;

  beforeAll(async () => {
    folder = await createTempFolder();
    resource = await openResource({
      ...Object.fromEntries(Object.entries(failures).map(([name, failure]) => [name, replyOf(failure)])),
      ...strange,
      silent: () => undefined,
      reset: (socket) => socket.resetAndDestroy(),
      cut: (socket, request) => socket.end(answerTo(request).slice(0, -10)),
      flaky: (socket, request, index) =>
        index % 3 === 2 ? socket.write(answerTo(request)) : socket.resetAndDestroy(),
    });
    const names = [...Object.keys({...failures, ...strange}), 'silent', 'reset', 'cut', 'flaky'];
    const instances = names.map((name) => instanceOf(name, resource.origin));
    const dead = instanceOf('dead', 'http://127.0.0.1:1');
    await writeFile(folder.file('models.yaml'), [...instances, dead].join(''));
    running = await serve(['--config', 'models.yaml'], {cwd: folder.path});
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    await resource[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  function instanceOf(name: string, origin: string): string {
    return `
${name}:
  responses_api_models:
    azure_openai_model:
      openai_base_url: ${origin}
      openai_api_key: canary-key-0123456789
      openai_model: ${name}
      default_query: {api-version: '${version}'}
      upstream_api: ${upstream}
      retry: {base_delay_s: 0.01}
      timeouts: {first_byte_s: 0.15, connect_s: 1}
`;
  }

  async function post(name: string, path: string, body: unknown) {
    const answer = await fetch(running.url(name) + path, {method: 'POST', body: JSON.stringify(body)});
    return {status: answer.status, headers: answer.headers, text: await answer.text()};
  }

  const cases = Object.keys(failures).flatMap((name) =>
    doors.flatMap(([path, body]) => [false, true].map((stream) => ({name, path, body, stream}))),
  );

  it.each(cases)('hands on what it says, byte for byte: $name at $path (stream: $stream)', async (at) => {
    const {status, headers, text} = await post(at.name, at.path, {...at.body, stream: at.stream});
    const failure = failures[at.name];
    expect({status, text}).toEqual({status: failure?.status, text: failure?.body});
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(Object.fromEntries(headers)).toMatchObject(ids);
    expect(headers.has('set-cookie')).toBe(false);
    expect(headers.has('x-ms-retry-after-ms')).toBe(false);
    // Of a wait that began with an earlier request only the rest is told.
    const wait = failure?.headers?.['retry-after'];
    if (wait === undefined) expect(headers.get('retry-after')).toBeNull();
    else expect(Math.abs(Number(headers.get('retry-after')) - Number(wait))).toBeLessThan(15);
  });

  it.each(Object.entries(classes))('is told to the official client as its error: %s', async (name, type) => {
    const client = new OpenAI({baseURL: `${running.url(name)}/v1`, apiKey: 'any', maxRetries: 0});
    const messages = [{role: 'user' as const, content: '2+2?'}];
    const asked = [
      client.chat.completions.create({model: 'any', messages}),
      client.chat.completions.stream({model: 'any', messages}).finalContent(),
      client.responses.create({model: 'any', input: '2+2?'}),
      client.responses.stream({model: 'any', input: '2+2?'}).finalResponse(),
    ];
    for (const result of await Promise.allSettled(asked)) {
      const reason: unknown = (result as PromiseRejectedResult).reason;
      expect(reason).toBeInstanceOf(type);
      expect(reason).toMatchObject({status: failures[name]?.status, requestID: 'req-7'});
    }
  });

  const told = [
    ['page', 502, /HTML page.*Bad Gateway/],
    ['portal', 502, /HTML|no JSON|not JSON/i],
    ['words', 502, /JSON/],
    ['object', 502, /choices|output/],
    ['apim', 401, /Access token is missing or invalid/],
    ['silent', 504, /began no reply within 0\.15 s/],
    ['reset', 502, /connection/i],
    ['cut', 502, /connection|broke off|reply/i],
    ['dead', 502, /cannot be reached|refused|connection/i],
  ] as const;
  const toldCases = told.flatMap(([name, status, message]) =>
    doors.map(([path, body]) => ({name, status, message, path, body})),
  );

  it.each(toldCases)('says in OpenAI’s shape what is no error of the service: $name at $path', async (at) => {
    const {status, text} = await post(at.name, at.path, at.body);
    const {error} = JSON.parse(text) as {error: {message: string; type: string; code: string}};
    expect([status, error.type], text).toEqual([at.status, 'upstream_error']);
    expect(error.message).toMatch(at.message);
    expect(error.code).toMatch(/^ERR_MODEL_/);
    expect(text).not.toContain('canary');
  });

  it.each(doors)(
    'is asked again where that may help, and its client sees nothing of it: %s',
    async (path, body) => {
      const before = resource.asked('flaky').length;
      const {status} = await post('flaky', path, body);
      expect([status, resource.asked('flaky').length - before]).toEqual([200, 3]);
    },
  );
});

function replyOf({status, body, headers}: Failure): string {
  return reply(status, body, {'content-type': 'application/json', 'set-cookie': 'a=b', ...ids, ...headers});
}
