import {describe, expect, it} from 'vitest';
import {asJsonArray, asJsonObject, asString, type JsonObject} from '../../src/core/json.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {toResponse} from '../../src/protocol/chat-to-responses.ts';
import {ResponsesStreamAccumulator} from '../../src/protocol/responses-stream.ts';
import {toChatCompletion} from '../../src/protocol/responses-to-chat-completion.ts';
import {accumulate, chatWire, fixture, frames, parseObject, responsesWire} from './event-stream.ts';

const options = {
  request: {input: 'hi'},
  id: 'resp_1',
  createId: (prefix: string) => `${prefix}_1`,
  createdAt: 1,
};

interface Expected {
  readonly text: string;
  readonly calls: readonly (readonly string[])[];
  /** Input, cached, output, reasoning, total. */
  readonly usage: readonly (number | null)[] | null;
  readonly status: string;
  readonly model: string;
}

const chatStreams: readonly (Expected & {name: string})[] = [
  {
    name: 'azure-chat-model-router.1.chunks.txt',
    text: 'Capital of Denmark.',
    calls: [],
    usage: [15, 0, 78, 64, 93],
    status: 'completed',
    model: 'gpt-5-nano-2025-08-07',
  },
  {
    name: 'chat-tool-calls.chunks.txt',
    text: '',
    calls: [
      ['call_Kx1', 'get_weather', '{"city":"Malmö — 🌧"}'],
      ['call_Kx2', 'get_time', '{"zone":"Europe/Stockholm"}'],
    ],
    usage: [88, 64, 41, 0, 129],
    status: 'completed',
    model: 'gpt-4.1-2025-04-14',
  },
  {
    name: 'chat-async-filter.chunks.txt',
    text: 'First you take the matches',
    calls: [],
    usage: null,
    status: 'incomplete',
    model: 'gpt-4o-2024-11-20',
  },
];

const responsesStreams: readonly (Expected & {name: string})[] = [
  {
    name: 'azure-text.1.chunks.txt',
    text: 'Hello',
    calls: [],
    usage: [11, 0, 11, 0, 22],
    status: 'completed',
    model: 'gpt-5.1',
  },
  {
    name: 'responses-function-call.chunks.txt',
    text: 'Let me look — 🌦.',
    calls: [['call_Kx1', 'get_weather', '{"city":"Malmö"}']],
    usage: [70, 0, 52, 20, 122],
    status: 'completed',
    model: 'gpt-5.1',
  },
];

describe('a captured chat stream', () => {
  it.each(chatStreams)('$name reads as it does by hand, at every byte split', ({name, ...expected}) => {
    const wire = chatWire(frames(name));
    const whole = accumulate(new ChatStreamAccumulator(), wire);
    expect(read(toResponse(whole, options))).toEqual(expected);
    for (let at = 1; at < wire.length; at++) {
      const split = accumulate(new ChatStreamAccumulator(), wire.subarray(0, at), wire.subarray(at));
      expect(split, `split at byte ${at}`).toEqual(whole);
    }
  });

  it('reads the same byte by byte', () => {
    const wire = chatWire(frames('chat-tool-calls.chunks.txt'));
    const bytes = Array.from(wire, (byte) => Uint8Array.of(byte));
    expect(accumulate(new ChatStreamAccumulator(), ...bytes)).toEqual(
      accumulate(new ChatStreamAccumulator(), wire),
    );
  });
});

describe('a captured Responses stream', () => {
  it.each(responsesStreams)('$name reads as it does by hand, at every byte split', ({name, ...expected}) => {
    const wire = responsesWire(frames(name));
    const whole = accumulate(new ResponsesStreamAccumulator(), wire);
    expect(read(whole)).toEqual(expected);
    for (let at = 1; at < wire.length; at++) {
      const split = accumulate(new ResponsesStreamAccumulator(), wire.subarray(0, at), wire.subarray(at));
      expect(split, `split at byte ${at}`).toEqual(whole);
    }
  });
});

describe('a captured Responses object', () => {
  it('reads the same after a way through chat', () => {
    const response = parseObject(fixture('azure-text.1.json'));
    const expected = {
      text: 'Word',
      calls: [],
      usage: [11, 0, 11, 0, 22],
      status: 'completed',
      model: 'gpt-5.1',
    };
    expect(read(response)).toEqual(expected);
    const again = toResponse(toChatCompletion(response), options);
    expect(read(again)).toEqual(expected);
    expect(findings(again)).toEqual(findings(response));
  });
});

/** What a person would write down of a response. */
function read(response: JsonObject): Expected {
  const items = asJsonArray(response['output']).map((item) => asJsonObject(item) ?? {});
  const parts = items.flatMap((item) => asJsonArray(item['content'])).map((part) => asJsonObject(part) ?? {});
  const usage = asJsonObject(response['usage']);
  return {
    text: parts.map((part) => (part['type'] === 'output_text' ? asString(part['text']) : '')).join(''),
    calls: items
      .filter((item) => item['type'] === 'function_call')
      .map((item) => [item['call_id'], item['name'], item['arguments']].map(String)),
    usage:
      usage === undefined
        ? null
        : [
            usage['input_tokens'],
            asJsonObject(usage['input_tokens_details'])?.['cached_tokens'],
            usage['output_tokens'],
            asJsonObject(usage['output_tokens_details'])?.['reasoning_tokens'],
            usage['total_tokens'],
          ].map((count) => (typeof count === 'number' ? count : null)),
    status: asString(response['status']) ?? '',
    model: asString(response['model']) ?? '',
  };
}

function findings(response: JsonObject): unknown {
  return asJsonArray(response['content_filters']).map((entry) => {
    const {source_type, blocked, content_filter_results} = asJsonObject(entry) ?? {};
    return {source_type, blocked, content_filter_results};
  });
}
