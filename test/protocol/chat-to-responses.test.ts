import {describe, expect, it} from 'vitest';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import {
  promptFilteredResponse,
  type ToResponseOptions,
  toResponse,
} from '../../src/protocol/chat-to-responses.ts';
import {without} from '../../src/protocol/mutable-json.ts';
import {frames} from './event-stream.ts';

function options(request: JsonObject = {input: 'hi'}): ToResponseOptions {
  let count = 0;
  return {request, id: 'resp_1', createId: (prefix) => `${prefix}_${++count}`, createdAt: 1760000000};
}

function completion(message: JsonValue, more: JsonObject = {}, choice: JsonObject = {}): JsonObject {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1762317021,
    model: 'gpt-4o-2024-11-20',
    choices: [{index: 0, message, finish_reason: 'stop', ...choice}],
    ...more,
  };
}

function said(content: string): JsonObject {
  return {role: 'assistant', content};
}

function outputOf(message: JsonValue, choice: JsonObject = {}): JsonValue | undefined {
  return toResponse(completion(message, {}, choice), options())['output'];
}

const safe = {hate: {filtered: false, severity: 'safe'}};
const violent = {violence: {filtered: true, severity: 'high'}};

describe('toResponse', () => {
  it('gives every member of the API in the pinned order, null where nothing is known', () => {
    const response = toResponse(completion(said('hello')), options({input: 'hi'}));
    expect(Object.entries(response)).toEqual([
      ['id', 'resp_1'],
      ['created_at', 1762317021],
      ['error', null],
      ['incomplete_details', null],
      ['instructions', null],
      ['metadata', null],
      ['model', 'gpt-4o-2024-11-20'],
      ['object', 'response'],
      [
        'output',
        [
          {
            id: 'msg_1',
            type: 'message',
            status: 'completed',
            role: 'assistant',
            content: [{type: 'output_text', text: 'hello', annotations: [], logprobs: []}],
          },
        ],
      ],
      ['parallel_tool_calls', true],
      ['temperature', null],
      ['tool_choice', 'auto'],
      ['tools', []],
      ['top_p', null],
      ['background', null],
      ['conversation', null],
      ['max_output_tokens', null],
      ['max_tool_calls', null],
      ['previous_response_id', null],
      ['prompt', null],
      ['prompt_cache_key', null],
      ['reasoning', null],
      ['safety_identifier', null],
      ['service_tier', null],
      ['status', 'completed'],
      ['text', null],
      ['top_logprobs', null],
      ['truncation', null],
      ['usage', null],
      ['user', null],
      ['content_filters', null],
    ]);
  });

  it('echoes the request, its forced tool choice and metadata included', () => {
    const request = {
      input: 'hi',
      model: 'dep',
      temperature: 0,
      tools: [{type: 'function', name: 'f'}],
      tool_choice: {type: 'function', name: 'f'},
      parallel_tool_calls: false,
      metadata: {extra_body: '{"seed":1}'},
      text: {format: {type: 'text'}},
      reasoning: {effort: 'low'},
      max_output_tokens: 9,
    };
    const echoed = without(request, 'input', 'model');
    expect(toResponse(completion(said('x')), options(request))).toMatchObject({
      ...echoed,
      model: 'gpt-4o-2024-11-20',
    });
  });

  it('falls back to the request and the given time where the reply says nothing', () => {
    const reply = completion(said('x'), {model: '', created: 0, system_fingerprint: null});
    const response = toResponse(reply, options({model: 'dep', service_tier: 'flex'}));
    expect(response).toMatchObject({model: 'dep', created_at: 1760000000, service_tier: 'flex'});
    expect(response).not.toHaveProperty('system_fingerprint');
  });

  it('keeps the service tier, the fingerprint and the missing end of a stream', () => {
    const more = {service_tier: 'default', system_fingerprint: 'fp_1', missing_done: true};
    expect(toResponse(completion(said('x'), more), options({service_tier: 'auto'}))).toMatchObject(more);
  });

  it.each([
    {reason: 'stop', status: 'completed', details: null, item: 'completed'},
    {reason: 'tool_calls', status: 'completed', details: null, item: 'completed'},
    {reason: null, status: 'completed', details: null, item: 'completed'},
    {reason: 'length', status: 'incomplete', details: {reason: 'max_output_tokens'}, item: 'incomplete'},
    {reason: 'content_filter', status: 'incomplete', details: {reason: 'content_filter'}, item: 'incomplete'},
  ])('reads finish reason $reason as $status', ({reason, status, details, item}) => {
    const response = toResponse(completion(said('x'), {}, {finish_reason: reason}), options());
    expect(response).toMatchObject({status, incomplete_details: details, output: [{status: item}]});
  });

  const text = (value: string): JsonObject => ({content: [{type: 'output_text', text: value}]});
  const thoughts = (...values: readonly string[]): JsonObject => ({
    type: 'reasoning',
    summary: values.map((value) => ({type: 'summary_text', text: value})),
  });

  it.each<{name: string; message: JsonObject; output: readonly JsonObject[]}>([
    {name: 'null content as an empty text', message: {content: null}, output: [text('')]},
    {
      name: 'think blocks anywhere',
      message: said('<think>a\nb</think>X<think>c</think>Y'),
      output: [thoughts('a\nb', 'c'), text('XY')],
    },
    {name: 'thinking alone without a message', message: said('<think>a</think>'), output: [thoughts('a')]},
    {
      name: 'an unclosed tag as text',
      message: said('<think>a</think>X<think>b'),
      output: [thoughts('a'), text('X<think>b')],
    },
    {name: 'a stray closing tag as text', message: said('</think>X'), output: [text('</think>X')]},
    {
      name: 'reasoning_content before think blocks',
      message: {...said('<think>b</think>X'), reasoning_content: 'a'},
      output: [thoughts('a', 'b'), text('X')],
    },
    {
      name: 'a refusal',
      message: {content: null, refusal: 'No.'},
      output: [{content: [{type: 'refusal', refusal: 'No.'}]}],
    },
    {
      name: 'content in parts',
      message: {
        content: [
          {type: 'text', text: 'A'},
          {type: 'refusal', refusal: 'No.'},
        ],
      },
      output: [
        {
          content: [
            {type: 'output_text', text: 'A'},
            {type: 'refusal', refusal: 'No.'},
          ],
        },
      ],
    },
    {
      name: 'audio with its transcript',
      message: {content: null, audio: {id: 'a', data: 'QQ', transcript: 'hej'}},
      output: [{content: [{type: 'output_audio', id: 'a', data: 'QQ', transcript: 'hej'}]}],
    },
    {
      name: 'citations, unnested',
      message: {
        ...said('X'),
        annotations: [
          {type: 'url_citation', url_citation: {url: 'u', title: 't', start_index: 0, end_index: 1}},
        ],
      },
      output: [
        {
          content: [
            {annotations: [{type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 1}]},
          ],
        },
      ],
    },
    {
      name: 'calls after the text',
      message: {
        ...said('X'),
        tool_calls: [{id: 'c1', type: 'function', function: {name: 'f', arguments: '{}'}}],
      },
      output: [
        text('X'),
        {type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{}', status: 'completed'},
      ],
    },
    {
      name: 'a custom call',
      message: {content: null, tool_calls: [{id: 'c1', type: 'custom', custom: {name: 'sql', input: 'S'}}]},
      output: [{type: 'custom_tool_call', id: 'ctc_1', call_id: 'c1', name: 'sql', input: 'S'}],
    },
    {
      name: 'a call without an id, with arguments that are no text',
      message: {content: null, tool_calls: [{id: '', function: {name: 'f', arguments: {a: 1}}}]},
      output: [{type: 'function_call', call_id: 'call_1', arguments: '{"a":1}'}],
    },
    {
      name: 'the older single call',
      message: {content: null, function_call: {name: 'f', arguments: '{}'}},
      output: [{type: 'function_call', name: 'f', arguments: '{}'}],
    },
  ])('reads $name', ({message, output}) => {
    const got = outputOf(message);
    expect(got).toMatchObject(output);
    expect(got).toHaveLength(output.length);
  });

  it('marks the item that was cut as incomplete, and only that one', () => {
    const message = {...said('X'), tool_calls: [{id: 'c1', function: {name: 'f', arguments: '{"a'}}]};
    expect(outputOf(message, {finish_reason: 'length'})).toMatchObject([
      {status: 'completed'},
      {status: 'incomplete'},
    ]);
  });

  it('keeps log probabilities on the text', () => {
    const content = [{token: 'x', logprob: -0.1, bytes: [120], top_logprobs: []}];
    expect(outputOf(said('x'), {logprobs: {content, refusal: null}})).toMatchObject([
      {content: [{logprobs: content}]},
    ]);
  });

  it('takes thinking out of a text that opens many blocks in linear time', () => {
    const opened = '<think>'.repeat(200_000);
    expect(outputOf(said(opened))).toMatchObject([text(opened)]);
  });

  it('keeps the other choices of n > 1 beside the first', () => {
    const choices = [
      {index: 1, message: said('B'), finish_reason: 'length', content_filter_results: safe},
      {index: 0, message: said('A'), finish_reason: 'stop'},
    ];
    expect(toResponse({choices}, options())).toMatchObject({
      status: 'completed',
      output: [text('A')],
      alternatives: [
        {
          index: 1,
          status: 'incomplete',
          incomplete_details: {reason: 'max_output_tokens'},
          output: [text('B')],
          content_filters: [{blocked: false, source_type: 'completion'}],
        },
      ],
    });
  });

  it.each<{name: string; usage: JsonValue; expected: JsonValue}>([
    {name: 'none', usage: null, expected: null},
    {
      name: 'all',
      usage: {
        prompt_tokens: 5,
        completion_tokens: 7,
        total_tokens: 13,
        prompt_tokens_details: {cached_tokens: 0, audio_tokens: 1},
        completion_tokens_details: {reasoning_tokens: 3},
      },
      expected: {
        input_tokens: 5,
        input_tokens_details: {cached_tokens: 0, audio_tokens: 1},
        output_tokens: 7,
        output_tokens_details: {reasoning_tokens: 3},
        total_tokens: 13,
      },
    },
    {
      name: 'unknown counts as null, never 0',
      usage: {prompt_tokens: 5},
      expected: {
        input_tokens: 5,
        input_tokens_details: {cached_tokens: null},
        output_tokens: null,
        output_tokens_details: {reasoning_tokens: null},
        total_tokens: null,
      },
    },
    {
      name: 'the spellings of other providers',
      usage: {
        prompt_tokens: 5,
        cached_input_tokens: 2,
        reasoning_output_tokens: 1,
        prompt_tokens_details: null,
      },
      expected: expect.objectContaining({
        input_tokens_details: {cached_tokens: 2},
        output_tokens_details: {reasoning_tokens: 1},
      }) as JsonValue,
    },
    {
      name: 'and the others',
      usage: {cache_read_input_tokens: 2, reasoning_tokens: 1},
      expected: expect.objectContaining({
        input_tokens_details: {cached_tokens: 2},
        output_tokens_details: {reasoning_tokens: 1},
      }) as JsonValue,
    },
  ])('reads usage: $name', ({usage, expected}) => {
    expect(toResponse(completion(said('x'), {usage}), options())['usage']).toEqual(expected);
  });

  const entry = (source: string, results: JsonObject, blocked: boolean): JsonObject => ({
    blocked,
    source_type: source,
    content_filter_raw: null,
    content_filter_results: results,
    content_filter_offsets: null,
  });
  const serviceError = {error: {code: 'content_filter_error', message: 'The contents are not filtered'}};

  it.each<{name: string; more?: JsonObject; choice?: JsonObject; expected: JsonValue}>([
    {
      name: 'of prompt and completion',
      more: {prompt_filter_results: [{prompt_index: 0, content_filter_results: safe}]},
      choice: {content_filter_results: safe},
      expected: [entry('prompt', safe, false), entry('completion', safe, false)],
    },
    {
      name: 'in the singular',
      more: {prompt_filter_results: [{prompt_index: 0, content_filter_result: violent}]},
      choice: {content_filter_result: safe},
      expected: [entry('prompt', violent, true), entry('completion', safe, false)],
    },
    {
      name: 'as annotations',
      more: {prompt_annotations: [{prompt_index: 0, content_filter_results: safe}]},
      expected: [entry('prompt', safe, false)],
    },
    {
      name: 'null and empty',
      more: {prompt_filter_results: null},
      choice: {content_filter_results: {}},
      expected: null,
    },
    {
      name: 'that the filter itself failed',
      choice: {content_filter_results: serviceError},
      expected: [entry('completion', serviceError, false)],
    },
    {
      name: 'of a block without results',
      choice: {finish_reason: 'content_filter'},
      expected: [entry('completion', {}, true)],
    },
    {
      name: 'with offsets',
      choice: {
        content_filter_results: violent,
        content_filter_offsets: {start_offset: 1},
        content_filter_raw: [1],
      },
      expected: [
        {
          ...entry('completion', violent, true),
          content_filter_offsets: {start_offset: 1},
          content_filter_raw: [1],
        },
      ],
    },
  ])('keeps the findings of the content filter: $name', ({more, choice, expected}) => {
    expect(toResponse(completion(said('x'), more, choice), options())['content_filters']).toEqual(expected);
  });

  it('reads a blocked completion that came without a message', () => {
    const response = toResponse({choices: [{finish_reason: 'content_filter'}]}, options());
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: {reason: 'content_filter'},
      output: [text('')],
    });
  });

  it.each<{name: string; reply: JsonObject}>([
    {name: 'no choices', reply: {}},
    {name: 'an empty list of choices', reply: {choices: []}},
    {name: 'a choice that is no object', reply: {choices: [null]}},
    {name: 'a choice without a message', reply: {choices: [{finish_reason: 'stop'}]}},
    {
      name: 'a call without a name',
      reply: completion({tool_calls: [{id: 'c', function: {arguments: '{}'}}]}),
    },
    {name: 'a call that is no object', reply: completion({tool_calls: ['f']})},
    {name: 'a custom call without a name', reply: completion({tool_calls: [{custom: {}}]})},
  ])('refuses a reply with $name, to be asked for again', ({reply}) => {
    expect(() => toResponse(reply, options())).toThrow(
      expect.objectContaining({code: 'ERR_MODEL_MALFORMED', fault: 'model', effect: 'retry'}) as Error,
    );
  });

  it('shares no ids between items', () => {
    const message = {
      ...said('<think>a</think>X'),
      tool_calls: [{function: {name: 'f', arguments: ''}}, {function: {name: 'f', arguments: ''}}],
    };
    const ids = (outputOf(message) as readonly JsonObject[]).flatMap(({id, call_id}) => [id, call_id ?? id]);
    expect(new Set(ids).size).toBe(6);
  });
});

describe('promptFilteredResponse', () => {
  const findings = {hate: {filtered: false, severity: 'safe'}, jailbreak: {filtered: true, detected: true}};
  const blocked = (results: JsonObject): JsonObject => ({
    blocked: true,
    source_type: 'prompt',
    content_filter_raw: null,
    content_filter_results: results,
    content_filter_offsets: null,
  });
  const azureFilters = (frames('azure-text.1.chunks.txt').at(-1)?.['response'] as JsonObject)[
    'content_filters'
  ];

  it.each<{name: string; inner: JsonObject; filters: JsonValue | undefined}>([
    {
      name: 'innererror, singular',
      inner: {innererror: {content_filter_result: findings}},
      filters: [blocked(findings)],
    },
    {
      name: 'inner_error, plural',
      inner: {inner_error: {content_filter_results: findings}},
      filters: [blocked(findings)],
    },
    {
      name: 'innererror, plural',
      inner: {innererror: {content_filter_results: findings}},
      filters: [blocked(findings)],
    },
    {name: 'no inner error', inner: {}, filters: [blocked({})]},
    {name: 'the error itself', inner: {content_filter_results: findings}, filters: [blocked(findings)]},
    {
      name: 'content_filters of the Responses API',
      inner: {content_filters: azureFilters},
      filters: azureFilters,
    },
  ])('takes the findings from $name', ({inner, filters}) => {
    const error = {code: 'content_filter', message: 'filtered', param: 'prompt', ...inner};
    for (const body of [{error}, error]) {
      expect(promptFilteredResponse(body, options({model: 'dep', temperature: 0}))).toMatchObject({
        id: 'resp_1',
        created_at: 1760000000,
        model: 'dep',
        temperature: 0,
        status: 'incomplete',
        incomplete_details: {reason: 'content_filter'},
        output: [],
        error: null,
        usage: null,
        content_filters: filters,
      });
    }
  });
});
