import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
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
import {reply} from './scripted-server.ts';

const onResponses: WireSetting = {settings: {api: 'responses'}, endpoint: {apiVersion: '2025-04-01-preview'}};
const messages = [{role: 'user', content: '2+2?'}];
const responseFrames = [
  {type: 'response.created', sequence_number: 0, response: {...response, status: 'in_progress', output: []}},
  {type: 'response.output_item.added', sequence_number: 1, output_index: 0, item: response.output[0]},
  {
    type: 'response.output_text.delta',
    ...{sequence_number: 2, item_id: 'm', output_index: 0, content_index: 0, delta: '4'},
  },
  {type: 'response.completed', sequence_number: 3, response},
];

describe('a chat door on a deployment of the Responses API', () => {
  it('asks and answers in chat', async () => {
    await using at = await openWire(reply(200, response, {'apim-request-id': 'r-1'}), onResponses);
    const answer = await at.model(
      {api: 'chat', body: {model: 'x', messages, max_tokens: 7, reasoning_effort: 'low'}},
      ask,
    );
    expect(JSON.parse(await readAnswer(answer))).toMatchObject({
      ...{object: 'chat.completion', model: 'gpt-5', usage: {prompt_tokens: 5, completion_tokens: 1}},
      choices: [{index: 0, finish_reason: 'stop', message: {role: 'assistant', content: '4'}}],
    });
    expect(answer.facts).toMatchObject({responseModel: 'gpt-5', inputTokens: 5, finishReasons: ['stop']});
    expect(answer.headers).toEqual({'apim-request-id': 'r-1'});
    expect(at.sent()).toMatchObject({
      model: 'dep',
      max_output_tokens: 7,
      reasoning: {effort: 'low'},
      store: false,
    });
    expect(at.sent()).not.toHaveProperty('stream');
  });

  it('streams in chat', async () => {
    await using at = await openWire(streamReply(responseFrames), onResponses);
    const body = {messages, stream: true, stream_options: {include_usage: true}};
    const answer = await at.model({api: 'chat', body}, ask);
    const text = await readAnswer(answer);
    const events = eventsOf(text);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(contentOf(events)).toBe('4');
    expect(events.at(-1)).toMatchObject({choices: [], usage: {prompt_tokens: 5, completion_tokens: 1}});
    expect(answer.facts).toMatchObject({responseModel: 'gpt-5', inputTokens: 5});
    expect(at.sent()).toMatchObject({stream: true});
    expect(at.sent()).not.toHaveProperty('stream_options');
  });

  it('streams the pieces of an answer that came whole', async () => {
    await using at = await openWire(reply(200, response), {
      ...onResponses,
      settings: {api: 'responses', family: 'o1-pro'},
    });
    const answer = await at.model({api: 'chat', body: {messages, stream: true}}, ask);
    expect(contentOf(eventsOf(await readAnswer(answer)))).toBe('4');
  });

  it.each([
    ['another number of choices', {messages, n: 3}, 'n'],
    ['stop words', {messages, stop: ['x']}, 'stop'],
    ['no message', {}, 'messages'],
    ['messages that are none', {messages: 'hello'}, 'messages'],
  ])('refuses %s and says where it stands', async (_, body: JsonObject, param) => {
    await using at = await openWire(reply(200, response), onResponses);
    await expect(at.model({api: 'chat', body}, ask)).rejects.toMatchObject({
      ...{code: 'ERR_CONVERSION', effect: 'rollout', httpStatus: 400},
      body: {error: {type: 'invalid_request_error', code: 'unsupported_value', param}},
    });
    expect(at.requests).toEqual([]);
  });

  it.each([
    [{code: 'rate_limit_exceeded', message: 'slow down'}, 429, 'retry'],
    [{code: 'server_error', message: 'oops'}, 500, 'retry'],
    [{code: 'content_filter', message: 'no'}, 400, 'rollout'],
  ])('fails with the failure %j of a response', async (error, httpStatus, effect) => {
    const failed = {...response, status: 'failed', error, output: []};
    await using at = await openWire(reply(200, failed), onResponses);
    await expect(at.model({api: 'chat', body: {messages}}, ask)).rejects.toMatchObject({
      ...{httpStatus, effect, body: {error}},
    });
  });
});

describe('a Responses door on a deployment of chat completions', () => {
  const request: WireRequest = {api: 'responses', body: {model: 'x', input: '2+2?', max_output_tokens: 7}};

  it('asks and answers in the Responses API', async () => {
    await using at = await openWire(reply(200, completion));
    const answer = await at.model(request, ask);
    expect(JSON.parse(await readAnswer(answer))).toMatchObject({
      ...{id: 'resp_id', object: 'response', status: 'completed', max_output_tokens: 7},
      output: [{type: 'message', content: [{type: 'output_text', text: '4'}]}],
      usage: {input_tokens: 5, output_tokens: 1},
    });
    expect(answer.facts).toMatchObject({responseModel: 'gpt-4o-2024-08-06', finishReasons: ['completed']});
    expect(at.sent()).toEqual({messages, model: 'dep', max_completion_tokens: 7});
  });

  it('streams in the Responses API', async () => {
    await using at = await openWire(streamReply(chatFrames));
    const answer = await at.model({...request, body: {...request.body, stream: true}}, ask);
    const events = eventsOf(await readAnswer(answer));
    expect(events[0]).toMatchObject({type: 'response.created', sequence_number: 0});
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: {id: 'resp_id', usage: {input_tokens: 5}, output: [{content: [{text: '4'}]}]},
    });
    expect(answer.facts).toMatchObject({responseModel: 'gpt-4o-2024-08-06', inputTokens: 5});
    expect(at.sent()).toMatchObject({stream: true, stream_options: {include_usage: true}});
  });

  it('streams the pieces of an answer that came whole', async () => {
    await using at = await openWire(reply(200, completion), {settings: {family: 'o1'}});
    const answer = await at.model({...request, body: {...request.body, stream: true}}, ask);
    const events = eventsOf(await readAnswer(answer));
    expect(events.find(({type}) => type === 'response.output_text.delta')).toMatchObject({delta: '4'});
    expect(at.sent()).not.toHaveProperty('stream');
  });

  it('refuses what chat cannot say', async () => {
    await using at = await openWire(reply(200, completion));
    const body = {input: 'x', previous_response_id: 'resp_0'};
    await expect(at.model({api: 'responses', body}, ask)).rejects.toMatchObject({
      ...{httpStatus: 400, body: {error: {param: 'previous_response_id'}}},
    });
  });

  it('takes a completion that is nested without end for a failed call', async () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const text = JSON.stringify({...completion, extra: 0}).replace('"extra":0', `"extra":${deep}`);
    await using at = await openWire(reply(200, text, {'content-type': 'application/json'}));
    await expect(at.model(request, ask)).rejects.toMatchObject({code: 'ERR_MODEL_MALFORMED'});
    const streamed = {...request, body: {...request.body, stream: true}};
    await expect(at.model(streamed, ask)).rejects.toMatchObject({code: 'ERR_MODEL_MALFORMED'});
  });
});

function contentOf(events: readonly JsonObject[]): string {
  const choices = events.flatMap(({choices: list}) => list as unknown as {delta?: {content?: string}}[]);
  return choices.map(({delta}) => delta?.content ?? '').join('');
}
