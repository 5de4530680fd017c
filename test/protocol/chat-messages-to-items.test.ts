import {describe, expect, it} from 'vitest';
import type {CallError} from '../../src/core/errors.ts';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import {chatMessagesToItems} from '../../src/protocol/chat-messages-to-items.ts';
import {thrownBy} from './event-stream.ts';

const message = (role: string, content: JsonValue): JsonObject => ({type: 'message', role, content});

describe('chatMessagesToItems', () => {
  it.each<{name: string; messages: readonly JsonValue[]; items: readonly JsonObject[]}>([
    {
      name: 'plain text by role, with names',
      messages: [
        {role: 'system', content: 'S'},
        {role: 'developer', content: 'D'},
        {role: 'user', content: 'U', name: 'Ann'},
        {role: 'assistant', content: 'A'},
      ],
      items: [
        message('system', 'S'),
        message('developer', 'D'),
        {...message('user', 'U'), name: 'Ann'},
        message('assistant', 'A'),
      ],
    },
    {
      name: 'parts of every kind',
      messages: [
        {
          role: 'user',
          content: [
            {type: 'text', text: 'see'},
            {type: 'image_url', image_url: {url: 'u', detail: 'low'}},
            {type: 'image_url', image_url: 'v'},
            {type: 'input_audio', input_audio: {data: 'QQ', format: 'wav'}},
            {type: 'file', file: {file_data: 'QQ', filename: 'a.pdf', file_id: null}},
            {type: 'video_url', video_url: {url: 'w'}},
            {type: 'input_text', text: 'as it is'},
          ],
        },
      ],
      items: [
        message('user', [
          {type: 'input_text', text: 'see'},
          {type: 'input_image', image_url: 'u', detail: 'low'},
          {type: 'input_image', image_url: 'v'},
          {type: 'input_audio', input_audio: {data: 'QQ', format: 'wav'}},
          {type: 'input_file', file_data: 'QQ', filename: 'a.pdf'},
          {type: 'input_video', video_url: 'w'},
          {type: 'input_text', text: 'as it is'},
        ]),
      ],
    },
    {
      name: 'an answer in parts',
      messages: [
        {
          role: 'assistant',
          content: [
            {type: 'text', text: 'A'},
            {type: 'refusal', refusal: 'no'},
          ],
        },
      ],
      items: [
        message('assistant', [
          {type: 'output_text', text: 'A', annotations: []},
          {type: 'refusal', refusal: 'no'},
        ]),
      ],
    },
    {
      name: 'a refusal',
      messages: [{role: 'assistant', content: null, refusal: 'no', reasoning_content: 'left out'}],
      items: [message('assistant', [{type: 'refusal', refusal: 'no'}])],
    },
    {
      name: 'calls, and outputs by the kind of the call',
      messages: [
        {
          role: 'assistant',
          content: 'wait',
          tool_calls: [
            {id: 'c1', type: 'function', function: {name: 'f', arguments: '{}'}},
            {id: 'c2', type: 'custom', custom: {name: 'sql', input: 'S'}},
          ],
        },
        {role: 'tool', tool_call_id: 'c1', content: '7'},
        {role: 'tool', tool_call_id: 'c2', content: [{type: 'text', text: 'row'}]},
      ],
      items: [
        message('assistant', 'wait'),
        {type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}'},
        {type: 'custom_tool_call', call_id: 'c2', name: 'sql', input: 'S'},
        {type: 'function_call_output', call_id: 'c1', output: '7'},
        {type: 'custom_tool_call_output', call_id: 'c2', output: [{type: 'input_text', text: 'row'}]},
      ],
    },
    {
      name: 'a call without text as the call alone, an empty answer as an empty text',
      messages: [
        {role: 'assistant', content: '', tool_calls: [{id: 'c1', function: {name: 'f', arguments: ''}}]},
        {role: 'assistant', content: null},
      ],
      items: [{type: 'function_call', call_id: 'c1', name: 'f', arguments: ''}, message('assistant', '')],
    },
  ])('takes $name', ({messages, items}) => {
    expect(chatMessagesToItems(messages)).toEqual(items);
  });

  it('names every message that has no counterpart at once', () => {
    const error = thrownBy(() =>
      chatMessagesToItems([
        'secret',
        {role: 'function', name: 'f', content: 'secret'},
        {role: 'assistant', content: null, function_call: {name: 'f'}, audio: {id: 'secret'}},
        {role: 'assistant', tool_calls: [{id: 'c', type: 'secret'}]},
        {role: 'user', content: [{type: 'image_url'}]},
        {role: 'user'},
      ]),
    ) as CallError;
    expect(error).toMatchObject({code: 'ERR_CONVERSION', effect: 'rollout'});
    expect(error.problems.map(({path, message: what}) => `${path ?? ''}: ${what}`)).toEqual([
      'messages[0]: a message that is no object',
      'messages[1]: role function',
      'messages[2].function_call: a call without an id',
      'messages[2].audio: audio of an earlier answer',
      'messages[3].tool_calls[0]: a tool call of no known kind',
      'messages[4].content[0]: an image without a URL',
      'messages[5].content: a message without content',
    ]);
    expect(error.message).not.toContain('secret');
  });
});
