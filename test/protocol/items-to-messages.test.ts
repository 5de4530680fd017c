import {describe, expect, it} from 'vitest';
import type {CallError} from '../../src/core/errors.ts';
import type {JsonObject, JsonValue} from '../../src/core/json.ts';
import {ConversionProblems} from '../../src/protocol/conversion-error.ts';
import {itemsToMessages} from '../../src/protocol/items-to-messages.ts';
import {thrownBy} from './event-stream.ts';

function convert(input: JsonValue): readonly JsonObject[] {
  const problems = new ConversionProblems();
  const messages = itemsToMessages(input, problems);
  problems.throwIfAny('chat completions');
  return messages;
}

const call = {type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}'};
const toolCall = {id: 'c1', type: 'function', function: {name: 'f', arguments: '{"a":1}'}};

describe('itemsToMessages', () => {
  it.each<{name: string; input: JsonValue; messages: readonly JsonObject[]}>([
    {name: 'text as a user message', input: 'hi', messages: [{role: 'user', content: 'hi'}]},
    {
      name: 'messages with and without a type, roles and names as given',
      input: [
        {role: 'developer', content: 'A'},
        {type: 'message', role: 'system', content: 'B', id: 'msg_1', status: 'completed'},
        {role: 'user', content: 'C', name: 'Ann'},
      ],
      messages: [
        {role: 'developer', content: 'A'},
        {role: 'system', content: 'B'},
        {role: 'user', content: 'C', name: 'Ann'},
      ],
    },
    {
      name: 'parts of every kind that chat has',
      input: [
        {
          role: 'user',
          content: [
            {type: 'input_text', text: 'see'},
            {type: 'input_image', image_url: 'https://a/b.png'},
            {type: 'input_image', image_url: {url: 'https://a/c.png', detail: 'low'}},
            {type: 'input_audio', input_audio: {data: 'QQ', format: 'wav'}},
            {type: 'input_file', file_data: 'QQ', filename: 'a.pdf'},
            {type: 'input_video', video: {url: 'https://a/b.mp4'}},
            {type: 'image_url', image_url: {url: 'https://a/d.png'}},
          ],
        },
      ],
      messages: [
        {
          role: 'user',
          content: [
            {type: 'text', text: 'see'},
            {type: 'image_url', image_url: {url: 'https://a/b.png', detail: 'auto'}},
            {type: 'image_url', image_url: {url: 'https://a/c.png', detail: 'low'}},
            {type: 'input_audio', input_audio: {data: 'QQ', format: 'wav'}},
            {type: 'file', file: {file_data: 'QQ', filename: 'a.pdf'}},
            {type: 'video_url', video_url: {url: 'https://a/b.mp4'}},
            {type: 'image_url', image_url: {url: 'https://a/d.png'}},
          ],
        },
      ],
    },
    {
      name: 'reasoning, text and calls of one turn as one message',
      input: [
        {type: 'reasoning', summary: [{type: 'summary_text', text: 'hm'}, {text: ''}, {text: 'so'}]},
        {
          type: 'message',
          role: 'assistant',
          content: [{type: 'output_text', text: 'Let me '}, {text: 'see.'}],
        },
        call,
        {type: 'custom_tool_call', call_id: 'c2', name: 'sql', input: 'SELECT'},
        {type: 'function_call_output', call_id: 'c1', output: '7'},
        {type: 'custom_tool_call_output', call_id: 'c2', output: [{type: 'input_text', text: 'row'}]},
      ],
      messages: [
        {
          role: 'assistant',
          content: '<think>hm</think><think>so</think>Let me see.',
          tool_calls: [toolCall, {id: 'c2', type: 'custom', custom: {name: 'sql', input: 'SELECT'}}],
        },
        {role: 'tool', tool_call_id: 'c1', content: '7'},
        {role: 'tool', tool_call_id: 'c2', content: [{type: 'text', text: 'row'}]},
      ],
    },
    {
      name: 'text after a call in the message of the call, so that the outputs follow it',
      input: [
        call,
        {role: 'assistant', content: 'wait'},
        {type: 'function_call_output', call_id: 'c1', output: ''},
      ],
      messages: [
        {role: 'assistant', content: 'wait', tool_calls: [toolCall]},
        {role: 'tool', tool_call_id: 'c1', content: ''},
      ],
    },
    {
      name: 'two assistant messages in a row as two',
      input: [
        {role: 'assistant', content: 'A'},
        {role: 'assistant', content: 'B'},
      ],
      messages: [
        {role: 'assistant', content: 'A'},
        {role: 'assistant', content: 'B'},
      ],
    },
    {
      name: 'a call alone without content',
      input: [call],
      messages: [{role: 'assistant', content: null, tool_calls: [toolCall]}],
    },
    {
      name: 'an empty answer as an empty text, and reasoning that cannot be read as nothing',
      input: [
        {type: 'reasoning', summary: [], encrypted_content: 'x'},
        {role: 'user', content: 'q'},
        {role: 'assistant', content: null},
      ],
      messages: [
        {role: 'user', content: 'q'},
        {role: 'assistant', content: ''},
      ],
    },
    {
      name: 'reasoning by its text where there is no summary',
      input: [{type: 'reasoning', summary: [], content: [{type: 'reasoning_text', text: 'deep'}]}],
      messages: [{role: 'assistant', content: '<think>deep</think>'}],
    },
    {
      name: 'a refusal in its own place',
      input: [{role: 'assistant', content: [{type: 'refusal', refusal: 'No.'}]}],
      messages: [{role: 'assistant', content: null, refusal: 'No.'}],
    },
    {
      name: 'messages in chat shape',
      input: [
        {role: 'assistant', content: null, tool_calls: [toolCall]},
        {role: 'tool', tool_call_id: 'c1', content: '7'},
        {role: 'assistant', content: '', refusal: 'No.'},
      ],
      messages: [
        {role: 'assistant', content: null, tool_calls: [toolCall]},
        {role: 'tool', tool_call_id: 'c1', content: '7'},
        {role: 'assistant', content: null, refusal: 'No.'},
      ],
    },
  ])('takes $name', ({input, messages}) => {
    expect(convert(input)).toEqual(messages);
  });

  it.each([
    'mcp_call',
    'mcp_list_tools',
    'mcp_approval_request',
    'mcp_approval_response',
    'file_search_call',
    'web_search_call',
    'computer_call',
    'computer_call_output',
    'image_generation_call',
    'code_interpreter_call',
    'local_shell_call',
    'local_shell_call_output',
    'item_reference',
  ])('names the item %s, which chat does not have', (type) => {
    expect(() => convert([{type, id: 'secret'}])).toThrow(`input[0] (item ${type})`);
  });

  const user = (...content: readonly JsonValue[]): JsonObject => ({role: 'user', content});

  it.each<{name: string; input: JsonValue; problem: string}>([
    {name: 'an input that is no list', input: {a: 1}, problem: 'input: neither text nor a list of items'},
    {name: 'an item that is no object', input: ['x'], problem: 'input[0]: an item that is no object'},
    {name: 'an item without a type', input: [{a: 1}], problem: 'input[0]: item of no known type'},
    {name: 'an unknown role', input: [{role: 'critic', content: 'x'}], problem: 'input[0]: role critic'},
    {
      name: 'a message without content',
      input: [{role: 'user'}],
      problem: 'input[0].content: a message without content',
    },
    {
      name: 'content that is no list',
      input: [{role: 'user', content: 4}],
      problem: 'input[0].content: content of no known shape',
    },
    {
      name: 'an image by id',
      input: [user({type: 'input_image', file_id: 'f'})],
      problem: 'input[0].content[0]: an image by file id',
    },
    {
      name: 'an empty image',
      input: [user({type: 'input_image', image_url: ''})],
      problem: 'input[0].content[0]: an image without a URL',
    },
    {
      name: 'a file by id',
      input: [user({type: 'input_file', file_id: 'f'})],
      problem: 'input[0].content[0]: a file by file id',
    },
    {
      name: 'a file by URL',
      input: [user({type: 'input_file', file_url: 'u'})],
      problem: 'input[0].content[0]: a file by URL',
    },
    {
      name: 'an empty video',
      input: [user({type: 'input_video'})],
      problem: 'input[0].content[0]: a video without a URL',
    },
    {name: 'an empty message', input: [user()], problem: 'input[0].content: a message without content'},
    {
      name: 'an unknown part',
      input: [user('x', {type: 'scent'})],
      problem: 'input[0].content[0]: a part that is no object',
    },
    {
      name: 'a part of an answer that is no text',
      input: [{role: 'assistant', content: [{type: 'output_audio'}]}],
      problem: 'input[0].content[0]: part output_audio in an assistant message',
    },
    {
      name: 'an image from a tool',
      input: [{type: 'function_call_output', call_id: 'c', output: [{type: 'input_image', image_url: 'u'}]}],
      problem: "input[0].content[0]: part input_image in a tool's output",
    },
  ])('reports $name', ({input, problem}) => {
    const {problems} = thrownBy(() => convert(input)) as CallError;
    expect(problems.map(({path, message}) => `${path ?? ''}: ${message}`)).toContain(problem);
  });
});
