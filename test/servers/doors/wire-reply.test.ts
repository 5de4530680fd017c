import {describe, expect, it} from 'vitest';
import type {WireApi} from '../../../src/core/wire.ts';
import {toWireReply} from '../../../src/servers/doors/wire-reply.ts';
import type {RequestNotes} from '../../../src/servers/http/service.ts';
import {answerOf, streamOf} from '../gateway/gateway-examples.ts';

const facts = {responseModel: 'gpt-4o-2024', inputTokens: 3, outputTokens: 5, errorCode: 'server_error'};

describe('a deployment’s answer as a reply', () => {
  it('is its bytes and headers, with all its facts noted at once', () => {
    const notes: RequestNotes = {};
    const answer = answerOf({kind: 'body', bytes: '{}'}, {headers: {'x-request-id': 'r-1'}, facts});
    expect(toWireReply({api: 'chat', answer, notes})).toEqual({
      headers: {'x-request-id': 'r-1'},
      body: {bytes: '{}'},
    });
    expect(notes).toEqual({
      deployment: 'gpt-4o-mini',
      calls: 1,
      queuedMs: 0,
      upstreamRequestId: 'r-1',
      responseModel: 'gpt-4o-2024',
      inputTokens: 3,
      outputTokens: 5,
      error: 'server_error',
    });
  });

  it('keeps the first error that was noted', () => {
    const notes: RequestNotes = {error: 'cancelled'};
    toWireReply({api: 'chat', answer: answerOf({kind: 'body', bytes: ''}, {facts}), notes});
    expect(notes.error).toBe('cancelled');
  });

  it.each<[WireApi, string, boolean]>([
    ['chat', '{"choices":[],"prompt_filter_results":[{"content_filter_results":{}}],"model":""}', false],
    ['chat', '{"choices":[{"delta":{"role":"assistant","content":"","refusal":null}}]}', false],
    ['chat', '{"choices":[{"delta":{"content":null}}]}', false],
    ['chat', '{"choices":[{"delta":{"content":"He"}}]}', true],
    ['chat', '{"choices": [{"delta": {"content": "He"}}]}', true],
    ['chat', '{"choices":[{"delta":{"refusal":"No"}}]}', true],
    ['chat', '{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}', true],
    ['chat', '{"choices":[],"usage":{"prompt_tokens":1}}', false],
    ['responses', '{"type":"response.created","response":{"instructions":"content"}}', false],
    ['responses', '{"type":"response.output_item.added","item":{"content":[]}}', false],
    ['responses', '{"type":"response.output_text.delta","delta":"He"}', true],
    ['responses', '{"type": "response.function_call_arguments.delta","delta":"{"}', true],
  ])('tells whether a chunk of %s has something of the answer: %s', (api, frame, expected) => {
    const answer = answerOf({kind: 'events', chunks: streamOf()});
    const {body} = toWireReply({api, answer, notes: {}});
    expect('events' in body && body.isAnswer?.(Buffer.from(`data: ${frame}\n\n`))).toBe(expected);
  });
});
