import {describe, expect, it} from 'vitest';
import {asJsonArray, type JsonObject} from '../../src/core/json.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {completionToStream} from '../../src/protocol/completion-to-stream.ts';
import {EventDecoder} from '../../src/protocol/server-sent-events.ts';

const call = (id: string) => ({id, type: 'function', function: {name: 'f', arguments: '{"a":1}'}});
const completion = {
  ...{id: 'chatcmpl-1', object: 'chat.completion', created: 5, model: 'gpt-4o', service_tier: 'default'},
  system_fingerprint: 'fp',
  prompt_filter_results: [{prompt_index: 0, content_filter_results: {hate: {filtered: false}}}],
  choices: [
    {
      ...{index: 0, finish_reason: 'tool_calls', content_filter_results: {hate: {filtered: false}}},
      logprobs: {content: [{token: 'a', logprob: -1}], refusal: null},
      message: {
        ...{role: 'assistant', content: 'a\nb', refusal: null, reasoning_content: 'hm'},
        tool_calls: [call('1'), call('2')],
      },
    },
    {
      index: 1,
      finish_reason: 'length',
      logprobs: null,
      message: {role: 'assistant', content: 'c', refusal: null},
    },
  ],
  usage: {prompt_tokens: 1, completion_tokens: 2, total_tokens: 3},
};

function assembled(text: string): JsonObject {
  const decoder = new EventDecoder();
  const accumulator = new ChatStreamAccumulator();
  for (const event of [...decoder.push(Buffer.from(text)), ...decoder.end()]) accumulator.add(event);
  return accumulator.finish();
}

describe('a completion as a stream', () => {
  it('adds up to the completion', () => {
    expect(assembled(completionToStream(completion))).toEqual(completion);
  });

  it('ends with the usage and the last word', () => {
    const frames = completionToStream(completion).trimEnd().split('\n\n');
    expect(frames).toHaveLength(6);
    expect(frames.at(-1)).toBe('data: [DONE]');
    expect(frames.at(-2)).toContain('"choices":[],"usage":{"prompt_tokens":1');
  });

  it('says the prompt’s findings once', () => {
    expect(completionToStream(completion).match(/prompt_filter_results/g)).toHaveLength(1);
  });

  it('has no usage when there was none', () => {
    expect(assembled(completionToStream({...completion, usage: null}))['usage']).toBeNull();
  });

  it('gives choices that lack their message or reason what a stream needs', () => {
    const frames = completionToStream({choices: [{index: 0}, 'odd']})
      .trimEnd()
      .split('\n\n');
    expect(frames).toHaveLength(3);
    const [said, ended] = frames.map((frame) => frame.slice('data: '.length));
    expect(JSON.parse(said ?? '')).toMatchObject({choices: [{delta: {role: 'assistant'}}]});
    const last = JSON.parse(ended ?? '') as JsonObject;
    expect(asJsonArray(last['choices'])).toMatchObject([{delta: {}, finish_reason: 'stop'}]);
  });
});
