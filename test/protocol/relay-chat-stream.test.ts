import {describe, expect, it} from 'vitest';
import {CallError} from '../../src/core/errors.ts';
import type {JsonObject} from '../../src/core/json.ts';
import type {WireFacts} from '../../src/core/wire.ts';
import {ChatStreamAccumulator} from '../../src/protocol/chat-stream.ts';
import {type RelayChatOptions, relayChatStream} from '../../src/protocol/relay-chat-stream.ts';
import {StreamError} from '../../src/protocol/stream-error.ts';
import {
  ByteSource,
  chunk,
  chunkHead,
  eventsIn,
  inPieces,
  lastFrame,
  readText,
  usageChunk,
} from './byte-source.ts';
import {accumulate, chatWire, frames} from './event-stream.ts';

const promptFilter = {
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [{prompt_index: 0, content_filter_results: {hate: {filtered: false}}}],
};
const role = chunk({role: 'assistant', content: '', refusal: null});
const word = chunk({content: 'Hi'});
const stop = chunk({}, 'stop');

interface Relayed {
  readonly text: string;
  readonly facts: WireFacts;
}

async function relay(
  chunks: readonly (Uint8Array | string)[],
  options: Partial<RelayChatOptions> & {end?: Error} = {},
): Promise<Relayed> {
  const {end, ...rest} = options;
  const facts: WireFacts = {};
  const text = await readText(
    relayChatStream(new ByteSource(chunks, end), {facts, includeUsage: true, ...rest}),
  );
  return {text, facts};
}

function relayFrames(sent: readonly JsonObject[], options: Partial<RelayChatOptions> = {}): Promise<Relayed> {
  return relay([chatWire(sent)], options);
}

const truncated = {
  error: {
    message: "The model's stream was cut off: it ended before the answer did.",
    type: 'server_error',
    code: 'ERR_MODEL_TRUNCATED',
    param: null,
  },
};

describe('relayChatStream', () => {
  it('passes frames that need nothing as they came, to the byte', async () => {
    const raw =
      'data: {"id":"a", "model":"m","big":12345678901234567890,"choices":[{"index":0,"delta":{"role":"assistant","content":"\\u00e4"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    expect((await relay([raw])).text).toBe(raw);
  });

  it('passes each frame on with the chunk that completes it', async () => {
    const [first, second] = [chatWire([role], {done: false}), chatWire([word], {done: false})];
    const source = new ByteSource([first, second.subarray(0, 20), second.subarray(20)]);
    const relayed = relayChatStream(source, {facts: {}, includeUsage: true});
    expect((await relayed.next()).value).toEqual(Buffer.from(first));
    expect(source.read).toBe(1);
    expect((await relayed.next()).value).toEqual(Buffer.from(second));
    expect(source.read).toBe(3);
    await relayed.return(undefined);
  });

  it.each([
    'azure-chat-model-router.1.chunks.txt',
    'chat-tool-calls.chunks.txt',
    'chat-async-filter.chunks.txt',
  ])('%s adds up to the same completion however it is cut', async (name) => {
    const wire = chatWire(frames(name));
    const expected = accumulate(new ChatStreamAccumulator(), wire);
    const whole = await relay([wire]);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      expect(await relay(inPieces(wire, size)), `pieces of ${size}`).toEqual(whole);
    }
    const passed = accumulate(new ChatStreamAccumulator(), Buffer.from(whole.text));
    expect(passed).toEqual(expected);
  });

  it('reads the facts of a captured stream', async () => {
    const {facts} = await relayFrames(frames('azure-chat-model-router.1.chunks.txt'));
    expect(facts).toEqual({
      responseModel: 'gpt-5-nano-2025-08-07',
      inputTokens: 15,
      outputTokens: 78,
      cachedTokens: 0,
      reasoningTokens: 64,
      finishReasons: ['stop'],
    });
  });

  it('keeps the facts of a stream that the client left', async () => {
    const facts: WireFacts = {};
    const source = new ByteSource([chatWire([role, stop], {done: false}), chatWire([usageChunk()])]);
    const relayed = relayChatStream(source, {facts, includeUsage: true});
    await relayed.next();
    await relayed.return(undefined);
    expect(facts).toEqual({responseModel: 'gpt-5', finishReasons: ['stop']});
    expect(source.left).toBe(1);
  });

  it('sends the frame of the prompt filter with the next one, under its id and model', async () => {
    const source = new ByteSource(
      [promptFilter, role, stop].map((frame) => chatWire([frame], {done: false})),
    );
    const relayed = relayChatStream(source, {facts: {}, includeUsage: true});
    const {value} = await relayed.next();
    expect(source.read).toBe(2);
    expect(eventsIn(Buffer.from(value ?? []).toString()).map(({frame}) => frame)).toEqual([
      {...promptFilter, ...chunkHead},
      role,
    ]);
    await relayed.return(undefined);
  });

  it('sends it alone when nothing follows', async () => {
    const {text} = await relay([chatWire([promptFilter], {done: false})]);
    expect(eventsIn(text).map(({frame}) => frame)).toEqual([promptFilter, truncated]);
  });

  const findings = {
    content_filter_results: {hate: {filtered: false}},
    content_filter_offsets: {end_offset: 4},
  };
  it.each<[string, JsonObject, JsonObject]>([
    [
      'a choice without a delta gets an empty one, and the frame its names',
      {id: '', object: '', created: 0, model: '', choices: [{index: 0, finish_reason: null, ...findings}]},
      {...chunkHead, choices: [{index: 0, finish_reason: null, delta: {}, ...findings}]},
    ],
    [
      'a choice whose delta is null gets an empty one',
      {...chunkHead, choices: [{index: 0, delta: null}]},
      {...chunkHead, choices: [{index: 0, delta: {}}]},
    ],
    [
      'a choice without an index is the first',
      {...chunkHead, choices: [{delta: {content: 'x'}}]},
      {...chunkHead, choices: [{index: 0, delta: {content: 'x'}}]},
    ],
    ['what is no choice is left out', {...chunkHead, choices: [7, null]}, {...chunkHead, choices: []}],
    ['a frame without choices gets a list', {...chunkHead, ping: 1}, {...chunkHead, ping: 1, choices: []}],
    [
      'the failure of the filter is a finding, not an error',
      {error: {code: 'content_filter_error', message: 'The contents are not filtered'}},
      {
        ...chunkHead,
        choices: [
          {
            index: 0,
            delta: {},
            finish_reason: null,
            content_filter_results: {
              error: {code: 'content_filter_error', message: 'The contents are not filtered'},
            },
          },
        ],
      },
    ],
  ])('mends frames: %s', async (_, sent, expected) => {
    const {text} = await relayFrames([role, sent, stop]);
    expect(eventsIn(text)[1]?.frame).toEqual(expected);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('gives a blocked choice that never had a role its role where it ends', async () => {
    const blocked = {...chunkHead, choices: [{index: 0, finish_reason: 'content_filter'}]};
    const {text, facts} = await relayFrames([promptFilter, blocked]);
    expect(eventsIn(text)[1]?.frame).toMatchObject({choices: [{delta: {role: 'assistant'}}]});
    expect(facts.finishReasons).toEqual(['content_filter']);
  });

  it('keeps a block that comes after the stop', async () => {
    const {facts} = await relayFrames(frames('chat-async-filter.chunks.txt'));
    expect(facts.finishReasons).toEqual(['content_filter']);
  });

  it('knows that nothing lifts a block', async () => {
    const {facts} = await relayFrames([role, chunk({}, 'content_filter'), stop]);
    expect(facts.finishReasons).toEqual(['content_filter']);
  });

  it('gives the reasons of several choices in their order', async () => {
    const end = (index: number, reason: string): JsonObject => ({
      ...chunkHead,
      choices: [{index, delta: {role: 'assistant'}, finish_reason: reason}],
    });
    const {text, facts} = await relayFrames([end(1, 'length'), end(0, 'stop')]);
    expect(facts.finishReasons).toEqual(['stop', 'length']);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  describe('the usage', () => {
    it.each([
      [true, 3],
      [false, 2],
    ])('includeUsage %s gives %i frames and the facts', async (includeUsage, count) => {
      const {text, facts} = await relayFrames([role, stop, usageChunk()], {includeUsage});
      expect(eventsIn(text).filter(({frame}) => frame !== undefined)).toHaveLength(count);
      expect(facts).toMatchObject({inputTokens: 15, outputTokens: 78, cachedTokens: 3, reasoningTokens: 64});
    });

    it('passes in a frame that says something besides', async () => {
      const last = chunk({}, 'stop', {usage: {prompt_tokens: 1, completion_tokens: 2, total_tokens: 3}});
      const {text, facts} = await relayFrames([role, last], {includeUsage: false});
      expect(eventsIn(text)[1]?.frame).toEqual(last);
      expect(facts).toMatchObject({inputTokens: 1, outputTokens: 2});
    });
  });

  describe('the end', () => {
    it('adds a missing [DONE] when every choice has ended', async () => {
      const {text, facts} = await relay([chatWire([role, stop], {done: false})]);
      expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
      expect(facts.errorCode).toBeUndefined();
    });

    it('takes a spoken answer for ended that says until when it is kept', async () => {
      const audio = chunk({audio: {expires_at: 1}});
      const {text, facts} = await relayFrames([role, audio]);
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      expect(facts.finishReasons).toEqual(['stop']);
    });

    it.each<[string, string]>([
      ['nothing at all', ''],
      ['only comments', ': ping\n\n'],
      ['nothing but [DONE]', 'data: [DONE]\n\n'],
      ['an answer that goes on', chatWire([role, word], {done: false}).toString()],
      ['[DONE] before an answer ended', chatWire([role, word]).toString()],
      ['a frame cut in half', `${chatWire([role], {done: false}).toString()}data: {"id":"a","cho`],
    ])('of %s is an error frame and no [DONE]', async (_, wire) => {
      const {text, facts} = await relay([wire]);
      expect(lastFrame(text)).toEqual(truncated);
      expect(text).not.toContain('[DONE]');
      expect(facts.errorCode).toBe('ERR_MODEL_TRUNCATED');
    });

    it('comes once: what follows is dropped, and the source read to its end', async () => {
      const source = new ByteSource([chatWire([role, stop]), chatWire([word, stop]), 'garbage']);
      const text = await readText(relayChatStream(source, {facts: {}, includeUsage: true}));
      expect(text).toBe(chatWire([role, stop]).toString());
      expect(source).toMatchObject({read: 3, left: 0});
    });

    it('is that of the source when it breaks behind [DONE]', async () => {
      const {text, facts} = await relay([chatWire([role, stop])], {end: new Error('reset')});
      expect(text).toBe(chatWire([role, stop]).toString());
      expect(facts.errorCode).toBeUndefined();
    });

    it('leaves a source that goes on behind [DONE]', async () => {
      const noise = Buffer.alloc(30_000, 'x');
      const source = new ByteSource([chatWire([role, stop]), ...Array.from({length: 100}, () => noise)]);
      await readText(relayChatStream(source, {facts: {}, includeUsage: true}));
      expect(source.read).toBeLessThan(10);
      expect(source.left).toBe(1);
    });
  });

  describe('a failure', () => {
    it.each<[string, string, JsonObject, string]>([
      [
        'an error frame',
        'data: {"error":{"message":"slow down","type":"too_many_requests","code":"rate_limit_exceeded","param":null,"headers":{"a":"b"}}}\n\n',
        {
          message: 'slow down',
          type: 'too_many_requests',
          code: 'rate_limit_exceeded',
          param: null,
          headers: {a: 'b'},
        },
        'rate_limit_exceeded',
      ],
      [
        'an error that is a text',
        'data: {"error":"out of memory"}\n\n',
        {message: 'out of memory', type: 'server_error', code: null, param: null},
        'server_error',
      ],
      [
        "a gateway's error under an event's name",
        'event: error\ndata: {"statusCode":500,"message":"Internal server error"}\n\n',
        {message: 'Internal server error', type: 'server_error', code: null, param: null, statusCode: 500},
        'server_error',
      ],
      [
        'garbage',
        'data: {"id": <html>\n\n',
        {
          message: "The model's reply is malformed: a frame of the stream is not JSON.",
          type: 'server_error',
          code: 'ERR_MODEL_MALFORMED',
          param: null,
        },
        'ERR_MODEL_MALFORMED',
      ],
      [
        'JSON that is no object',
        'data: [1]\n\n',
        {
          message: "The model's reply is malformed: a frame of the stream is no JSON object.",
          type: 'server_error',
          code: 'ERR_MODEL_MALFORMED',
          param: null,
        },
        'ERR_MODEL_MALFORMED',
      ],
    ])('by %s ends the stream with one error frame', async (_, wire, error, word) => {
      const before = chatWire([role], {done: false}).toString();
      const source = new ByteSource([before + wire + before, before]);
      const facts: WireFacts = {};
      const text = await readText(relayChatStream(source, {facts, includeUsage: true}));
      expect(text.startsWith(before)).toBe(true);
      expect(eventsIn(text).slice(1)).toEqual([{name: undefined, frame: {error}}]);
      expect(facts.errorCode).toBe(word);
      expect(source).toMatchObject({read: 1, left: 1});
    });

    it('of the source ends the stream with an error frame that quotes nothing', async () => {
      const {text, facts} = await relay([chatWire([role], {done: false})], {end: new Error('key sk-secret')});
      expect(lastFrame(text)).toEqual({
        error: {
          message: 'The stream from the model broke off.',
          type: 'server_error',
          code: 'ERR_MODEL_TRUNCATED',
          param: null,
        },
      });
      expect(facts.errorCode).toBe('ERR_MODEL_TRUNCATED');
    });

    it('is told as the caller describes it', async () => {
      const seen: unknown[] = [];
      const describeError = (thrown: unknown): JsonObject => {
        seen.push(thrown);
        return {message: 'masked', code: 'x y', type: 'odd'};
      };
      const {text, facts} = await relay(['data: {"error":{"message":"sk-secret"}}\n\n'], {describeError});
      expect(lastFrame(text)).toEqual({error: {message: 'masked', type: 'odd', code: 'x y', param: null}});
      expect(seen).toEqual([new StreamError({message: 'sk-secret'})]);
      expect(facts.errorCode).toBe('odd');
    });

    it('hands a failed call over as it was thrown', async () => {
      const failure = new CallError('stalled', {code: 'ERR_STALL', fault: 'model', effect: 'retry'});
      const {text} = await relay([], {end: failure});
      expect(lastFrame(text)).toMatchObject({error: {message: 'stalled', code: 'ERR_STALL'}});
    });

    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    it.each([
      ['a frame that waits', `{"choices":[],"x":${deep}}`],
      ['a frame to mend', `{"choices":[{"index":0,"x":${deep}}]}`],
      ['an error', `{"error":{"message":"m","x":${deep}}}`],
    ])('by %s that is nested without end breaks nothing', async (_, data) => {
      const {text} = await relay([`data: ${data}\n\n`]);
      expect(Object.keys(lastFrame(text))).toEqual(['error']);
    });
  });

  it.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads lines that end in %s, cut anywhere', async (_, newline) => {
    const wire = Buffer.from(
      chatWire([role, chunk({content: '— 🌧'}), stop])
        .toString()
        .replaceAll('\n', newline),
    );
    const expected = chatWire([role, chunk({content: '— 🌧'}), stop]).toString();
    for (let at = 1; at < wire.length; at++) {
      const {text} = await relay([wire.subarray(0, at), wire.subarray(at)]);
      expect(text, `cut at ${at}`).toBe(expected);
    }
  });

  it('joins a frame of several lines again', async () => {
    const lines = JSON.stringify(stop, null, 1).split('\n');
    const wire = `${lines.map((line) => `data: ${line}\n`).join('')}\n`;
    const {text} = await relay([chatWire([role], {done: false}), wire]);
    expect(eventsIn(text)[1]?.frame).toEqual(stop);
  });

  it('drops keep-alive comments, ids and retry times', async () => {
    const noisy = ': ping\n\nid: 7\nretry: 10\nevent: message\n';
    const {text} = await relay([`${noisy}${chatWire([role, stop]).toString()}`]);
    expect(text).toBe(chatWire([role, stop]).toString());
  });

  it('passes a frame of megabytes', async () => {
    const huge = chunk({content: 'ä'.repeat(3_000_000)});
    const {text} = await relay(inPieces(chatWire([role, huge, stop]), 65_536));
    expect(text).toBe(chatWire([role, huge, stop]).toString());
  });
});

describe('leaving a relayed stream', () => {
  it('leaves the source, be it before the first chunk', async () => {
    const source = new ByteSource([chatWire([role])]);
    const relayed = relayChatStream(source, {facts: {}, includeUsage: true});
    await relayed.return(undefined);
    expect(source).toMatchObject({read: 0, left: 1});
    expect(await relayed.next()).toEqual({done: true, value: undefined});
  });

  it('reaches the source while a chunk is waited for', async () => {
    const facts: WireFacts = {};
    let fail: (error: Error) => void = () => undefined;
    const source: AsyncIterableIterator<Uint8Array, undefined> = {
      next: () => new Promise((_, reject) => (fail = reject)),
      return: () => {
        fail(new Error('the reader left'));
        return Promise.reject(new Error('closing failed'));
      },
      [Symbol.asyncIterator]: () => source,
    };
    const relayed = relayChatStream(source, {facts, includeUsage: true});
    const waiting = relayed.next();
    expect(await relayed.return(undefined)).toEqual({done: true, value: undefined});
    expect(await waiting).toEqual({done: true, value: undefined});
    expect(facts).toEqual({});
  });
});
