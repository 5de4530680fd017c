import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {layers} from '../../src/simulator/layers.ts';
import {ask, containing, openSimulator} from './open-simulator.ts';

const everyModel = {
  keys: ['the-right-key'],
  bearer_tokens: ['the-right-token'],
  deployments: {
    'gpt-4o': {},
    o3: {model: 'o3-mini-2025-01-31'},
    codex: {model: 'gpt-5-codex'},
    old: {model: 'gpt-4-0613'},
    'with space': {},
    tight: {rpm: 6, content_filter: {block_prompt: ['bomb']}},
  },
};
const rightKey = {headers: {'api-key': 'the-right-key'}};
const bearer = (token: string) => ({
  headers: {'api-key': undefined, authorization: `Bearer ${token}`},
});
const chatPath = '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21';

describe('the layers', () => {
  it('stand in one order', () => {
    expect(layers.map(({name}) => name)).toEqual([
      'route',
      'auth',
      'api-version',
      'size',
      'models',
      'deployment',
      'parameters',
      'prompt-filter',
      'rate-limit',
      'fault',
      'generation',
      'completion-filter',
      'answer',
    ]);
  });

  it('refuse in that order when everything is wrong', async () => {
    await using simulator = await openSimulator(everyModel);
    const wrong = {body: {bad: 1}, headers: {'api-key': 'wrong'}};
    const statuses = [
      await simulator.send('/openai//deployments/none/chat/completions?api-version=1999-01-01', wrong),
      await simulator.send('/openai/deployments/none/chat/completions?api-version=1999-01-01', wrong),
      await simulator.send('/openai/deployments/none/chat/completions?api-version=1999-01-01', {
        ...wrong,
        ...rightKey,
      }),
      await simulator.send('/openai/deployments/none/chat/completions?api-version=2024-10-21', {
        ...wrong,
        ...rightKey,
      }),
      await simulator.send(chatPath, {...wrong, ...rightKey}),
      await simulator.send(chatPath, {body: ask('hi'), ...rightKey}),
    ].map(({status, json}) => [
      status,
      status === 200 ? json.object : (json.error.code ?? json.error.message),
    ]);
    expect(statuses).toEqual([
      [404, '404'],
      [401, '401'],
      [400, 'BadRequest'],
      [404, 'DeploymentNotFound'],
      [400, 'Unrecognized request argument supplied: bad'],
      [200, 'chat.completion'],
    ]);
  });
});

describe('route', () => {
  it.each([
    ['POST', '/openai//deployments/gpt-4o/chat/completions?api-version=2024-10-21', 404],
    ['POST', '//openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21', 404],
    ['POST', '/openai/deployments/gpt-4o/chat/completions/?api-version=2024-10-21', 404],
    ['POST', '/openai/chat/completions?api-version=2024-10-21', 404],
    ['GET', chatPath, 405],
    ['POST', '/openai/deployments/with%20space/chat/completions?api-version=2024-10-21', 200],
    ['POST', chatPath, 200],
    ['POST', '/openai/v1/chat/completions', 200],
    ['POST', '/openai/v1/chat/completions?api-version=preview', 200],
    ['POST', '/openai/v1/chat/completions?api-version=2024-10-21', 400],
    ['POST', '/openai/responses?api-version=2024-10-21', 400],
    ['POST', '/openai/deployments/gpt-4o/chat/completions', 404],
    ['POST', '/openai/deployments/gpt-4o/chat/completions?api-version=2024-05-13', 400],
    ['POST', '/openai/deployments/gpt-4o/chat/completions?api-version=v1', 400],
  ])('%s %s answers %i', async (method, path, status) => {
    await using simulator = await openSimulator({deployments: {'gpt-4o': {}, 'with space': {}}});
    const body = path.includes('v1/') ? ask('hi', {model: 'gpt-4o'}) : ask('hi');
    const answered = await simulator.send(path, {method, ...(method === 'GET' ? {} : {body})});
    expect(answered.status).toBe(status);
    expect(answered.headers['x-rollcall-simulated']).toBe('true');
  });

  it('lists the base models on both surfaces', async () => {
    await using simulator = await openSimulator({deployments: {a: {model: 'o3'}, b: {model: 'o3'}, c: {}}});
    const dated = await simulator.send('/openai/models?api-version=2024-10-21');
    const v1 = await simulator.send('/openai/v1/models');
    expect(dated.json.data.map(({id}) => id)).toEqual(['o3', 'gpt-4o-2024-08-06']);
    expect(v1.json.data[0]).toMatchObject({id: 'o3', object: 'model'});
    expect((await simulator.send('/openai/v1/models/o3')).json.id).toBe('o3');
    expect((await simulator.send('/openai/v1/models/none')).status).toBe(404);
  });
});

describe('auth', () => {
  it.each([
    ['the key', {headers: {'api-key': 'the-right-key'}}, 200],
    ['the key as a bearer token', bearer('the-right-key'), 200],
    ['the token', bearer('the-right-token'), 200],
    ['another key', {headers: {'api-key': 'another'}}, 401],
    ['the token in the place of a key', {headers: {'api-key': 'the-right-token'}}, 401],
    ['another token', bearer('another'), 401],
  ])('%s answers', async (_, options, status) => {
    await using simulator = await openSimulator(everyModel);
    expect((await simulator.chat(ask('hi'), options)).status).toBe(status);
  });

  it('tells a wrong key from a missing token as Azure does', async () => {
    await using simulator = await openSimulator(everyModel);
    const key = await simulator.chat(ask('hi'), {headers: {'api-key': 'another'}});
    const token = await simulator.chat(ask('hi'), bearer('another'));
    expect(key.json.error).toMatchObject({
      code: '401',
      message: containing('invalid subscription key'),
    });
    expect(token.json).toMatchObject({
      statusCode: 401,
      message: containing('Access token is missing'),
    });
  });

  it('refuses an empty key even where any is accepted', async () => {
    await using simulator = await openSimulator();
    expect((await simulator.chat(ask('hi'), {headers: {'api-key': ''}})).status).toBe(401);
    expect((await simulator.chat(ask('hi'), {headers: {'api-key': 'x'}})).status).toBe(200);
  });
});

const schemaFormat = (strict: boolean, schema: JsonObject) => ({
  response_format: {type: 'json_schema', json_schema: {name: 's', strict, schema}},
});
const tool = {type: 'function', function: {name: 'f', parameters: {}}};
const toolCall = {id: 'c1', type: 'function', function: {name: 'f', arguments: '{}'}};

describe('parameters of chat completions', () => {
  const refused: [string, string, JsonObject, Record<string, unknown>][] = [
    [
      'an unknown argument',
      '2024-10-21',
      {foo: 1},
      {message: 'Unrecognized request argument supplied: foo', code: null},
    ],
    ['two', '2024-10-21', {foo: 1, bar: 1}, {message: 'Unrecognized request arguments supplied: foo, bar'}],
    [
      'max_completion_tokens too early',
      '2024-06-01',
      {max_completion_tokens: 5},
      {message: containing('max_completion_tokens')},
    ],
    [
      'logprobs too early',
      '2024-02-01',
      {logprobs: true},
      {message: 'Unrecognized request argument supplied: logprobs'},
    ],
    [
      'reasoning_effort in the last GA',
      '2024-10-21',
      {reasoning_effort: 'low'},
      {message: containing('reasoning_effort')},
    ],
    [
      'a temperature above two',
      '2024-10-21',
      {temperature: 2.5},
      {code: 'decimal_above_max_value', param: 'temperature'},
    ],
    [
      'a text for a temperature',
      '2024-10-21',
      {temperature: '1'},
      {code: 'invalid_type', param: 'temperature'},
    ],
    ['no choice', '2024-10-21', {n: 0}, {code: 'integer_below_min_value', param: 'n'}],
    ['half a choice', '2024-10-21', {n: 1.5}, {code: 'invalid_type', param: 'n'}],
    [
      'five stops',
      '2024-10-21',
      {stop: ['1', '2', '3', '4', '5']},
      {code: 'array_above_max_length', param: 'stop'},
    ],
    [
      'too many tokens',
      '2024-10-21',
      {max_tokens: 20_000},
      {
        code: 'invalid_value',
        message:
          'max_tokens is too large: 20000. This model supports at most 16384 completion tokens, whereas you provided 20000.',
      },
    ],
    [
      'no messages',
      '2024-10-21',
      {messages: undefined},
      {code: 'missing_required_parameter', param: 'messages'},
    ],
    ['an empty list of messages', '2024-10-21', {messages: []}, {code: 'empty_array', param: 'messages'}],
    [
      'a message without role',
      '2024-10-21',
      {messages: [{content: 'x'}]},
      {code: 'missing_required_parameter', param: 'messages[0].role'},
    ],
    [
      'a message of no known role',
      '2024-10-21',
      {messages: [{role: 'bot', content: 'x'}]},
      {code: 'invalid_value', param: 'messages[0].role'},
    ],
    [
      'a tool result without its call',
      '2024-10-21',
      {
        messages: [
          {role: 'user', content: 'x'},
          {role: 'tool', content: 'y', tool_call_id: 'c1'},
        ],
      },
      {message: containing('preceeding'), param: 'messages.[1].role'},
    ],
    [
      'a call without its result',
      '2024-10-21',
      {
        messages: [
          {role: 'assistant', content: null, tool_calls: [toolCall]},
          {role: 'user', content: 'x'},
        ],
      },
      {message: containing('must be followed by tool messages')},
    ],
    ['top_logprobs alone', '2024-10-21', {top_logprobs: 3}, {param: 'top_logprobs'}],
    [
      'stream_options without stream',
      '2024-10-21',
      {stream_options: {include_usage: true}},
      {param: 'stream_options'},
    ],
    ['tool_choice without tools', '2024-10-21', {tool_choice: 'auto'}, {param: 'tool_choice'}],
    ['an empty list of tools', '2024-10-21', {tools: []}, {code: 'empty_array', param: 'tools'}],
    [
      'a tool without its function',
      '2024-10-21',
      {tools: [{type: 'function'}]},
      {message: "Missing required parameter: 'tools[0].function'."},
    ],
    [
      'a tool of no known type',
      '2024-10-21',
      {tools: [{type: 'hammer'}]},
      {message: "Invalid value: 'hammer'. Supported values are: 'function' and 'custom'."},
    ],
    [
      'a function with a bad name',
      '2024-10-21',
      {tools: [{type: 'function', function: {name: 'get weather'}}]},
      {code: 'invalid_value', param: 'tools[0].function.name'},
    ],
    [
      'a strict function with an open schema',
      '2024-10-21',
      {
        tools: [
          {
            type: 'function',
            function: {name: 'f', strict: true, parameters: {type: 'object', properties: {}}},
          },
        ],
      },
      {code: 'invalid_function_parameters', param: 'tools[0].function.parameters'},
    ],
    [
      'a choice that is none',
      '2024-10-21',
      {tools: [tool], tool_choice: 'any'},
      {message: "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'."},
    ],
    [
      'a choice of a function that is not offered',
      '2024-10-21',
      {tools: [tool], tool_choice: {type: 'function', function: {name: 'g'}}},
      {message: "Tool choice 'g' not found in 'tools' parameter."},
    ],
    [
      'a part of no known type',
      '2024-10-21',
      {messages: [{role: 'user', content: [{type: 'input_text', text: 'x'}]}]},
      {code: 'invalid_value', param: 'messages[0].content[0].type'},
    ],
    [
      'a text part without text',
      '2024-10-21',
      {messages: [{role: 'user', content: [{type: 'text'}]}]},
      {code: 'missing_required_parameter', param: 'messages[0].content[0].text'},
    ],
    [
      'an assistant that said and called nothing',
      '2024-10-21',
      {messages: [{role: 'assistant', content: null}]},
      {param: 'messages[0].content'},
    ],
    [
      'metadata that is no text',
      '2025-01-01-preview',
      {metadata: {a: 1}},
      {code: 'invalid_type', param: 'metadata.a'},
    ],
    [
      'a service tier that is none',
      '2025-01-01-preview',
      {service_tier: 'gold'},
      {code: 'invalid_value', param: 'service_tier'},
    ],
    [
      'a schema too early',
      '2024-06-01',
      schemaFormat(false, {}),
      {code: 'BadRequest', message: containing('json_schema is enabled only')},
    ],
    [
      'an open schema',
      '2024-10-21',
      schemaFormat(true, {type: 'object', properties: {}}),
      {message: containing("In context=(), 'additionalProperties' is required")},
    ],
    [
      'an optional property',
      '2024-10-21',
      schemaFormat(true, {type: 'object', additionalProperties: false, properties: {a: {}}}),
      {message: containing("Missing 'a'")},
    ],
    [
      'a format without type',
      '2024-10-21',
      {response_format: {}},
      {message: "Missing required parameter: 'response_format.type'."},
    ],
  ];

  it.each(refused)('refuse %s', async (_, apiVersion, more, error) => {
    await using simulator = await openSimulator();
    const answered = await simulator.chat({...ask('hi'), ...more}, {apiVersion});
    expect(answered.status).toBe(400);
    expect(answered.json.error).toMatchObject(error);
  });

  it.each<[string, string, JsonObject]>([
    [
      'everything that the last GA knows',
      '2024-10-21',
      {
        temperature: 0,
        top_p: 0.5,
        n: 2,
        seed: 1,
        max_completion_tokens: 9,
        stop: 'x',
        user: 'u',
        logprobs: true,
        top_logprobs: 2,
      },
    ],
    ['null for what is not given', '2024-10-21', {temperature: null, max_tokens: null, stop: null}],
    [
      'tools with their results',
      '2024-10-21',
      {
        tools: [tool],
        tool_choice: 'auto',
        messages: [
          {role: 'user', content: 'x'},
          {role: 'assistant', content: null, tool_calls: [toolCall]},
          {role: 'tool', content: 'y', tool_call_id: 'c1'},
        ],
      },
    ],
    [
      'a closed schema',
      '2024-10-21',
      schemaFormat(true, {
        type: 'object',
        additionalProperties: false,
        properties: {a: {type: 'string'}},
        required: ['a'],
      }),
    ],
    [
      'parts of text and images',
      '2024-10-21',
      {
        messages: [
          {
            role: 'user',
            content: [
              {type: 'text', text: 'x'},
              {type: 'image_url', image_url: {url: 'https://example.com/x.png'}},
            ],
          },
        ],
      },
    ],
    ['metadata in a late preview', '2024-12-01-preview', {metadata: {a: 'b'}, store: true}],
  ])('take %s', async (_, apiVersion, more) => {
    await using simulator = await openSimulator();
    const answered = await simulator.chat({...ask('hi'), ...more}, {apiVersion});
    expect(answered.text).toContain('"chat.completion"');
  });

  it.each<[string, string, JsonObject, Record<string, unknown>]>([
    [
      'o3',
      '2024-10-21',
      {},
      {
        code: 'BadRequest',
        message: 'Model {modelName} is enabled only for api versions 2024-12-01-preview and later',
      },
    ],
    ['o3', '2025-04-01-preview', {max_tokens: 5}, {code: 'unsupported_parameter', param: 'max_tokens'}],
    [
      'o3',
      '2025-04-01-preview',
      {temperature: 0.2},
      {
        code: 'unsupported_value',
        message: containing(
          "'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        ),
      },
    ],
    ['o3', '2025-04-01-preview', {logprobs: true}, {code: 'unsupported_parameter', param: 'logprobs'}],
    ['codex', '2025-04-01-preview', {}, {code: 'OperationNotSupported'}],
    [
      'old',
      '2025-04-01-preview',
      {messages: [{role: 'user', content: 'x'.repeat(40_000)}]},
      {
        code: 'context_length_exceeded',
        message: containing('your messages resulted in'),
      },
    ],
    [
      'old',
      '2025-04-01-preview',
      {messages: [{role: 'user', content: 'x'.repeat(20_000)}], max_tokens: 8_000},
      {code: 'context_length_exceeded', message: containing('you requested')},
    ],
  ])('refuse what %s at %s does not take: %j', async (deployment, apiVersion, more, error) => {
    await using simulator = await openSimulator(everyModel);
    const answered = await simulator.chat({...ask('hi'), ...more}, {deployment, apiVersion, ...rightKey});
    expect(answered.status).toBe(400);
    expect(answered.json.error).toMatchObject(error);
  });

  it.each([
    ['half an object', '{"messages":'],
    ['a list', '[]'],
    ['a text', '"text"'],
    ['nothing', ''],
    ['more levels than a parser of theirs takes', `{"messages":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
  ])('refuse a body of %s', async (_, body) => {
    await using simulator = await openSimulator();
    const answered = await simulator.send(chatPath, {body, method: 'POST'});
    expect(answered.status).toBe(400);
    expect(answered.json.error.message).toContain('could not parse the JSON body');
  });
});

describe('parameters of Responses', () => {
  it.each<[JsonObject, Record<string, unknown>]>([
    [{messages: []}, {code: 'unknown_parameter', param: 'messages'}],
    [{}, {code: 'missing_required_parameter', param: 'input'}],
    [{input: 3}, {code: 'invalid_type', param: 'input'}],
    [
      {input: 'x', max_output_tokens: 3},
      {code: 'integer_below_min_value', param: 'max_output_tokens'},
    ],
    [{input: 'x', previous_response_id: 'resp_1'}, {code: 'previous_response_not_found'}],
    [
      {input: [{type: 'function_call_output', call_id: 'c', output: ''}]},
      {message: containing('No tool call found')},
    ],
    [
      {input: [{type: 'function_call', call_id: 'c', name: 'f', arguments: ''}]},
      {message: containing('No tool output found')},
    ],
    [
      {input: [{type: 'reasoning', summary: [], status: 'completed'}]},
      {code: 'unknown_parameter', param: 'input[0].status'},
    ],
    [
      {input: 'x', model: 'o3', temperature: 0.5},
      {code: 'unsupported_parameter', param: 'temperature'},
    ],
    [{input: 'x', text: {format: {type: 'json_schema', schema: {}}}}, {param: 'text.format.name'}],
    [{input: [{role: 'user'}]}, {code: 'missing_required_parameter', param: 'input[0].content'}],
    [{input: [{role: 'bot', content: 'x'}]}, {code: 'invalid_value', param: 'input[0].role'}],
    [{input: [{type: 'function_call'}]}, {code: 'missing_required_parameter', param: 'input[0].call_id'}],
    [
      {input: [{role: 'user', content: [{type: 'text', text: 'x'}]}]},
      {code: 'invalid_value', param: 'input[0].content[0].type'},
    ],
    [
      {input: [{role: 'assistant', content: [{type: 'input_text', text: 'x'}]}]},
      {message: "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'."},
    ],
    [{input: 'x', tools: [{type: 'function'}]}, {param: 'tools[0].name'}],
    [
      {input: 'x', truncation: 'yes'},
      {code: 'invalid_value', param: 'truncation'},
    ],
  ])('refuse %j', async (body, error) => {
    await using simulator = await openSimulator(everyModel);
    const answered = await simulator.responses(body, rightKey);
    expect(answered.status).toBe(400);
    expect(answered.json.error).toMatchObject(error);
  });

  it('name no model or an unknown one: 400, 404', async () => {
    await using simulator = await openSimulator();
    const none = await simulator.send('/openai/v1/responses', {body: {input: 'x'}});
    const unknown = await simulator.send('/openai/v1/responses', {body: {input: 'x', model: 'other'}});
    expect([none.status, none.json.error.param]).toEqual([400, 'model']);
    expect([unknown.status, unknown.json.error.code]).toEqual([404, 'DeploymentNotFound']);
  });
});

describe('the content filter', () => {
  it.each([
    [
      'innererror',
      {
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: {hate: {filtered: false}, violence: {filtered: true, severity: 'high'}},
        },
      },
    ],
    ['inner_error', {inner_error: {content_filter_results: {violence: {filtered: true}}}}],
    ['bare', {code: 'content_filter', param: 'prompt'}],
  ])('refuses a prompt in the shape %s', async (shape, error) => {
    await using simulator = await openSimulator({
      content_filter: {block_prompt: ['bomb'], error_shape: shape},
    });
    const answered = await simulator.chat(ask('a bomb'));
    expect(answered.status).toBe(400);
    expect(answered.json.error).toMatchObject({code: 'content_filter', ...error});
  });

  it('cuts a completion where it breaks a rule', async () => {
    await using simulator = await openSimulator({
      content_filter: {block_completion: [{match: 'secret', category: 'hate', severity: 'medium'}]},
      answers: [{text: 'well, the secret is'}],
    });
    const {choices} = (await simulator.chat(ask('x'))).json;
    expect(choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: {content: 'well, the '},
      content_filter_results: {hate: {filtered: true, severity: 'medium'}},
    });
    const response = (await simulator.responses({input: 'x'})).json;
    expect(response).toMatchObject({status: 'incomplete', incomplete_details: {reason: 'content_filter'}});
    expect(response.content_filters[1]!.blocked).toBe(true);
  });

  it('comes before the rate limit: what it blocks is not charged', async () => {
    await using simulator = await openSimulator(everyModel);
    const blocked = await simulator.chat(ask('bomb'), {deployment: 'tight', ...rightKey});
    const admitted = await simulator.chat(ask('peace'), {deployment: 'tight', ...rightKey});
    expect([blocked.status, admitted.status]).toEqual([400, 200]);
    expect(admitted.headers['x-ratelimit-remaining-requests']).toBe('0');
  });
});

describe('undefined deployments', () => {
  it('are made up when the settings allow it', async () => {
    await using simulator = await openSimulator({
      allow_undefined_deployments: true,
      default_deployment: {model: 'gpt-4.1-2025-04-14', answers: [{echo: true}]},
    });
    const answered = await simulator.chat(ask('hello'), {deployment: 'whatever'});
    expect(answered.json).toMatchObject({
      model: 'gpt-4.1-2025-04-14',
      choices: [{message: {content: 'hello'}}],
    });
  });
});
