import OpenAI from 'openai';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {chatStreamToResponses} from '../../src/protocol/chat-stream-to-responses.ts';
import {relayChatStream} from '../../src/protocol/relay-chat-stream.ts';
import {relayResponsesStream} from '../../src/protocol/relay-responses-stream.ts';
import {responsesStreamToChat} from '../../src/protocol/responses-stream-to-chat.ts';
import {ByteSource, chunk, inPieces} from './byte-source.ts';
import {chatWire, frames, responsesWire} from './event-stream.ts';

type Translate = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** The official client, answered with a captured stream that went through ours. */
function client(wire: Uint8Array, translate: Translate): OpenAI {
  const answer = (): Promise<Response> => {
    const body = ReadableStream.from(translate(new ByteSource(inPieces(wire, 61))));
    return Promise.resolve(new Response(body, {headers: {'content-type': 'text/event-stream'}}));
  };
  return new OpenAI({apiKey: 'none', baseURL: 'http://localhost/v1', fetch: answer, maxRetries: 0});
}

const relayChat: Translate = (chunks) => relayChatStream(chunks, {facts: {}, includeUsage: true});
const relayResponses: Translate = (chunks) => relayResponsesStream(chunks, {facts: {}});
const toResponses: Translate = (chunks) =>
  chatStreamToResponses(chunks, {
    ...{facts: {}, request: {model: 'my-gpt', input: 'hi'}, id: 'resp_1', createdAt: 1},
    createId: (prefix) => `${prefix}_1`,
  });
const toChat: Translate = (chunks) =>
  responsesStreamToChat(chunks, {
    ...{facts: {}, includeUsage: true, createdAt: 1, model: 'my-gpt'},
    createId: (prefix) => `${prefix}_1`,
  });

function chatOf(wire: Uint8Array, translate: Translate): ReturnType<OpenAI['chat']['completions']['stream']> {
  return client(wire, translate).chat.completions.stream({model: 'm', messages: []});
}

function responsesOf(wire: Uint8Array, translate: Translate): ReturnType<OpenAI['responses']['stream']> {
  return client(wire, translate).responses.stream({model: 'm', input: 'hi'});
}

const error: JsonObject = {
  error: {message: 'slow down', type: 'too_many_requests', code: 'rate_limit_exceeded'},
};
const role = chunk({role: 'assistant', content: ''});

describe('the official client', () => {
  it("reads Azure's chat stream with a real id and model, and the filter's findings", async () => {
    const stream = chatOf(chatWire(frames('azure-chat-model-router.1.chunks.txt')), relayChat);
    const heads: string[] = [];
    for await (const {id, model} of stream) heads.push(`${id} ${model}`);
    expect(new Set(heads)).toEqual(new Set(['chatcmpl-CYPS1lijGoK8gd9lYzY3r9Sx50nbt gpt-5-nano-2025-08-07']));
    expect(await stream.finalChatCompletion()).toMatchObject({
      ...{id: 'chatcmpl-CYPS1lijGoK8gd9lYzY3r9Sx50nbt', model: 'gpt-5-nano-2025-08-07'},
      ...{created: 1762317021, usage: {total_tokens: 93}, prompt_filter_results: [{prompt_index: 0}]},
      choices: [{message: {role: 'assistant', content: 'Capital of Denmark.'}, finish_reason: 'stop'}],
    });
  });

  it('reads a chat stream that the asynchronous filter blocks behind its end', async () => {
    const stream = chatOf(chatWire(frames('chat-async-filter.chunks.txt'), {done: false}), relayChat);
    expect(await stream.finalChatCompletion()).toMatchObject({
      ...{id: 'chatcmpl-asyncExample01', model: 'gpt-4o-2024-11-20'},
      choices: [{message: {content: 'First you take the matches'}, finish_reason: 'content_filter'}],
    });
  });

  it('reads a blocked answer that never had a role', async () => {
    const blocked = {choices: [{index: 0, finish_reason: 'content_filter'}], id: '', model: '', created: 0};
    const stream = chatOf(chatWire([blocked]), relayChat);
    expect(await stream.finalChatCompletion()).toMatchObject({choices: [{finish_reason: 'content_filter'}]});
  });

  it('reads calls side by side from a chat stream', async () => {
    const stream = chatOf(chatWire(frames('chat-tool-calls.chunks.txt')), relayChat);
    const done: unknown[] = [];
    stream.on('tool_calls.function.arguments.done', ({name, arguments: text}) => done.push([name, text]));
    expect((await stream.finalMessage()).tool_calls).toMatchObject([
      {id: 'call_Kx1', function: {name: 'get_weather', arguments: '{"city":"Malmö — 🌧"}'}},
      {id: 'call_Kx2', function: {name: 'get_time', arguments: '{"zone":"Europe/Stockholm"}'}},
    ]);
    expect(done).not.toEqual([]);
  });

  it.each<[string, Translate, Uint8Array]>([
    ['an error inside a chat stream', relayChat, chatWire([role, error])],
    ['a chat stream that is cut off', relayChat, chatWire([role], {done: false})],
    ['a Responses stream that fails, as chat', toChat, responsesWire([{type: 'error', ...error}])],
  ])('fails on %s', async (_, translate, wire) => {
    await expect(chatOf(wire, translate).finalChatCompletion()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  it.each(['azure-text.1.chunks.txt', 'responses-function-call.chunks.txt'])(
    'reads %s as Responses',
    async (name) => {
      const events = frames(name);
      const {id, output} = await responsesOf(responsesWire(events), relayResponses).finalResponse();
      const final = events.at(-1)?.['response'];
      expect(final).toMatchObject({id});
      expect({output}).toMatchObject({output: (final as JsonObject)['output']});
    },
  );

  const created = {type: 'response.created', response: {id: 'resp_1', status: 'in_progress', output: []}};
  it.each<[string, readonly JsonObject[]]>([
    ['is cut off', [created]],
    [
      'reports an error as published',
      [created, {type: 'error', message: 'slow down', code: 'rate_limit_exceeded'}],
    ],
    ['reports an error as Azure does', [created, {type: 'error', ...error}]],
  ])('fails on a Responses stream that %s', async (_, sent) => {
    const stream = responsesOf(responsesWire(sent), relayResponses);
    await expect(stream.finalResponse()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  it('reads a chat stream as Responses, event by event', async () => {
    const stream = responsesOf(chatWire(frames('azure-chat-model-router.1.chunks.txt')), toResponses);
    let text = '';
    stream.on('response.output_text.delta', ({delta, snapshot}) => {
      text += delta;
      expect(snapshot).toBe(text);
    });
    const final = await stream.finalResponse();
    expect(text).toBe('Capital of Denmark.');
    expect(final).toMatchObject({
      ...{id: 'resp_1', status: 'completed', model: 'gpt-5-nano-2025-08-07', output_text: text},
      usage: {input_tokens: 15, output_tokens: 78, output_tokens_details: {reasoning_tokens: 64}},
    });
  });

  it('reads calls, reasoning and a refusal from a chat stream as Responses', async () => {
    const call = (index: number, text: string): JsonObject => ({
      tool_calls: [{index, id: `call_${index}`, function: {name: `f${index}`, arguments: text}}],
    });
    const deltas = [
      {reasoning_content: 'hm'},
      {content: '<think>so</think>'},
      {refusal: 'no'},
      call(0, '{'),
      call(1, '['),
    ];
    const more = [
      {tool_calls: [{index: 0, function: {arguments: '}'}}]},
      {tool_calls: [{index: 1, function: {arguments: ']'}}]},
    ];
    const wire = chatWire([
      role,
      ...[...deltas, ...more].map((delta) => chunk(delta)),
      chunk({}, 'tool_calls'),
    ]);
    const {output} = await responsesOf(wire, toResponses).finalResponse();
    expect(output).toMatchObject([
      {type: 'reasoning', summary: [{text: 'hm'}, {text: 'so'}]},
      {type: 'message', content: [{type: 'refusal', refusal: 'no'}]},
      {type: 'function_call', call_id: 'call_0', arguments: '{}'},
      {type: 'function_call', call_id: 'call_1', arguments: '[]'},
    ]);
  });

  it('is told of a chat stream that fails as a response that failed', async () => {
    const final = await responsesOf(chatWire([error]), toResponses).finalResponse();
    expect(final).toMatchObject({
      status: 'failed',
      error: {code: 'rate_limit_exceeded', message: 'slow down'},
    });
  });

  it('reads a Responses stream as chat', async () => {
    const stream = chatOf(responsesWire(frames('responses-function-call.chunks.txt')), toChat);
    expect(await stream.finalChatCompletion()).toMatchObject({
      ...{id: 'chatcmpl-callExample01', model: 'gpt-5.1', usage: {total_tokens: 122}},
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: 'Let me look — 🌦.',
            tool_calls: [{id: 'call_Kx1', function: {name: 'get_weather', arguments: '{"city":"Malmö"}'}}],
          },
        },
      ],
    });
  });
});
