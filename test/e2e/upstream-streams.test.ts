import {writeFile} from 'node:fs/promises';
import OpenAI from 'openai';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {chatFrames, streamReply} from '../azure/open-wire.ts';
import {chunkedHead, httpChunk} from '../azure/scripted-server.ts';
import {createTempFolder, type TempFolder} from '../helpers/temp-folder.ts';
import {openRaw} from '../servers/raw-client.ts';
import {type RunningProgram, serve} from './running-servers.ts';
import {
  isChat,
  openResource,
  responsesEvents,
  type Script,
  type ScriptedResource,
} from './upstream-replies.ts';

const upstreams = [
  {upstream: 'chat_completions', version: '2024-10-21'},
  {upstream: 'responses', version: '2025-04-01-preview'},
] as const;

const chunk = {id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o'};
const promptFilter = {id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: []};
const deltaLess = {
  ...chunk,
  choices: [{index: 0, finish_reason: null, content_filter_offsets: {}, content_filter_results: {}}],
};

function chunked(frames: readonly unknown[]): string {
  return frames.map((frame) => httpChunk(`data: ${JSON.stringify(frame)}\n\n`)).join('');
}

/** Streams by the deployment that sends them, each in the API that is asked. */
const scripts: Readonly<Record<string, Script>> = {
  plain: (socket, request) => socket.write(streamReply(isChat(request) ? chatFrames : responsesEvents(true))),
  filters: (socket, request) =>
    socket.write(
      streamReply(
        isChat(request)
          ? [promptFilter, chatFrames[0], deltaLess, ...chatFrames.slice(1, 3), deltaLess, '[DONE]']
          : responsesEvents(true),
      ),
    ),
  unfinished: (socket, request) =>
    socket.write(streamReply(isChat(request) ? chatFrames.slice(0, -1) : responsesEvents(true))),
  cut: (socket, request) => {
    const frames = isChat(request) ? chatFrames.slice(0, 1) : responsesEvents(false);
    socket.end(chunkedHead + chunked(frames));
  },
  error: (socket, request) => {
    const error = {message: 'The server had an error.', code: 'server_error', param: null};
    const frames = isChat(request)
      ? [chatFrames[0], {error: {...error, type: 'server_error'}}]
      : [...responsesEvents(false), {type: 'error', sequence_number: 4, ...error}];
    socket.write(streamReply(frames));
  },
  slow: (socket, request) => {
    socket.write(chunkedHead + chunked(isChat(request) ? chatFrames.slice(0, 1) : responsesEvents(false)));
  },
  silent: () => undefined,
};

describe.each(upstreams)('a stream through a model server on $upstream', ({upstream, version}) => {
  let folder: TempFolder;
  let resource: ScriptedResource;
  let running: RunningProgram;

  beforeAll(async () => {
    folder = await createTempFolder();
    resource = await openResource(scripts);
    const instances = Object.keys(scripts).map(
      (name) => `
${name}:
  responses_api_models:
    azure_openai_model:
      openai_base_url: ${resource.origin}
      openai_api_key: canary-key-0123456789
      openai_model: ${name}
      default_query: {api-version: '${version}'}
      upstream_api: ${upstream}
      num_concurrent_requests: 1
`,
    );
    await writeFile(folder.file('models.yaml'), instances.join(''));
    running = await serve(['--config', 'models.yaml'], {cwd: folder.path});
  });
  afterAll(async () => {
    await running[Symbol.asyncDispose]();
    await resource[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const clientOf = (name: string) =>
    new OpenAI({baseURL: `${running.url(name)}/v1`, apiKey: 'any', maxRetries: 0});
  const messages = [{role: 'user' as const, content: '2+2?'}];

  it.each(['plain', 'filters', 'unfinished'])(
    'is whole for the official client at both doors: %s',
    async (name) => {
      const client = clientOf(name);
      const completion = await client.chat.completions.stream({model: 'any', messages}).finalChatCompletion();
      expect(completion.choices[0]).toMatchObject({finish_reason: 'stop', message: {content: '4'}});
      const response = await client.responses.stream({model: 'any', input: '2+2?'}).finalResponse();
      expect(response).toMatchObject({status: 'completed', output_text: '4'});
      const raw = await fetch(`${running.url(name)}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({messages, stream: true}),
      });
      expect(raw.headers.get('content-type')).toMatch(/^text\/event-stream/);
      expect(await raw.text()).toMatch(/data: \[DONE\]\n\n$/);
    },
  );

  it.each(['cut', 'error'])(
    'that ends badly is an error, not an answer that is shorter: %s',
    async (name) => {
      const client = clientOf(name);
      const chat = async () => {
        let text = '';
        const stream = await client.chat.completions.create({model: 'any', messages, stream: true});
        for await (const {choices} of stream) text += choices[0]?.delta.content ?? '';
        return text;
      };
      await expect(chat()).rejects.toBeInstanceOf(OpenAI.APIError);
      await expect(
        client.chat.completions.stream({model: 'any', messages}).finalContent(),
      ).rejects.toBeInstanceOf(OpenAI.APIError);
      const types: string[] = [];
      const responses = async () => {
        for await (const event of await client.responses.create({model: 'any', input: '2+2?', stream: true}))
          types.push(event.type);
      };
      await responses().catch((error: unknown) => expect(error).toBeInstanceOf(OpenAI.APIError));
      expect(types).not.toContain('response.completed');
      expect(types).toContain('response.output_text.delta');
      expect(await lastEvent(name)).toMatch(/"type":"(error|response\.failed)"/);
    },
  );

  async function lastEvent(name: string): Promise<string> {
    const raw = await fetch(`${running.url(name)}/v1/responses`, {
      method: 'POST',
      body: JSON.stringify({input: '2+2?', stream: true}),
    });
    const text = await raw.text();
    return text.trimEnd().split('\n\n').at(-1) ?? '';
  }

  // A machine that stands still for a moment gets another try.
  it.each(['silent', 'slow'])(
    'ends upstream within 100 ms of its client’s abort: %s',
    {retry: 2},
    async (name) => {
      const client = clientOf(name);
      for (const door of ['chat', 'responses'] as const) {
        const abort = new AbortController();
        const closedBefore = resource.connections() - resource.open();
        const askedBefore = resource.asked(name).length;
        const options = {signal: abort.signal};
        const begun =
          door === 'chat'
            ? client.chat.completions.create({model: 'any', messages, stream: true}, options)
            : client.responses.create({model: 'any', input: '2+2?', stream: true}, options);
        const outcome = begun.then(readToEnd).catch((error: unknown) => error);
        await resource.received(1);
        while (resource.asked(name).length === askedBefore) await new Promise(setImmediate);
        const abortedAt = performance.now();
        abort.abort();
        await resource.closed(closedBefore + 1);
        expect(performance.now() - abortedAt).toBeLessThan(100);
        expect([undefined, expect.any(OpenAI.APIUserAbortError)]).toContainEqual(await outcome);
      }
    },
  );

  /** Resolves when that many calls wait for a deployment, as the metrics have it. */
  async function untilWaiting(name: string, count: number): Promise<void> {
    const line = new RegExp(`^rollcall_deployment_waiting\\{deployment="${name}"\\} ${String(count)}$`, 'm');
    while (!line.test(await (await fetch(`${running.url(name)}/metrics`)).text()));
  }

  it('whose client leaves while it waits for its turn is never asked for', async () => {
    const {port} = new URL(running.url('slow'));
    const body = JSON.stringify({messages, stream: true});
    const post = `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`;
    const before = resource.asked('slow').length;
    await using first = await openRaw({port: Number(port)});
    first.socket.write(post);
    await first.until(/"content":"4"/);
    const second = await openRaw({port: Number(port)});
    second.socket.write(post);
    await untilWaiting('slow', 1);
    await second[Symbol.asyncDispose]();
    await untilWaiting('slow', 0);
    await using third = await openRaw({port: Number(port)});
    third.socket.write(post);
    first.socket.destroy();
    await third.until(/"content":"4"/);
    expect(resource.asked('slow').length - before).toBe(2);
  });
});

async function readToEnd(stream: AsyncIterable<unknown>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
