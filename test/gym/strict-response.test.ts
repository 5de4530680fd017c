import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {toStrictResponse} from '../../src/gym/strict-response.ts';

const required = [
  'id',
  'created_at',
  'model',
  'object',
  'output',
  'parallel_tool_calls',
  'tool_choice',
  'tools',
];

describe('toStrictResponse', () => {
  it('fills in all that is required, whatever is there', () => {
    const member = fc.constantFrom(...required, 'usage', 'error', 'incomplete_details', 'content_filters');
    fc.assert(
      fc.property(fc.dictionary(member, fc.constantFrom(null, undefined, {}, [], 'x')), (given) => {
        const strict = toStrictResponse(given, 5);
        for (const key of required) expect(strict[key]).not.toBeNull();
        expect([Array.isArray(strict['output']), Array.isArray(strict['tools'])]).toEqual([true, true]);
        expect([typeof strict['id'], typeof strict['model'], typeof strict['created_at']]).toEqual([
          'string',
          'string',
          'number',
        ]);
      }),
    );
  });

  it('leaves a whole answer as it is, our additions among it', () => {
    const response: JsonObject = {
      id: 'r',
      created_at: 1,
      model: 'm',
      object: 'response',
      output: [
        {id: 'rs', type: 'reasoning', summary: []},
        {
          id: 'msg',
          type: 'message',
          role: 'assistant',
          status: 'incomplete',
          content: [{type: 'output_text', text: 'x', annotations: [], logprobs: null}],
        },
        {type: 'function_call', call_id: 'c', name: 'f', arguments: '{}'},
        {type: 'function_call_output', call_id: 'c', output: 'x'},
      ],
      parallel_tool_calls: false,
      tool_choice: {type: 'function', name: 'f'},
      tools: [{type: 'function', name: 'f'}],
      error: null,
      incomplete_details: {reason: 'max_output_tokens'},
      service_tier: 'default',
      usage: {
        input_tokens: 1,
        output_tokens: 2,
        total_tokens: 3,
        input_tokens_details: {cached_tokens: 0, audio_tokens: 4},
        output_tokens_details: {reasoning_tokens: null},
      },
      content_filters: {prompt: {}},
      alternatives: [],
    };
    expect(toStrictResponse(response, 5)).toEqual(response);
  });

  it.each([
    ['incomplete_details', {reason: 'context_length_exceeded'}, {reason: null}],
    [
      'error',
      {code: 'context_length_exceeded', message: 'too long'},
      {code: 'server_error', message: 'too long'},
    ],
    ['service_tier', 'standard', null],
    ['usage', {input_tokens: 1, output_tokens: null, total_tokens: null}, null],
    [
      'usage',
      {input_tokens: 1, output_tokens: 2, total_tokens: 3},
      {
        input_tokens: 1,
        output_tokens: 2,
        total_tokens: 3,
        input_tokens_details: {cached_tokens: null},
        output_tokens_details: {reasoning_tokens: null},
      },
    ],
    [
      'output',
      [{type: 'message', content: [{type: 'output_text', text: 'x'}]}, {type: 'reasoning'}],
      [
        {
          type: 'message',
          id: 'msg_0',
          role: 'assistant',
          status: 'completed',
          content: [{type: 'output_text', text: 'x', annotations: []}],
        },
        {type: 'reasoning', id: 'rs_1', summary: []},
      ],
    ],
  ])('mends %s where it would be refused: %j', (key, value, expected) => {
    expect(toStrictResponse({[key]: value}, 5)[key]).toEqual(expected);
  });
});
