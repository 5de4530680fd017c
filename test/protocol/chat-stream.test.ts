import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {without} from '../../src/protocol/mutable-json.ts';
import {StreamError} from '../../src/protocol/stream-error.ts';
import {accumulate, chatWire, frames, thrownBy} from './event-stream.ts';

function run(sent: readonly JsonObject[], {done = true} = {}): JsonObject {
  return accumulate(new ChatStreamAccumulator(), chatWire(sent, {done}));
}

function frame(...choices: readonly JsonObject[]): JsonObject {
  return {id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'gpt-4o', choices};
}

function delta(content: JsonObject, finishReason: string | null = null, index = 0): JsonObject {
  return {index, delta: content, finish_reason: finishReason};
}

const stop = frame(delta({}, 'stop'));
const safe = {filtered: false, severity: 'safe'};

describe('ChatStreamAccumulator', () => {
  it('gives the object that a call without streaming gives', () => {
    expect(run(frames('azure-chat-model-router.1.chunks.txt'))).toEqual({
      id: 'chatcmpl-CYPS1lijGoK8gd9lYzY3r9Sx50nbt',
      object: 'chat.completion',
      created: 1762317021,
      model: 'gpt-5-nano-2025-08-07',
      choices: [
        {
          index: 0,
          message: {role: 'assistant', content: 'Capital of Denmark.', refusal: null},
          finish_reason: 'stop',
          logprobs: null,
          content_filter_results: {hate: safe, self_harm: safe, sexual: safe, violence: safe},
        },
      ],
      usage: frames('azure-chat-model-router.1.chunks.txt').at(-1)?.['usage'],
      system_fingerprint: null,
      prompt_filter_results: frames('azure-chat-model-router.1.chunks.txt')[0]?.['prompt_filter_results'],
    });
  });

  it('puts interleaved calls together by their index, without content', () => {
    expect(run(frames('chat-tool-calls.chunks.txt'))['choices']).toMatchObject([
      {
        finish_reason: 'tool_calls',
        message: {
          content: null,
          tool_calls: [
            {
              id: 'call_Kx1',
              type: 'function',
              function: {name: 'get_weather', arguments: '{"city":"Malmö — 🌧"}'},
            },
            {id: 'call_Kx2', type: 'function', function: {name: 'get_time'}},
          ],
        },
      },
    ]);
  });

  it('tells calls without an index apart by their ids, and does not double a repeated name', () => {
    const call = (id: string | undefined, name: string, args: string): JsonObject =>
      frame(delta({tool_calls: [{...(id === undefined ? {} : {id}), function: {name, arguments: args}}]}));
    const sent = [
      call('a', 'f', '{'),
      call('a', 'f', '}'),
      call('b', 'g', '['),
      call(undefined, '', ']'),
      stop,
    ];
    expect(run(sent)['choices']).toMatchObject([
      {
        message: {
          tool_calls: [
            {id: 'a', function: {name: 'f', arguments: '{}'}},
            {id: 'b', function: {name: 'g', arguments: '[]'}},
          ],
        },
      },
    ]);
  });

  it('keeps a custom tool call', () => {
    const part = (custom: JsonObject): JsonObject =>
      frame(delta({tool_calls: [{index: 0, id: 'c', custom}]}));
    expect(run([part({name: 'sql', input: 'SEL'}), part({input: 'ECT'}), stop])['choices']).toMatchObject([
      {message: {tool_calls: [{id: 'c', type: 'custom', custom: {name: 'sql', input: 'SELECT'}}]}},
    ]);
  });

  it('joins the older single function call', () => {
    const part = (call: JsonObject): JsonObject => frame(delta({function_call: call}));
    expect(
      run([part({name: 'f', arguments: '{"a"'}), part({arguments: ':1}'}), stop])['choices'],
    ).toMatchObject([{message: {content: null, function_call: {name: 'f', arguments: '{"a":1}'}}}]);
  });

  it('lets a block by the asynchronous filter stand against the stop before it', () => {
    const completion = run(frames('chat-async-filter.chunks.txt'));
    expect(completion).toMatchObject({
      id: 'chatcmpl-asyncExample01',
      created: 1762317200,
      choices: [
        {
          finish_reason: 'content_filter',
          message: {content: 'First you take the matches'},
          content_filter_results: {hate: safe, violence: {filtered: true, severity: 'medium'}},
          content_filter_offsets: {check_offset: 44, start_offset: 70, end_offset: 70},
        },
      ],
    });
  });

  it('keeps the choices of n > 1 apart and in order', () => {
    const sent = [
      frame(delta({content: 'B'}, null, 1)),
      frame(delta({content: 'A'})),
      frame(delta({content: 'b'}, 'length', 1), delta({content: 'a'}, 'stop')),
    ];
    expect(run(sent)['choices']).toMatchObject([
      {index: 0, message: {content: 'Aa'}, finish_reason: 'stop'},
      {index: 1, message: {content: 'Bb'}, finish_reason: 'length'},
    ]);
  });

  it('joins refusal, reasoning, log probabilities and audio', () => {
    const sent = [
      frame(delta({reasoning_content: 'Hm', audio: {id: 'au', transcript: 'He'}})),
      frame(delta({reasoning_content: 'm', audio: {transcript: 'j', data: 'QQ'}})),
      frame({...delta({refusal: 'I can'}), logprobs: {content: null, refusal: [{token: 'I'}]}}),
      frame({...delta({refusal: 'not'}), logprobs: {content: [{token: 'x'}], refusal: [{token: 'not'}]}}),
      stop,
    ];
    expect(run(sent)['choices']).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: 'I cannot',
          reasoning_content: 'Hmm',
          audio: {id: 'au', transcript: 'Hej', data: 'QQ'},
        },
        finish_reason: 'stop',
        logprobs: {content: [{token: 'x'}], refusal: [{token: 'I'}, {token: 'not'}]},
      },
    ]);
  });

  it('is complete without [DONE] once every choice has its reason, and says so', () => {
    const sent = [frame(delta({content: 'A'})), stop];
    expect(run(sent, {done: false})).toMatchObject({missing_done: true, choices: [{finish_reason: 'stop'}]});
    expect(run(sent)).not.toHaveProperty('missing_done');
  });

  it.each([
    {name: 'nothing came', sent: []},
    {name: 'only the filter spoke', sent: [{choices: [], id: '', prompt_filter_results: []}]},
    {name: 'the text broke off', sent: [frame(delta({content: 'A'}))]},
    {name: 'one of two choices broke off', sent: [frame(delta({content: 'A'}, 'stop'), delta({}, null, 1))]},
  ])('is truncated, to be tried again, when $name', ({sent}) => {
    expect(() => run(sent, {done: false})).toThrow(
      expect.objectContaining({code: 'ERR_MODEL_TRUNCATED', effect: 'retry', fault: 'model'}) as Error,
    );
  });

  it('is whole or truncated, and never silently shorter, wherever the stream is cut', () => {
    const wire = chatWire(frames('chat-tool-calls.chunks.txt'));
    const whole = without(accumulate(new ChatStreamAccumulator(), wire), 'usage');
    for (let end = 0; end < wire.length; end++) {
      let completion: JsonObject;
      try {
        completion = accumulate(new ChatStreamAccumulator(), wire.subarray(0, end));
      } catch (error) {
        expect(error).toMatchObject({code: 'ERR_MODEL_TRUNCATED'});
        continue;
      }
      expect(completion).toMatchObject(whole);
    }
  });

  it.each([
    {
      name: 'an error object',
      sent: {error: {code: '429', message: 'slow'}},
      error: {code: '429', message: 'slow'},
    },
    {name: 'an error text', sent: {error: 'no'}, error: {message: 'no'}},
    {name: 'the error of a gateway', sent: {statusCode: 401, message: 'no'}, error: {statusCode: 401}},
    {name: 'a flat error', sent: {type: 'error', code: 'x'}, error: {type: 'error', code: 'x'}},
  ])('hands on $name inside the stream', ({sent, error}) => {
    const thrown = thrownBy(() => run([frame(delta({content: 'A'})), sent]));
    expect(thrown).toBeInstanceOf(StreamError);
    expect(thrown).toMatchObject({error});
  });

  it.each([
    {
      name: 'beside the choices',
      sent: {choices: [], content_filter_results: {error: {code: 'content_filter_error'}}},
    },
    {name: 'as an error of the frame', sent: {error: {code: 'content_filter_error'}}},
  ])('goes on when the filter itself failed and says so $name', ({sent}) => {
    expect(run([frame(delta({content: 'A'})), sent, stop])['choices']).toMatchObject([
      {message: {content: 'A'}, content_filter_results: {error: {code: 'content_filter_error'}}},
    ]);
  });

  it.each(['{"choices":', '[1]', 'null', '<html>secret</html>'])(
    'refuses the frame %s without quoting it',
    (data) => {
      const thrown = thrownBy(() => {
        new ChatStreamAccumulator().add({data});
      });
      expect(thrown).toMatchObject({code: 'ERR_MODEL_MALFORMED', effect: 'retry'});
      expect(String(thrown)).not.toContain('secret');
    },
  );
});
