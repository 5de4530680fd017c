import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import type {WireApi, WireFacts} from '../../src/core/wire.ts';
import {readReplyFacts} from '../../src/protocol/wire-facts.ts';
import {fixture, parseObject} from './event-stream.ts';

describe('readReplyFacts', () => {
  it.each<[string, WireApi, JsonObject, WireFacts]>([
    [
      'a chat completion',
      'chat',
      {
        model: 'gpt-5',
        choices: [
          {index: 1, finish_reason: 'length'},
          {index: 0, finish_reason: 'stop'},
        ],
        usage: {
          prompt_tokens: 15,
          completion_tokens: 78,
          prompt_tokens_details: {cached_tokens: 3},
          completion_tokens_details: {reasoning_tokens: 64},
        },
      },
      {
        responseModel: 'gpt-5',
        inputTokens: 15,
        outputTokens: 78,
        cachedTokens: 3,
        reasoningTokens: 64,
        finishReasons: ['stop', 'length'],
      },
    ],
    [
      "DeepSeek's usage",
      'chat',
      {
        model: 'DeepSeek-R1',
        usage: {prompt_tokens: 5, completion_tokens: 6, reasoning_tokens: 4, prompt_tokens_details: null},
      },
      {responseModel: 'DeepSeek-R1', inputTokens: 5, outputTokens: 6, reasoningTokens: 4},
    ],
    [
      'a response that failed',
      'responses',
      {
        model: 'gpt-5.1',
        status: 'failed',
        error: {code: 'server_error'},
        usage: {input_tokens: 1, output_tokens: 0},
      },
      {
        responseModel: 'gpt-5.1',
        inputTokens: 1,
        outputTokens: 0,
        finishReasons: ['failed'],
        errorCode: 'server_error',
      },
    ],
    ['a response that is not over', 'responses', {status: 'queued', model: ''}, {}],
    [
      'embeddings',
      'embeddings',
      {model: 'text-embedding-3-small', data: [], usage: {prompt_tokens: 9, total_tokens: 9}},
      {responseModel: 'text-embedding-3-small', inputTokens: 9},
    ],
    ['nothing', 'chat', {}, {}],
    [
      'what is of the wrong kind',
      'chat',
      {
        model: 7,
        choices: [null, 3, {finish_reason: 1}],
        usage: {prompt_tokens: '9', completion_tokens: null},
      },
      {},
    ],
  ])('reads %s', (_, api, body, expected) => {
    expect(readReplyFacts(api, body)).toEqual(expected);
  });

  it('reads a captured response', () => {
    expect(readReplyFacts('responses', parseObject(fixture('azure-text.1.json')))).toEqual({
      responseModel: 'gpt-5.1',
      inputTokens: 11,
      outputTokens: 11,
      cachedTokens: 0,
      reasoningTokens: 0,
      finishReasons: ['completed'],
    });
  });
});
