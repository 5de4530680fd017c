import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {asJsonArray, asJsonObject, asString, type JsonObject} from '../../src/core/json.ts';
import type {WireFacts} from '../../src/core/wire.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {ResponsesStreamAccumulator} from '../../src/protocol/responses-stream.ts';
import {
  type ResponsesStreamToChatOptions,
  responsesStreamToChat,
} from '../../src/protocol/responses-stream-to-chat.ts';
import {toChatCompletion} from '../../src/protocol/responses-to-chat-completion.ts';
import {ByteSource, eventsIn, inPieces, lastFrame, readText} from './byte-source.ts';
import {accumulate, frames, responsesWire} from './event-stream.ts';

const fallback = {
  includeUsage: true,
  createdAt: 1760000000,
  model: 'my-gpt',
  createId: (prefix: string) => `${prefix}_made`,
};

async function translate(
  chunks: readonly (Uint8Array | string)[],
  {end, ...options}: Partial<ResponsesStreamToChatOptions> & {end?: Error} = {},
): Promise<string> {
  const source = new ByteSource(chunks, end);
  return readText(responsesStreamToChat(source, {facts: {}, ...fallback, ...options}));
}

const shell = {id: 'resp_1', object: 'response', created_at: 1770803606, model: 'gpt-5.1'};
const usage = {
  input_tokens: 11,
  input_tokens_details: {cached_tokens: 4},
  output_tokens: 7,
  output_tokens_details: {reasoning_tokens: 2},
  total_tokens: 18,
};
const created = {type: 'response.created', response: {...shell, status: 'in_progress', output: []}};

function message(...content: readonly JsonObject[]): JsonObject {
  return {id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content};
}

function outputText(text: string): JsonObject {
  return {type: 'output_text', text, annotations: [], logprobs: []};
}

function last(output: readonly JsonObject[], more: JsonObject = {}): JsonObject {
  const response: JsonObject = {...shell, status: 'completed', usage, output, ...more};
  return {type: `response.${asString(response['status']) ?? ''}`, response};
}

function delta(text: string, at = 0): JsonObject {
  return {type: 'response.output_text.delta', output_index: at, content_index: 0, delta: text};
}

function added(item: JsonObject, at: number): JsonObject {
  return {type: 'response.output_item.added', output_index: at, item};
}

/** The deltas of choice 0, in a row. */
function deltasIn(text: string): readonly JsonObject[] {
  return eventsIn(text)
    .flatMap(({frame}) => asJsonArray(frame?.['choices']))
    .map((choice) => {
      return asJsonObject(asJsonObject(choice)?.['delta']) ?? {};
    });
}

const head = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1770803606,
  model: 'gpt-5.1',
  system_fingerprint: null,
};

describe('responsesStreamToChat', () => {
  it('gives the whole sequence of chunks for a text, to the letter', async () => {
    const sent = [created, delta('Hi'), delta(' — 🌧'), last([message(outputText('Hi — 🌧'))])];
    const text = await translate([responsesWire(sent)]);
    const choice = (given: JsonObject, reason: string | null = null): JsonObject => ({
      ...head,
      choices: [{index: 0, delta: given, finish_reason: reason, logprobs: null}],
      usage: null,
    });
    expect(eventsIn(text).map(({frame}) => frame)).toEqual([
      choice({role: 'assistant', content: '', refusal: null}),
      choice({content: 'Hi'}),
      choice({content: ' — 🌧'}),
      choice({}, 'stop'),
      {
        ...head,
        choices: [],
        usage: {
          ...{prompt_tokens: 11, completion_tokens: 7, total_tokens: 18},
          prompt_tokens_details: {cached_tokens: 4},
          completion_tokens_details: {reasoning_tokens: 2},
        },
      },
      undefined,
    ]);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('gives no usage when the client did not ask for it', async () => {
    const text = await translate([responsesWire([created, last([])])], {includeUsage: false});
    expect(text).not.toContain('usage');
  });

  it('sends each delta with the chunk that brings it', async () => {
    const source = new ByteSource([created, delta('a'), delta('b')].map((event) => responsesWire([event])));
    const translated = responsesStreamToChat(source, {facts: {}, ...fallback});
    for (const read of [1, 2, 3]) {
      expect((await translated.next()).done).toBe(false);
      expect(source.read).toBe(read);
    }
    await translated.return(undefined);
    expect(source.left).toBe(1);
  });

  it.each(['azure-text.1.chunks.txt', 'responses-function-call.chunks.txt'])(
    '%s adds up to what its last response is converted to, however it is cut',
    async (name) => {
      const wire = responsesWire(frames(name));
      const text = await translate([wire]);
      const expected = toChatCompletion(accumulate(new ResponsesStreamAccumulator(), wire));
      const added = accumulate(new ChatStreamAccumulator(), Buffer.from(text));
      expect({service_tier: null, ...added}).toEqual(expected);
      for (const size of [1, 2, 3, 50, 1000]) {
        expect((await translate(inPieces(wire, size))) === text, `pieces of ${size}`).toBe(true);
      }
    },
  );

  it('gives the fragments of calls under their indexes, the id and name first', async () => {
    const call = (id: string, name: string): JsonObject => ({
      type: 'function_call',
      call_id: id,
      name,
      arguments: '',
    });
    const grow = (text: string, at: number): JsonObject => ({
      type: 'response.function_call_arguments.delta',
      output_index: at,
      delta: text,
    });
    const text = await translate([
      responsesWire([
        created,
        ...[added({type: 'reasoning', summary: []}, 0), added(call('call_a', 'f'), 1), grow('{"a"', 1)],
        ...[added(call('call_b', 'g'), 2), grow('{', 2), grow(':1}', 1), grow('}', 2)],
        last([
          {...call('call_a', 'f'), arguments: '{"a":1}'},
          {...call('call_b', 'g'), arguments: '{}'},
        ]),
      ]),
    ]);
    const begun = (index: number, id: string, name: string): JsonObject => ({
      tool_calls: [{index, id, type: 'function', function: {name, arguments: ''}}],
    });
    const grown = (index: number, piece: string): JsonObject => ({
      tool_calls: [{index, function: {arguments: piece}}],
    });
    expect(deltasIn(text).slice(1)).toEqual([
      ...[begun(0, 'call_a', 'f'), grown(0, '{"a"'), begun(1, 'call_b', 'g')],
      ...[grown(1, '{'), grown(0, ':1}'), grown(1, '}'), {}],
    ]);
    expect(text).toContain('"finish_reason":"tool_calls"');
  });

  it('gives a custom call its input', async () => {
    const item = {type: 'custom_tool_call', call_id: 'call_c', name: 'sh', input: ''};
    const grow = {type: 'response.custom_tool_call_input.delta', output_index: 0, delta: 'ls'};
    const text = await translate([
      responsesWire([created, added(item, 0), grow, last([{...item, input: 'ls'}])]),
    ]);
    expect(deltasIn(text).slice(1, 3)).toEqual([
      {tool_calls: [{index: 0, id: 'call_c', type: 'custom', custom: {name: 'sh', input: ''}}]},
      {tool_calls: [{index: 0, custom: {input: 'ls'}}]},
    ]);
  });

  const summary = (text: string, index = 0): JsonObject => ({
    type: 'response.reasoning_summary_text.delta',
    ...{output_index: 0, summary_index: index, delta: text},
  });
  const thought = (text: string, index = 0): JsonObject => ({
    type: 'response.reasoning_text.delta',
    ...{output_index: 0, content_index: index, delta: text},
  });
  it.each<[string, readonly JsonObject[], JsonObject]>([
    [
      'a summary of several entries',
      [summary('a'), summary('b'), summary('c', 1)],
      {type: 'reasoning', summary: [{text: 'ab'}, {text: 'c'}]},
    ],
    [
      'a full text',
      [thought('a'), thought('b')],
      {type: 'reasoning', summary: [], content: [{type: 'reasoning_text', text: 'ab'}]},
    ],
    [
      'a summary with a full text behind it',
      [summary('ab'), thought('long')],
      {type: 'reasoning', summary: [{text: 'ab'}], content: [{text: 'long'}]},
    ],
    [
      'a summary that its part brings',
      [
        {
          type: 'response.reasoning_summary_part.added',
          output_index: 0,
          summary_index: 0,
          part: {text: 'ab'},
        },
      ],
      {type: 'reasoning', summary: [{text: 'ab'}]},
    ],
  ])('gives reasoning as reasoning_content: %s', async (_, sent, item) => {
    const text = await translate([responsesWire([created, ...sent, last([item])])]);
    const reasoning = deltasIn(text).map(({reasoning_content: piece}) => asString(piece) ?? '');
    const {choices} = toChatCompletion(asJsonObject(last([item])['response']) ?? {});
    expect(choices).toMatchObject([{message: {reasoning_content: reasoning.join('')}}]);
  });

  it('gives log probabilities, citations, refusals and findings of the filter', async () => {
    const token = {token: 'a', logprob: -1, top_logprobs: []};
    const citation = {type: 'url_citation', url: 'https://a.example'};
    const part = {type: 'output_text', text: 'a', annotations: [citation], logprobs: [token]};
    const results = {hate: {filtered: false}};
    const content_filters = ['prompt', 'completion'].map((source_type) => ({
      source_type,
      content_filter_results: results,
    }));
    const sent = [
      ...[created, {...delta('a'), logprobs: [token]}],
      {type: 'response.refusal.delta', output_index: 0, delta: 'no'},
      last([message(part, {type: 'refusal', refusal: 'no'})], {content_filters, service_tier: 'default'}),
    ];
    const wire = responsesWire(sent);
    const completion = accumulate(new ChatStreamAccumulator(), Buffer.from(await translate([wire])));
    expect(completion).toEqual(toChatCompletion(accumulate(new ResponsesStreamAccumulator(), wire)));
    expect(completion).toMatchObject({
      prompt_filter_results: [{content_filter_results: results}],
      service_tier: 'default',
      choices: [
        {
          message: {content: 'a', refusal: 'no', annotations: [{url_citation: {url: 'https://a.example'}}]},
          logprobs: {content: [token]},
          content_filter_results: results,
        },
      ],
    });
  });

  it.each<[string, readonly JsonObject[]]>([
    ['all of it', []],
    ['the end of a text', [delta('He')]],
    ['the end of a call', [added({type: 'custom_tool_call', call_id: 'c', name: 'sh', input: 'l'}, 1)]],
    [
      'the text that its part brings',
      [{type: 'response.content_part.added', part: {type: 'output_text', text: 'Hel'}}],
    ],
  ])('writes at the end what the events left out: %s', async (_, sent) => {
    const output = [
      message(outputText('Hello'), {type: 'output_audio', id: 'a', data: 'AA=='}),
      {type: 'custom_tool_call', call_id: 'c', name: 'sh', input: 'ls'},
      {type: 'function_call', call_id: 'd', name: 'f', arguments: '{}'},
    ];
    const alternatives = [{index: 1, status: 'incomplete', output: output.slice(1)}];
    const end = last(output, {alternatives});
    const text = await translate([responsesWire([created, ...sent, end])]);
    const completion = accumulate(new ChatStreamAccumulator(), Buffer.from(text));
    expect({service_tier: null, ...completion}).toEqual(
      toChatCompletion(asJsonObject(end['response']) ?? {}),
    );
  });

  it('puts the answer together from its items when the last event leaves it out', async () => {
    const item = {type: 'response.output_item.done', output_index: 0, item: message(outputText('Hello'))};
    const text = await translate([responsesWire([created, delta('He'), item, last([])])]);
    expect(deltasIn(text).map(({content}) => content)).toEqual(['', 'He', 'llo', undefined]);
  });

  it.each<[string, JsonObject, string]>([
    [
      'an answer cut off',
      {status: 'incomplete', incomplete_details: {reason: 'max_output_tokens'}},
      'length',
    ],
    [
      'a blocked answer',
      {status: 'incomplete', incomplete_details: {reason: 'content_filter'}},
      'content_filter',
    ],
    ['an answer', {}, 'stop'],
  ])('ends %s with its finish reason', async (_, more, reason) => {
    const facts: WireFacts = {};
    const text = await translate([responsesWire([created, last([message(outputText('Hi'))], more)])], {
      facts,
    });
    expect(text).toContain(`"finish_reason":"${reason}"`);
    expect(facts).toEqual({
      responseModel: 'gpt-5.1',
      ...{inputTokens: 11, outputTokens: 7, cachedTokens: 4, reasoningTokens: 2},
      finishReasons: [more['status'] ?? 'completed'],
    });
  });

  it('uses what it was given where the response does not say', async () => {
    const text = await translate([
      `: ping\n\nevent: keepalive\ndata: {}\n\n${wireOf(delta('Hi'), last([]))}`,
    ]);
    expect(eventsIn(text)[0]?.frame).toMatchObject({
      id: 'chatcmpl-made',
      created: 1760000000,
      model: 'my-gpt',
    });
  });

  it('passes repeated events and what follows the end over', async () => {
    const numbered = {...delta('Hi'), sequence_number: 3};
    const end = last([message(outputText('Hi'))]);
    const text = await translate([wireOf(created, numbered, numbered, end, end, delta('x'))]);
    expect(deltasIn(text).map(({content}) => content)).toEqual(['', 'Hi', undefined]);
  });

  describe('a failure', () => {
    const reason = {
      type: 'too_many_requests',
      code: 'rate_limit_exceeded',
      message: 'Slow down.',
      param: null,
    };
    it.each<[string, string, string]>([
      [
        "in Azure's order",
        wireOf(last([], {status: 'failed', error: null}), {type: 'error', error: reason}),
        'rate_limit_exceeded',
      ],
      [
        "in OpenAI's order",
        wireOf({...reason, type: 'error'}, last([], {status: 'failed', error: reason})),
        'rate_limit_exceeded',
      ],
      ['with its reason', wireOf(last([], {status: 'failed', error: reason})), 'rate_limit_exceeded'],
      ['without a reason', wireOf(last([], {status: 'failed', error: null})), 'server_error'],
      [
        'as a response that is not over',
        wireOf(last([], {status: 'completed'})).replaceAll('"completed"', '"queued"'),
        'ERR_MODEL_MALFORMED',
      ],
      ['by an early end', wireOf(delta('Hi')), 'ERR_MODEL_TRUNCATED'],
      ['by garbage', 'data: {"\n\n', 'ERR_MODEL_MALFORMED'],
      [
        'by a frame nested without end',
        `data: {"type":"x","a":${'['.repeat(9000)}${']'.repeat(9000)}}\n\n`,
        'ERR_MODEL_MALFORMED',
      ],
    ])('%s ends with one error frame', async (_, wire, word) => {
      const facts: WireFacts = {};
      const text = await translate([wireOf(created) + wire], {facts});
      expect(Object.keys(lastFrame(text))).toEqual(['error']);
      expect(text.split('"error"')).toHaveLength(2);
      expect(text).not.toContain('[DONE]');
      expect(facts.errorCode).toBe(word);
    });

    it('keeps the usage and tells the error as the caller describes it', async () => {
      const facts: WireFacts = {};
      const describeError = (): JsonObject => ({message: '****'});
      const text = await translate([wireOf(created, last([], {status: 'failed', error: reason}))], {
        facts,
        describeError,
      });
      expect(lastFrame(text)).toEqual({
        error: {message: '****', type: 'server_error', code: null, param: null},
      });
      expect(facts).toMatchObject({inputTokens: 11, finishReasons: ['failed']});
    });

    it('of the source comes after what was said', async () => {
      const text = await translate([wireOf(created, delta('Hi'))], {end: new Error('reset')});
      expect(deltasIn(text).map(({content}) => content)).toEqual(['', 'Hi']);
      expect(lastFrame(text)).toMatchObject({error: {code: 'ERR_MODEL_TRUNCATED'}});
    });
  });
});

function wireOf(...sent: readonly JsonObject[]): string {
  return Buffer.from(responsesWire(sent)).toString();
}

const words = fc.string({unit: 'binary', minLength: 1, maxLength: 12});
const reasoning = fc
  .record({
    type: fc.constant('reasoning'),
    summary: fc.array(
      words.map((text) => ({type: 'summary_text', text})),
      {maxLength: 2},
    ),
  })
  .map((item): JsonObject => ({...item}));
const said = fc
  .array(
    fc.oneof(
      words.map(outputText),
      words.map((refusal): JsonObject => ({type: 'refusal', refusal})),
    ),
    {maxLength: 2},
  )
  .map((content): JsonObject => message(...content));
const call = fc
  .tuple(fc.uuid(), words, words, fc.boolean())
  .map(
    ([id, name, text, isCustom]): JsonObject =>
      isCustom
        ? {type: 'custom_tool_call', call_id: id, name, input: text}
        : {type: 'function_call', call_id: id, name, arguments: text},
  );
const response = fc.record({
  output: fc.array(fc.oneof(reasoning, said, call), {maxLength: 5}),
  details: fc.constantFrom(null, {reason: 'max_output_tokens'}, {reason: 'content_filter'}),
  hasUsage: fc.boolean(),
  step: fc.integer({min: 1, max: 5}),
  keep: fc.integer({min: 0, max: 10}),
});

function pieces(text: string, step: number): readonly string[] {
  const count = Math.ceil(text.length / step);
  return Array.from({length: count}, (_, at) => text.slice(at * step, (at + 1) * step));
}

function eventsOf(item: JsonObject, at: number, step: number): readonly JsonObject[] {
  const grow = (type: string, text: unknown, more: JsonObject = {}): readonly JsonObject[] =>
    pieces(asString(text) ?? '', step).map((piece) => ({type, output_index: at, delta: piece, ...more}));
  const parts = asJsonArray(item['content'] ?? item['summary']).map((part) => asJsonObject(part) ?? {});
  const names: Readonly<Record<string, string>> = {
    output_text: 'response.output_text.delta',
    refusal: 'response.refusal.delta',
    summary_text: 'response.reasoning_summary_text.delta',
  };
  return [
    added({...item, content: [], summary: [], arguments: '', input: ''}, at),
    ...parts.flatMap((part, index) =>
      grow(names[asString(part['type']) ?? ''] ?? '', part['text'] ?? part['refusal'], {
        content_index: index,
        summary_index: index,
      }),
    ),
    ...grow('response.function_call_arguments.delta', item['arguments']),
    ...grow('response.custom_tool_call_input.delta', item['input']),
    {type: 'response.output_item.done', output_index: at, item},
  ];
}

describe('for all responses', () => {
  it('the chunks add up to the conversion of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        response,
        fc.integer({min: 1, max: 300}),
        async ({output, details, hasUsage, step, keep}, size) => {
          const status = details === null ? 'completed' : 'incomplete';
          const end = last(output, {status, incomplete_details: details, usage: hasUsage ? usage : null});
          const events = output.flatMap((item, at) => eventsOf(item, at, step));
          // With some events of the end lost, which the last one makes up for.
          const sent = events.slice(0, keep === 0 ? 0 : events.length - (10 - keep));
          const text = await translate(inPieces(responsesWire([created, ...sent, end]), size));
          const completion = accumulate(new ChatStreamAccumulator(), Buffer.from(text));
          expect({service_tier: null, ...completion}).toEqual(
            toChatCompletion(asJsonObject(end['response']) ?? {}),
          );
        },
      ),
      {numRuns: 300},
    );
  });

  it('whatever the bytes are, the stream ends with [DONE] or one error', async () => {
    const wire = responsesWire(frames('responses-function-call.chunks.txt'));
    const harm = fc.record({at: fc.nat(wire.length - 4), bytes: fc.uint8Array({minLength: 1, maxLength: 4})});
    await fc.assert(
      fc.asyncProperty(fc.array(harm, {minLength: 1, maxLength: 3}), async (harms) => {
        const bytes = Buffer.from(wire);
        for (const {at, bytes: patch} of harms) bytes.set(patch, at);
        const text = await translate(inPieces(bytes, 97));
        const end = eventsIn(text).at(-1)?.frame;
        expect(end === undefined || Object.keys(end).join() === 'error').toBe(true);
      }),
      {numRuns: 200},
    );
  });
});
