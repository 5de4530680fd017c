import {describe, expect, it} from 'vitest';
import type {CallError} from '../../src/core/errors.ts';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import {toChatRequest} from '../../src/protocol/responses-to-chat.ts';
import {parseObject, thrownBy} from './event-stream.ts';

const input = 'hi';
const messages = [{role: 'user', content: 'hi'}];
const weather = {type: 'function', name: 'get_weather', parameters: {type: 'object'}, strict: true};

function problemsOf(params: JsonObject): readonly string[] {
  const error = thrownBy(() => toChatRequest(params)) as CallError;
  expect(error).toMatchObject({code: 'ERR_CONVERSION', fault: 'dataset', effect: 'rollout'});
  return error.problems.map(({path, message}) => `${path ?? ''}: ${message}`);
}

describe('toChatRequest', () => {
  it.each<{name: string; params: JsonObject; body: JsonObject}>([
    {name: 'the token limit', params: {max_output_tokens: 50}, body: {max_completion_tokens: 50}},
    {
      name: 'the reasoning effort',
      params: {reasoning: {effort: 'low', summary: 'auto'}},
      body: {reasoning_effort: 'low'},
    },
    {name: 'the verbosity', params: {text: {verbosity: 'low'}}, body: {verbosity: 'low'}},
    {name: 'plain text as the default', params: {text: {format: {type: 'text'}}}, body: {}},
    {
      name: 'a JSON format',
      params: {text: {format: {type: 'json_object'}}},
      body: {response_format: {type: 'json_object'}},
    },
    {
      name: 'a schema, with strict',
      params: {
        text: {
          format: {type: 'json_schema', name: 'n', schema: {type: 'object'}, strict: true, description: null},
        },
      },
      body: {
        response_format: {
          type: 'json_schema',
          json_schema: {name: 'n', schema: {type: 'object'}, strict: true},
        },
      },
    },
    {name: 'top_logprobs, with logprobs', params: {top_logprobs: 3}, body: {logprobs: true, top_logprobs: 3}},
    {name: 'top_logprobs 0 as none', params: {top_logprobs: 0}, body: {}},
    {
      name: 'log probabilities by include',
      params: {include: ['message.output_text.logprobs', 'reasoning.encrypted_content']},
      body: {logprobs: true},
    },
    {name: 'seed from extra_body', params: {metadata: {extra_body: '{"seed": 3}'}}, body: {seed: 3}},
    {
      name: 'extra_body over what the row has',
      params: {temperature: 1, metadata: {extra_body: '{"temperature":0,"min_p":0.1}', note: 'x'}},
      body: {temperature: 0, min_p: 0.1},
    },
    {
      name: 'metadata only with store',
      params: {store: true, metadata: {a: 'b'}},
      body: {store: true, metadata: {a: 'b'}},
    },
    {name: 'metadata without store', params: {store: false, metadata: {a: 'b'}}, body: {store: false}},
    {
      name: 'what both wires share',
      params: {
        model: 'm',
        temperature: 0,
        top_p: 1,
        user: 'u',
        service_tier: 'flex',
        stream: false,
        seed: 4,
        stop: ['x'],
      },
      body: {
        model: 'm',
        temperature: 0,
        top_p: 1,
        user: 'u',
        service_tier: 'flex',
        stream: false,
        seed: 4,
        stop: ['x'],
      },
    },
    {
      name: 'nothing of what does not bear on the answer',
      params: {truncation: 'auto', max_tool_calls: 3, background: false, include: []},
      body: {},
    },
    {
      name: 'nothing of a dump of nulls',
      params: {
        background: null,
        previous_response_id: null,
        prompt: null,
        metadata: null,
        text: null,
        tools: [],
      },
      body: {},
    },
    {
      name: 'no setting about tools without tools',
      params: {tools: [], tool_choice: 'auto', parallel_tool_calls: true},
      body: {},
    },
    {
      name: 'functions, with strict, and how to choose',
      params: {tools: [{...weather, description: null}], tool_choice: 'required', parallel_tool_calls: false},
      body: {
        tools: [
          {type: 'function', function: {name: 'get_weather', parameters: {type: 'object'}, strict: true}},
        ],
        tool_choice: 'required',
        parallel_tool_calls: false,
      },
    },
    {
      name: 'a forced function',
      params: {tools: [weather], tool_choice: {type: 'function', name: 'get_weather'}},
      body: {tool_choice: {type: 'function', function: {name: 'get_weather'}}},
    },
    {
      name: 'the allowed tools',
      params: {
        tools: [weather],
        tool_choice: {
          type: 'allowed_tools',
          mode: 'required',
          tools: [{type: 'function', name: 'get_weather'}],
        },
      },
      body: {
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: {mode: 'required', tools: [{type: 'function', function: {name: 'get_weather'}}]},
        },
      },
    },
    {
      name: 'a custom tool with a grammar',
      params: {
        tools: [
          {type: 'custom', name: 'sql', format: {type: 'grammar', syntax: 'lark', definition: 'start: "a"'}},
        ],
        tool_choice: {type: 'custom', name: 'sql'},
      },
      body: {
        tools: [
          {
            type: 'custom',
            custom: {
              name: 'sql',
              format: {type: 'grammar', grammar: {syntax: 'lark', definition: 'start: "a"'}},
            },
          },
        ],
        tool_choice: {type: 'custom', custom: {name: 'sql'}},
      },
    },
    {
      name: 'tools that are in chat shape already',
      params: {
        tools: [{type: 'function', function: {name: 'f'}}],
        tool_choice: {type: 'function', function: {name: 'f'}},
      },
      body: {
        tools: [{type: 'function', function: {name: 'f'}}],
        tool_choice: {type: 'function', function: {name: 'f'}},
      },
    },
  ])('sends $name', ({params, body}) => {
    const sent = toChatRequest({input, ...params});
    expect(sent).toMatchObject({messages, ...body});
    const tools = params['tool_choice'] === undefined ? [] : ['tools'];
    expect(
      Object.keys(sent)
        .filter((key) => !tools.includes(key))
        .sort(),
    ).toEqual(['messages', ...Object.keys(body)].filter((key) => !tools.includes(key)).sort());
  });

  it.each<{name: string; params: JsonObject; sent: JsonValue}>([
    {
      name: 'lead the conversation',
      params: {input},
      sent: [{role: 'system', content: 'Be brief.'}, ...messages],
    },
    {
      name: 'take in the system and developer messages that lead the input',
      params: {
        input: [
          {role: 'system', content: 'A'},
          {role: 'developer', content: [{type: 'input_text', text: 'B'}]},
          {role: 'user', content: 'hi'},
          {role: 'system', content: 'C'},
        ],
      },
      sent: [{role: 'system', content: 'Be brief.\n\nA\n\nB'}, ...messages, {role: 'system', content: 'C'}],
    },
    {name: 'suffice without input', params: {}, sent: [{role: 'system', content: 'Be brief.'}]},
  ])('lets instructions $name', ({params, sent}) => {
    expect(toChatRequest({...params, instructions: 'Be brief.'})['messages']).toEqual(sent);
  });

  it.each<{name: string; params: JsonObject; problem: string}>([
    {name: 'no input', params: {}, problem: 'input: no message'},
    {name: 'an empty input', params: {input: []}, problem: 'input: no message'},
    {
      name: 'a stored response',
      params: {input, previous_response_id: 'resp_secret'},
      problem: 'previous_response_id: no such parameter in chat completions',
    },
    {
      name: 'background',
      params: {input, background: true},
      problem: 'background: no such parameter in chat completions',
    },
    {name: 'chat messages', params: {input, messages}, problem: 'messages: chat messages beside the input'},
    {
      name: 'a forced call',
      params: {input, tool_choice: 'required'},
      problem: 'tool_choice: a forced call without tools',
    },
    {
      name: 'a hosted tool choice',
      params: {input, tools: [weather], tool_choice: {type: 'file_search'}},
      problem: 'tool_choice: tool choice file_search',
    },
    {
      name: 'a hosted tool among the allowed',
      params: {input, tools: [weather], tool_choice: {type: 'allowed_tools', tools: [{type: 'mcp'}]}},
      problem: 'tool_choice: tool choice mcp',
    },
    {
      name: 'a text format',
      params: {input, text: {format: {type: 'grammar'}}},
      problem: 'text.format: text format grammar',
    },
    {
      name: 'extra_body that is no object',
      params: {input, metadata: {extra_body: '[secret'}},
      problem: 'metadata.extra_body: extra_body that is not the text of a JSON object',
    },
    {name: 'instructions', params: {input, instructions: [{}]}, problem: 'instructions: not a text'},
  ])('refuses $name', ({params, problem}) => {
    expect(problemsOf(params)).toEqual([problem]);
  });

  it('names every part that chat cannot express at once, and no payload', () => {
    const params = {
      input: [
        {role: 'user', content: 'ok'},
        {type: 'mcp_call', arguments: 'secret'},
        {type: 'secret payload!'},
      ],
      tools: [weather, {type: 'web_search', key: 'secret'}],
      conversation: 'secret',
    };
    expect(problemsOf(params)).toEqual([
      'input[1]: item mcp_call',
      'input[2]: item of no known type',
      'tools[1]: tool web_search',
      'conversation: no such parameter in chat completions',
    ]);
    const error = thrownBy(() => toChatRequest(params)) as CallError;
    expect(error.message).not.toContain('secret');
    expect(error.message).toContain('input[1] (item mcp_call)');
    expect(error.hint).toBeDefined();
  });

  it('keeps its message short however many parts there are', () => {
    const input = Array.from({length: 500}, () => ({type: 'mcp_call'}));
    const error = thrownBy(() => toChatRequest({input})) as CallError;
    expect(error.problems).toHaveLength(500);
    expect(error.message).toContain('input[9] (item mcp_call), and 490 more.');
  });

  it('leaves the request as it was and takes no prototype from it', () => {
    const params = parseObject(
      '{"input":"hi","__proto__":{"polluted":1},"metadata":{"extra_body":"{\\"__proto__\\":{}}"}}',
    );
    const before = JSON.stringify(params);
    const body = toChatRequest(params);
    expect(JSON.stringify(params)).toBe(before);
    expect(body['polluted']).toBeUndefined();
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
  });
});
