import {describe, expect, it} from 'vitest';
import type {CallError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import {toResponsesRequest} from '../../src/protocol/chat-request-to-responses.ts';
import {thrownBy} from './event-stream.ts';

const messages = [{role: 'user', content: 'hi', name: 'Ann'}];
const input = [{type: 'message', role: 'user', content: 'hi'}];

describe('toResponsesRequest', () => {
  it.each<{name: string; body: JsonObject; params: JsonObject}>([
    {name: 'the token limit', body: {max_completion_tokens: 5}, params: {max_output_tokens: 5}},
    {name: 'the older token limit', body: {max_tokens: 5}, params: {max_output_tokens: 5}},
    {
      name: 'the newer limit where both stand',
      body: {max_tokens: 5, max_completion_tokens: 6},
      params: {max_output_tokens: 6},
    },
    {name: 'the reasoning effort', body: {reasoning_effort: 'low'}, params: {reasoning: {effort: 'low'}}},
    {
      name: 'format and verbosity together',
      body: {
        verbosity: 'low',
        response_format: {type: 'json_schema', json_schema: {name: 'n', schema: {}, strict: true}},
      },
      params: {text: {verbosity: 'low', format: {type: 'json_schema', name: 'n', schema: {}, strict: true}}},
    },
    {
      name: 'a JSON format',
      body: {response_format: {type: 'json_object'}},
      params: {text: {format: {type: 'json_object'}}},
    },
    {
      name: 'functions, which are not strict unless they say so',
      body: {
        tools: [
          {type: 'function', function: {name: 'f', parameters: {}}},
          {type: 'function', function: {name: 'g', strict: true}},
        ],
        tool_choice: {type: 'function', function: {name: 'f'}},
      },
      params: {
        tools: [
          {type: 'function', name: 'f', parameters: {}, strict: false},
          {type: 'function', name: 'g', strict: true},
        ],
        tool_choice: {type: 'function', name: 'f'},
      },
    },
    {
      name: 'custom tools and the allowed ones',
      body: {
        tools: [
          {
            type: 'custom',
            custom: {name: 'sql', format: {type: 'grammar', grammar: {syntax: 'lark', definition: 'd'}}},
          },
        ],
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: {mode: 'auto', tools: [{type: 'custom', custom: {name: 'sql'}}]},
        },
      },
      params: {
        tools: [{type: 'custom', name: 'sql', format: {type: 'grammar', syntax: 'lark', definition: 'd'}}],
        tool_choice: {type: 'allowed_tools', mode: 'auto', tools: [{type: 'custom', name: 'sql'}]},
      },
    },
    {
      name: 'log probabilities',
      body: {logprobs: true, top_logprobs: 2},
      params: {include: ['message.output_text.logprobs'], top_logprobs: 2},
    },
    {
      name: 'stream options without the usage',
      body: {stream: true, stream_options: {include_usage: true, include_obfuscation: false}},
      params: {stream: true, stream_options: {include_obfuscation: false}},
    },
    {
      name: 'what both wires share',
      body: {model: 'm', temperature: 0, user: 'u', metadata: {a: 'b'}, store: true},
      params: {model: 'm', temperature: 0, user: 'u', metadata: {a: 'b'}, store: true},
    },
    {
      name: 'nothing of what asks for nothing',
      body: {
        n: 1,
        stop: [],
        seed: null,
        frequency_penalty: 0,
        presence_penalty: 0,
        logit_bias: {},
        modalities: ['text'],
        logprobs: false,
        stream_options: {include_usage: true},
      },
      params: {},
    },
  ])('sends $name', ({body, params}) => {
    expect(toResponsesRequest({messages, ...body})).toEqual({input, store: false, ...params});
  });

  it('names everything that the Responses API cannot express at once', () => {
    const error = thrownBy(() =>
      toResponsesRequest({
        messages: [{role: 'critic', content: 'x'}],
        n: 2,
        stop: 'secret',
        seed: 1,
        frequency_penalty: 0.5,
        modalities: ['text', 'audio'],
        functions: [{name: 'secret'}],
        tools: [{type: 'secret tool'}],
      }),
    ) as CallError;
    expect(error).toMatchObject({code: 'ERR_CONVERSION', effect: 'rollout'});
    expect(error.problems.map(({path}) => path)).toEqual([
      'messages[0]',
      'n',
      'stop',
      'seed',
      'frequency_penalty',
      'modalities',
      'functions',
      'tools[0]',
    ]);
    expect(error.message).not.toContain('secret');
  });

  it('refuses a request without messages', () => {
    expect(() => toResponsesRequest({model: 'm'})).toThrow('messages (no message)');
  });
});
