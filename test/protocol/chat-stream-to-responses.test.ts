import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {
  asJsonArray,
  asJsonObject,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../src/core/json.ts';
import type {WireFacts} from '../../src/core/wire.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {
  type ChatStreamToResponsesOptions,
  chatStreamToResponses,
} from '../../src/protocol/chat-stream-to-responses.ts';
import {toResponse} from '../../src/protocol/chat-to-responses.ts';
import {
  ByteSource,
  chunk,
  chunkHead,
  eventsIn,
  inPieces,
  lastFrame,
  readText,
  typesIn,
  usageChunk,
} from './byte-source.ts';
import {accumulate, chatWire, frames} from './event-stream.ts';
import {replay, withoutIds} from './responses-replay.ts';

const request = {model: 'my-gpt', input: 'hi', temperature: 0.5};

function options(facts: WireFacts = {}): ChatStreamToResponsesOptions {
  let count = 0;
  const createId = (prefix: string): string => `${prefix}_made${++count}`;
  return {facts, request, id: 'resp_1', createId, createdAt: 1760000000};
}

async function translate(
  chunks: readonly (Uint8Array | string)[],
  {end, facts, ...more}: Partial<ChatStreamToResponsesOptions> & {end?: Error} = {},
): Promise<string> {
  return readText(chatStreamToResponses(new ByteSource(chunks, end), {...options(facts), ...more}));
}

function translateFrames(sent: readonly JsonObject[]): Promise<string> {
  return translate([chatWire(sent)]);
}

/** What the conversion of the whole reply gives. */
function whole(wire: Uint8Array): JsonObject {
  return toResponse(accumulate(new ChatStreamAccumulator(), wire), options());
}

const role = chunk({role: 'assistant', content: '', refusal: null});
const stop = chunk({}, 'stop');

function call(index: number, id: string, name: string, text = ''): JsonObject {
  return {tool_calls: [{index, id, type: 'function', function: {name, arguments: text}}]};
}

function args(index: number, text: string): JsonObject {
  return {tool_calls: [{index, function: {arguments: text}}]};
}

describe('chatStreamToResponses', () => {
  it('gives the whole sequence of events for a text, to the letter', async () => {
    const text = await translateFrames([
      role,
      chunk({content: 'Hi'}),
      chunk({content: ' — 🌧'}),
      stop,
      usageChunk(),
    ]);
    const at = {item_id: 'msg_made1', output_index: 0, content_index: 0};
    const part = {type: 'output_text', text: 'Hi — 🌧', annotations: [], logprobs: []};
    const item = {id: 'msg_made1', type: 'message', status: 'completed', role: 'assistant', content: [part]};
    const shared = {
      ...{id: 'resp_1', object: 'response', created_at: 1762317021, model: 'gpt-5', temperature: 0.5},
      ...{error: null, incomplete_details: null, parallel_tool_calls: true, tools: [], tool_choice: 'auto'},
    };
    const events = eventsIn(text);
    expect(events.map(({name}) => name)).toEqual(events.map(({frame}) => frame?.['type']));
    expect(events.map(({frame}) => frame)).toMatchObject([
      {type: 'response.created', response: {...shared, status: 'in_progress', output: [], usage: null}},
      {type: 'response.in_progress', response: {...shared, status: 'in_progress', output: [], usage: null}},
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: {...item, status: 'in_progress', content: []},
      },
      {type: 'response.content_part.added', ...at, part: {...part, text: ''}},
      {type: 'response.output_text.delta', ...at, delta: 'Hi', logprobs: []},
      {type: 'response.output_text.delta', ...at, delta: ' — 🌧', logprobs: []},
      {type: 'response.output_text.done', ...at, text: 'Hi — 🌧', logprobs: []},
      {type: 'response.content_part.done', ...at, part},
      {type: 'response.output_item.done', output_index: 0, item},
      {
        type: 'response.completed',
        response: {
          ...{...shared, status: 'completed', output: [item]},
          usage: {
            ...{input_tokens: 15, output_tokens: 78, total_tokens: 93},
            input_tokens_details: {cached_tokens: 3},
            output_tokens_details: {reasoning_tokens: 64},
          },
        },
      },
    ]);
    expect(events.map(({frame}) => frame?.['sequence_number'])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('sends each delta with the chunk that brings it', async () => {
    const sent = [
      role,
      chunk({reasoning_content: 'hm'}),
      chunk({content: 'Hi'}),
      chunk(call(0, 'call_1', 'f', '{')),
    ];
    const translated = chatStreamToResponses(
      new ByteSource(sent.map((frame) => chatWire([frame], {done: false}))),
      options(),
    );
    const heard: (readonly string[])[] = [];
    for await (const bytes of translated) heard.push(typesIn(Buffer.from(bytes).toString()));
    expect(heard.slice(0, 4)).toEqual([
      ['response.created', 'response.in_progress'],
      [
        'response.output_item.added',
        'response.reasoning_summary_part.added',
        'response.reasoning_summary_text.delta',
      ],
      ['response.output_item.added', 'response.content_part.added', 'response.output_text.delta'],
      ['response.output_item.added', 'response.function_call_arguments.delta'],
    ]);
  });

  it('begins with the first frame that knows the model', async () => {
    const [filter, first] = frames('azure-chat-model-router.1.chunks.txt');
    const source = new ByteSource([filter, first].map((frame) => chatWire([frame ?? {}], {done: false})));
    const translated = chatStreamToResponses(source, options());
    const {value} = await translated.next();
    expect(source.read).toBe(2);
    expect(eventsIn(Buffer.from(value ?? []).toString())[0]?.frame).toMatchObject({
      response: {model: 'gpt-5-nano-2025-08-07', created_at: 1762317021},
    });
    await translated.return(undefined);
    expect(source.left).toBe(1);
  });

  it.each([
    'azure-chat-model-router.1.chunks.txt',
    'chat-tool-calls.chunks.txt',
    'chat-async-filter.chunks.txt',
  ])('%s ends with what the whole reply is converted to, however it is cut', async (name) => {
    const wire = chatWire(frames(name));
    const text = await translate([wire]);
    expect(withoutIds(replay(text).response)).toEqual(withoutIds(whole(wire)));
    for (const size of [1, 2, 3, 50, 1000]) {
      expect((await translate(inPieces(wire, size))) === text, `pieces of ${size}`).toBe(true);
    }
  });

  it('names calls as the model did and items by ids of their own, side by side', async () => {
    const text = await translateFrames([
      role,
      chunk(call(0, 'call_a', 'first')),
      chunk(args(0, '{"a"')),
      chunk(call(1, 'call_b', 'second', '{')),
      chunk(args(0, ':1}')),
      chunk(args(1, '}')),
      chunk({}, 'tool_calls'),
    ]);
    const deltas = eventsIn(text)
      .map(({frame}) => frame ?? {})
      .filter(({type}) => type === 'response.function_call_arguments.delta');
    expect(deltas.map(({output_index: at, delta}) => [at, delta])).toEqual([
      [0, '{"a"'],
      [1, '{'],
      [0, ':1}'],
      [1, '}'],
    ]);
    expect(replay(text).response['output']).toEqual([
      {
        ...{id: 'fc_made1', type: 'function_call', call_id: 'call_a', name: 'first'},
        arguments: '{"a":1}',
        status: 'completed',
      },
      {
        ...{id: 'fc_made2', type: 'function_call', call_id: 'call_b', name: 'second'},
        arguments: '{}',
        status: 'completed',
      },
    ]);
    const done = eventsIn(text).find(({name}) => name === 'response.function_call_arguments.done');
    expect(done?.frame).toMatchObject({item_id: 'fc_made1', name: 'first', arguments: '{"a":1}'});
  });

  it.each<[string, readonly JsonObject[], readonly string[]]>([
    [
      'a refusal',
      [{refusal: 'I '}, {refusal: 'cannot.'}],
      [
        'response.output_item.added',
        'response.content_part.added',
        'response.refusal.delta',
        'response.refusal.delta',
        'response.refusal.done',
        'response.content_part.done',
        'response.output_item.done',
      ],
    ],
    [
      'a custom tool call',
      [{tool_calls: [{index: 0, id: 'call_1', type: 'custom', custom: {name: 'sh', input: 'ls'}}]}],
      [
        'response.output_item.added',
        'response.custom_tool_call_input.delta',
        'response.custom_tool_call_input.done',
        'response.output_item.done',
      ],
    ],
    [
      'a think block, which comes when it closes and in front of the message',
      [{content: '\n<think>so'}, {content: ' so</think>'}, {content: 'Yes'}],
      [
        'response.output_item.added',
        'response.reasoning_summary_part.added',
        'response.reasoning_summary_text.delta',
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.reasoning_summary_text.done',
        'response.reasoning_summary_part.done',
        'response.output_item.done',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
      ],
    ],
    [
      'silence: an empty message',
      [],
      [
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
      ],
    ],
    [
      'citations',
      [{content: 'See'}, {annotations: [{type: 'url_citation', url_citation: {url: 'https://a.example'}}]}],
      [
        'response.output_item.added',
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.annotation.added',
        'response.output_text.done',
        'response.content_part.done',
        'response.output_item.done',
      ],
    ],
    [
      'a spoken answer',
      [{audio: {id: 'a', data: 'AA=='}}, {audio: {transcript: 'Hi'}}],
      [
        'response.output_item.added',
        'response.content_part.added',
        'response.content_part.done',
        'response.output_item.done',
      ],
    ],
    [
      'a call of the old kind, which has no id',
      [{function_call: {name: 'f', arguments: '{'}}, {function_call: {arguments: '}'}}],
      [
        'response.output_item.added',
        'response.function_call_arguments.delta',
        'response.function_call_arguments.done',
        'response.output_item.done',
      ],
    ],
  ])('gives the events of %s', async (_, deltas, types) => {
    const sent = [role, ...deltas.map((delta) => chunk(delta)), stop];
    const text = await translateFrames(sent);
    const {types: heard, response} = replay(text);
    expect(heard.slice(2, -1)).toEqual(types);
    expect(withoutIds(response)).toEqual(withoutIds(whole(chatWire(sent))));
  });

  it.each<[string, JsonObject]>([
    ['a call', call(0, 'call_1', 'f', '{}')],
    ['a refusal', {refusal: 'no'}],
  ])('says white space in front of %s, where it belongs', async (_, delta) => {
    const sent = [role, chunk({content: '\n'}), chunk(delta), stop];
    const {types, response} = replay(await translateFrames(sent));
    expect(types[4]).toBe('response.output_text.delta');
    expect(withoutIds(response)).toEqual(withoutIds(whole(chatWire(sent))));
  });

  it('takes a think block that never closes for text, as the whole reply does', async () => {
    const sent = [role, chunk({content: '<think>so so'}), chunk({}, 'length')];
    const {types, response} = replay(await translateFrames(sent));
    expect(types.filter((type) => type.endsWith('delta'))).toEqual(['response.output_text.delta']);
    expect(withoutIds(response)).toEqual(withoutIds(whole(chatWire(sent))));
  });

  it('gives log probabilities with their text, once', async () => {
    const token = (text: string): JsonObject => ({token: text, logprob: -1, bytes: [], top_logprobs: []});
    const withToken = (content: string): JsonObject => ({
      ...chunkHead,
      choices: [
        {
          index: 0,
          delta: {content},
          finish_reason: null,
          logprobs: {content: [token(content)], refusal: null},
        },
      ],
    });
    const text = await translateFrames([role, withToken('a'), withToken('b'), stop]);
    const deltas = eventsIn(text).filter(({name}) => name === 'response.output_text.delta');
    expect(deltas.map(({frame}) => frame?.['logprobs'])).toEqual([[token('a')], [token('b')]]);
    const done = eventsIn(text).find(({name}) => name === 'response.output_text.done');
    expect(done?.frame?.['logprobs']).toEqual([token('a'), token('b')]);
  });

  it.each<[string, string, string | null, string]>([
    ['stop', 'completed', null, 'completed'],
    ['tool_calls', 'completed', null, 'completed'],
    ['length', 'incomplete', 'max_output_tokens', 'incomplete'],
    ['content_filter', 'incomplete', 'content_filter', 'incomplete'],
  ])('ends for %s with response.%s', async (reason, status, why, itemStatus) => {
    const facts: WireFacts = {};
    const text = await translate(
      [chatWire([role, chunk({content: 'Hi'}), chunk({}, reason), usageChunk()])],
      {facts},
    );
    expect(lastFrame(text)).toMatchObject({
      type: `response.${status}`,
      response: {
        ...{status, incomplete_details: why === null ? null : {reason: why}},
        ...{output: [{status: itemStatus}], usage: {total_tokens: 93}},
      },
    });
    expect(facts).toEqual({
      responseModel: 'gpt-5',
      ...{inputTokens: 15, outputTokens: 78, cachedTokens: 3, reasoningTokens: 64},
      finishReasons: [reason],
    });
  });

  it('echoes integers of the request beyond 2^53 as they are', async () => {
    const text = await translate([chatWire([role, stop])], {
      request: {input: 'hi', metadata: {seed: 2n ** 60n}},
    });
    expect(text.match(/"seed":1152921504606846976/g)).toHaveLength(3);
  });

  it('echoes nothing of a request that is nested without end', async () => {
    const request: JsonObject = {
      input: 'hi',
      tools: JSON.parse('['.repeat(9000) + ']'.repeat(9000)) as JsonValue,
    };
    const {response} = replay(await translate([chatWire([role, stop])], {request}));
    expect(response['tools']).toEqual([]);
  });

  it('ends without [DONE], and what follows the end is dropped', async () => {
    const wire = chatWire([role, stop]).toString();
    const text = await translate([wire + chatWire([chunk({content: 'x'}), stop]).toString(), wire]);
    expect(text).toBe(await translate([wire]));
    expect(text).not.toContain('[DONE]');
    replay(text);
  });

  it('marks an end without [DONE]', async () => {
    const {response} = replay(await translate([chatWire([role, stop], {done: false})]));
    expect(response).toMatchObject({status: 'completed', missing_done: true});
  });

  it('keeps the order in which the model spoke, and the indexes with it', async () => {
    const text = await translateFrames([
      role,
      chunk(call(1, 'call_b', 'second', '{}')),
      chunk({content: 'Hi'}),
      chunk({reasoning_content: 'hm'}),
      chunk(call(0, 'call_a', 'first', '{}')),
      stop,
    ]);
    expect(replay(text).response).toMatchObject({
      output: [{call_id: 'call_b'}, {type: 'message'}, {type: 'reasoning'}, {call_id: 'call_a'}],
    });
  });

  it('gives other choices at the end, as alternatives', async () => {
    const other = {...chunkHead, choices: [{index: 1, delta: {content: 'Ho'}, finish_reason: 'length'}]};
    const sent = [role, chunk({content: 'Hi'}), other, stop];
    const {response} = replay(await translateFrames(sent));
    expect(response['alternatives']).toHaveLength(1);
    expect(withoutIds(response)).toEqual(withoutIds(whole(chatWire(sent))));
  });

  describe('a failure', () => {
    it('by an error frame ends with response.failed, the usage and what the model said kept apart', async () => {
      const facts: WireFacts = {};
      const error = {error: {message: 'slow down', type: 'too_many_requests', code: 'rate_limit_exceeded'}};
      const text = await translate([chatWire([role, chunk({content: 'Hi'}), usageChunk(), error])], {facts});
      expect(replay(text).types.slice(-2)).toEqual(['response.output_text.delta', 'response.failed']);
      expect(lastFrame(text)).toMatchObject({
        response: {
          ...{id: 'resp_1', status: 'failed', model: 'gpt-5', created_at: 1762317021, output: []},
          error: {code: 'rate_limit_exceeded', message: 'slow down'},
          usage: {total_tokens: 93},
        },
      });
      expect(facts.errorCode).toBe('rate_limit_exceeded');
    });

    it.each<[string, string, string]>([
      ['an end before the answer', chatWire([role], {done: false}).toString(), 'ERR_MODEL_TRUNCATED'],
      ['[DONE] before the answer', chatWire([role]).toString(), 'ERR_MODEL_TRUNCATED'],
      ['an empty stream', '', 'ERR_MODEL_TRUNCATED'],
      ['garbage', 'data: {"\n\n', 'ERR_MODEL_MALFORMED'],
      ['an error without a code', 'data: {"error":{}}\n\n', 'server_error'],
      [
        'a call that changes its kind',
        chatWire([
          chunk(call(0, 'c', 'f')),
          chunk({tool_calls: [{index: 0, custom: {input: 'x'}}]}),
          stop,
        ]).toString(),
        'ERR_MODEL_MALFORMED',
      ],
      [
        'a choice before the first',
        chatWire([
          role,
          stop,
          {...chunkHead, choices: [{index: -1, delta: {}, finish_reason: 'stop'}]},
        ]).toString(),
        'ERR_MODEL_MALFORMED',
      ],
      [
        'a frame nested without end',
        `data: {"model":"m","service_tier":${'['.repeat(9000)}${']'.repeat(9000)}}\n\n`,
        'ERR_MODEL_MALFORMED',
      ],
    ])('by %s begins properly and ends with response.failed', async (_, wire, code) => {
      const {types, response} = replay(await translate([wire]));
      expect(types.at(-1)).toBe('response.failed');
      expect(response['error']).toMatchObject({code});
    });

    it('of the source is told as the caller describes it', async () => {
      const end = new Error('sk-secret');
      const text = await translate([chatWire([role], {done: false})], {
        end,
        describeError: () => ({message: '****'}),
      });
      expect(lastFrame(text)).toMatchObject({response: {error: {code: 'server_error', message: '****'}}});
    });
  });
});

const words = fc.string({unit: 'binary', minLength: 1, maxLength: 12});
const spoken = fc
  .array(fc.oneof(words, fc.constantFrom('<think>', '</think>', '\n', ' ', '<', 'a<thi')), {maxLength: 8})
  .map((texts) => texts.join(''));
const toolCall = fc.record({
  id: fc.oneof(fc.uuid(), fc.constant('')),
  name: fc.string({minLength: 1, maxLength: 6}),
  text: words,
  isCustom: fc.boolean(),
});
const answer = fc.record({
  reasoning: fc.oneof(words, fc.constant('')),
  content: spoken,
  refusal: fc.oneof(words, fc.constant('')),
  calls: fc.array(toolCall, {maxLength: 3}),
  reason: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
  hasFilters: fc.boolean(),
  hasUsage: fc.boolean(),
  step: fc.integer({min: 1, max: 6}),
  perFrame: fc.integer({min: 1, max: 4}),
});
type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

function pieces(text: string, step: number): readonly string[] {
  const units = Math.ceil(text.length / step);
  return Array.from({length: units}, (_, at) => text.slice(at * step, (at + 1) * step));
}

/** The calls' fragments in turns, as parallel calls come. */
function callDeltas(calls: Answer['calls'], step: number): readonly JsonObject[] {
  return calls
    .flatMap(({id, name, text, isCustom}, index) => {
      const [kind, grown] = isCustom ? ['custom', 'input'] : ['function', 'arguments'];
      const begun = {index, id, type: kind, [kind]: {name, [grown]: ''}};
      const rest = pieces(text, step).map((piece) => ({index, [kind]: {[grown]: piece}}));
      return [begun, ...rest].map((fragment, round) => ({fragment, round, index}));
    })
    .sort((a, b) => a.round - b.round || a.index - b.index)
    .map(({fragment}) => ({tool_calls: [fragment]}));
}

function framesOf({
  reasoning,
  content,
  refusal,
  calls,
  step,
  perFrame,
  ...rest
}: Answer): readonly JsonObject[] {
  const deltas: readonly JsonObject[] = [
    ...pieces(reasoning, step).map((text) => ({reasoning_content: text})),
    ...pieces(content, step).map((text) => ({content: text})),
    ...pieces(refusal, step).map((text) => ({refusal: text})),
    ...callDeltas(calls, step),
  ];
  const grouped: JsonObject[] = [];
  for (let at = 0; at < deltas.length; at += perFrame) {
    grouped.push({
      ...chunkHead,
      choices: deltas.slice(at, at + perFrame).map((delta) => ({index: 0, delta})),
    });
  }
  const filters: JsonValue = {hate: {filtered: false, severity: 'safe'}};
  const findings = rest.hasFilters ? {content_filter_results: filters} : {};
  const end = {...chunkHead, choices: [{index: 0, delta: {}, finish_reason: rest.reason, ...findings}]};
  return [role, ...grouped, end, ...(rest.hasUsage ? [usageChunk()] : [])];
}

describe('for all answers', () => {
  it('the last event is the conversion of the whole reply, and the events before come to it', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.integer({min: 1, max: 400}), async (said, size) => {
        const wire = chatWire(framesOf(said));
        const {response} = replay(await translate(inPieces(wire, size)));
        const expected = withoutIds(whole(wire));
        if (isInOrder(said)) expect(withoutIds(response)).toEqual(expected);
        else expect(sorted(withoutIds(response))).toEqual(sorted(expected));
      }),
      {numRuns: 300},
    );
  });

  it('the events fit each other whatever the order in which the model speaks', async () => {
    const delta = fc.oneof(
      words.map((content): JsonObject => ({content})),
      spoken.map((content): JsonObject => ({content})),
      words.map((reasoning_content): JsonObject => ({reasoning_content})),
      words.map((refusal): JsonObject => ({refusal})),
      fc.tuple(fc.nat(3), words).map(([index, text]) => call(index, `call_${index}`, `f${index}`, text)),
      fc.tuple(fc.nat(3), words).map(([index, text]) => args(index, text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(delta, {maxLength: 20}), async (deltas) => {
        const named = [0, 1, 2, 3].map((index) => chunk(call(index, `call_${index}`, `f${index}`)));
        const wire = chatWire([role, ...deltas.map((one) => chunk(one)), ...named, stop]);
        const {response} = replay(await translate([wire]));
        expect(sorted(withoutIds(response))).toEqual(sorted(withoutIds(whole(wire))));
      }),
      {numRuns: 200},
    );
  });

  it('whatever the bytes are, the events fit each other and end', async () => {
    const wire = chatWire(frames('chat-tool-calls.chunks.txt'));
    const harm = fc.record({at: fc.nat(wire.length - 1), bytes: fc.uint8Array({minLength: 1, maxLength: 4})});
    await fc.assert(
      fc.asyncProperty(
        fc.array(harm, {minLength: 1, maxLength: 3}),
        fc.nat(wire.length),
        async (harms, length) => {
          const bytes = Buffer.from(wire.subarray(0, wire.length - (length % 2 === 0 ? 0 : length)));
          for (const {at, bytes: patch} of harms)
            bytes.set(patch.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
          replay(await translate(inPieces(bytes, 97)));
        },
      ),
      {numRuns: 200},
    );
  });
});

/** Whether all can be told in the conversion's order: nothing is held back, or announced late, that stands before the rest. */
function isInOrder({content, calls}: Answer): boolean {
  const said = content.replaceAll(/<think>.*?<\/think>/gsu, '');
  const isHeldToTheEnd = /<think>|<(t(h(i(nk?)?)?)?)?$/u.test(said);
  return calls.every(({id}) => id !== '') && !/\S.*<think>/su.test(content) && !isHeldToTheEnd;
}

/** The same response with its items, and the parts of each, in an order that tells nothing. */
function sorted(response: JsonObject): JsonObject {
  const byText = (a: JsonValue, b: JsonValue): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const output = asJsonArray(response['output'])
    .map((item) => asJsonObject(item) ?? {})
    // Which item is the last, and so incomplete, is a matter of order too.
    .map(({content, summary, ...rest}) => ({
      ...rest,
      status: null,
      content: asJsonArray(content).filter(isJsonObject).toSorted(byText),
      summary: asJsonArray(summary).filter(isJsonObject).toSorted(byText),
    }))
    .toSorted(byText);
  return {...response, output};
}
