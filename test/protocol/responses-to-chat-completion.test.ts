import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {toChatCompletion} from '../../src/protocol/responses-to-chat-completion.ts';
import {StreamError} from '../../src/protocol/stream-error.ts';
import {fixture, frames, parseObject, thrownBy} from './event-stream.ts';

function choiceOf(output: readonly JsonObject[], more: JsonObject = {}): unknown {
  const completion = toChatCompletion({id: 'resp_1', status: 'completed', output, ...more});
  return (completion['choices'] as readonly unknown[])[0];
}

const text = (value: string): JsonObject => ({
  type: 'message',
  content: [{type: 'output_text', text: value}],
});
const call = {type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{}'};

describe('toChatCompletion', () => {
  it('gives a whole completion of a captured response', () => {
    const response = parseObject(fixture('azure-text.1.json'));
    const [prompt, completion] = response['content_filters'] as readonly JsonObject[];
    expect(toChatCompletion(response)).toEqual({
      id: 'chatcmpl-0d6bb044bb6ff37200698c51948054819385e24e2ad931ae6e',
      object: 'chat.completion',
      created: 1770803604,
      model: 'gpt-5.1',
      choices: [
        {
          index: 0,
          message: {role: 'assistant', content: 'Word', refusal: null},
          finish_reason: 'stop',
          logprobs: null,
          content_filter_results: completion?.['content_filter_results'],
        },
      ],
      usage: {
        prompt_tokens: 11,
        completion_tokens: 11,
        total_tokens: 22,
        prompt_tokens_details: {cached_tokens: 0},
        completion_tokens_details: {reasoning_tokens: 0},
      },
      service_tier: 'default',
      system_fingerprint: null,
      prompt_filter_results: [{prompt_index: 0, content_filter_results: prompt?.['content_filter_results']}],
    });
  });

  it('gives reasoning, text and call of a captured stream', () => {
    const output = (frames('responses-function-call.chunks.txt').at(-1)?.['response'] as JsonObject)[
      'output'
    ];
    expect(choiceOf(output as readonly JsonObject[])).toMatchObject({
      message: {
        content: 'Let me look — 🌦.',
        reasoning_content: 'Weather needs a tool.',
        tool_calls: [
          {id: 'call_Kx1', type: 'function', function: {name: 'get_weather', arguments: '{"city":"Malmö"}'}},
        ],
      },
      finish_reason: 'tool_calls',
    });
  });

  it.each<{name: string; output: readonly JsonObject[]; message: JsonObject}>([
    {name: 'several messages joined', output: [text('A'), text('B')], message: {content: 'AB'}},
    {name: 'a call alone without content', output: [call], message: {content: null}},
    {name: 'no output as an empty text', output: [], message: {content: ''}},
    {
      name: 'a refusal',
      output: [{type: 'message', content: [{type: 'refusal', refusal: 'No.'}]}],
      message: {content: null, refusal: 'No.'},
    },
    {
      name: 'a custom call',
      output: [{type: 'custom_tool_call', call_id: 'c', name: 'sql', input: 'S'}],
      message: {tool_calls: [{id: 'c', type: 'custom', custom: {name: 'sql', input: 'S'}}]},
    },
    {
      name: 'audio',
      output: [{type: 'message', content: [{type: 'output_audio', data: 'QQ'}]}],
      message: {content: null, audio: {data: 'QQ'}},
    },
    {
      name: 'citations, nested',
      output: [
        {
          type: 'message',
          content: [{type: 'output_text', text: 'A', annotations: [{type: 'url_citation', url: 'u'}]}],
        },
      ],
      message: {annotations: [{type: 'url_citation', url_citation: {url: 'u'}}]},
    },
    {
      name: 'no call of a hosted tool',
      output: [{type: 'web_search_call', id: 'ws'}, text('A')],
      message: {role: 'assistant', content: 'A', refusal: null},
    },
  ])('gives $name', ({output, message}) => {
    expect(choiceOf(output)).toMatchObject({message});
  });

  it.each<{name: string; more: JsonObject; output: readonly JsonObject[]; reason: string}>([
    {name: 'an end', more: {}, output: [text('A')], reason: 'stop'},
    {name: 'calls', more: {}, output: [call], reason: 'tool_calls'},
    {
      name: 'the token limit',
      more: {status: 'incomplete', incomplete_details: {reason: 'max_output_tokens'}},
      output: [call],
      reason: 'length',
    },
    {
      name: 'a block',
      more: {status: 'incomplete', incomplete_details: {reason: 'content_filter'}},
      output: [],
      reason: 'content_filter',
    },
    {name: 'no reason', more: {status: 'incomplete', incomplete_details: null}, output: [], reason: 'length'},
  ])('finishes with $reason for $name', ({more, output, reason}) => {
    expect(choiceOf(output, more)).toMatchObject({finish_reason: reason});
  });

  it('keeps log probabilities and the gravest findings', () => {
    const findings = (severity: string, filtered: boolean): JsonObject => ({
      source_type: 'completion',
      content_filter_results: {hate: {severity, filtered}, jailbreak: {detected: filtered}},
    });
    const content = [{type: 'output_text', text: 'A', logprobs: [{token: 'A'}]}];
    const more = {content_filters: [findings('high', true), findings('low', false)]};
    expect(choiceOf([{type: 'message', content}], more)).toMatchObject({
      logprobs: {content: [{token: 'A'}], refusal: null},
      content_filter_results: {hate: {severity: 'high', filtered: true}, jailbreak: {detected: true}},
    });
  });

  it('leaves usage null where nobody gave it', () => {
    expect(toChatCompletion({output: [text('A')], usage: null})['usage']).toBeNull();
  });

  it('hands on the error of a response that failed', () => {
    const response = {status: 'failed', error: {code: 'server_error'}, output: []};
    const thrown = thrownBy(() => toChatCompletion(response));
    expect(thrown).toBeInstanceOf(StreamError);
    expect(thrown).toMatchObject({error: {code: 'server_error'}, response});
  });

  it.each([{status: 'completed'}, {status: 'in_progress', output: []}, {status: 'cancelled', output: []}])(
    'refuses %j, which is no answer',
    (response) => {
      expect(() => toChatCompletion(response)).toThrow(
        expect.objectContaining({code: 'ERR_MODEL_MALFORMED', effect: 'retry'}) as Error,
      );
    },
  );
});
