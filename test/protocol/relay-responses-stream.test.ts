import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import type {WireFacts} from '../../src/core/wire.ts';
import {relayResponsesStream} from '../../src/protocol/relay-responses-stream.ts';
import {ByteSource, inPieces, lastFrame, readText, typesIn} from './byte-source.ts';
import {frames, responsesWire} from './event-stream.ts';

const created = {
  type: 'response.created',
  sequence_number: 0,
  response: {id: 'resp_1', model: 'gpt-5.1', status: 'in_progress', output: []},
};
const delta = {type: 'response.output_text.delta', sequence_number: 1, delta: 'Hi'};
const usage = {
  input_tokens: 11,
  input_tokens_details: {cached_tokens: 4},
  output_tokens: 7,
  output_tokens_details: {reasoning_tokens: 2},
  total_tokens: 18,
};

function last(status: string, more: JsonObject = {}): JsonObject {
  const response = {id: 'resp_1', model: 'gpt-5.1', status, output: [], usage, ...more};
  return {type: `response.${status}`, sequence_number: 2, response};
}

async function relay(
  chunks: readonly (Uint8Array | string)[],
  {end, describeError}: {end?: Error; describeError?: (thrown: unknown) => JsonObject} = {},
): Promise<{text: string; facts: WireFacts}> {
  const facts: WireFacts = {};
  const text = await readText(relayResponsesStream(new ByteSource(chunks, end), {facts, describeError}));
  return {text, facts};
}

function wireOf(...sent: readonly JsonObject[]): string {
  return Buffer.from(responsesWire(sent)).toString();
}

const counts = {inputTokens: 11, outputTokens: 7, cachedTokens: 4, reasoningTokens: 2};
const brokenOff = {
  type: 'error',
  sequence_number: 2,
  code: 'ERR_MODEL_TRUNCATED',
  message: 'The stream from the model broke off.',
  param: null,
  error: {
    message: 'The stream from the model broke off.',
    type: 'server_error',
    code: 'ERR_MODEL_TRUNCATED',
    param: null,
  },
};

describe('relayResponsesStream', () => {
  it.each(['azure-text.1.chunks.txt', 'responses-function-call.chunks.txt'])(
    'passes %s as it came, however it is cut',
    async (name) => {
      const wire = responsesWire(frames(name));
      for (const size of [1, 2, 5, 64, 100_000]) {
        const {text} = await relay(inPieces(wire, size));
        expect(text === Buffer.from(wire).toString(), `pieces of ${size}`).toBe(true);
      }
    },
  );

  it('names events that came without a name', async () => {
    const wire = wireOf(created, delta, last('completed'));
    expect((await relay([wire.replaceAll(/event: .*\n/g, '')])).text).toBe(wire);
  });

  it('takes the type of an event from its name where the frame has none', async () => {
    const wire = `${wireOf(created)}event: response.completed\ndata: {"response":{"status":"completed"}}\n\n`;
    const {text, facts} = await relay([wire]);
    expect(text).toBe(wire);
    expect(facts.finishReasons).toEqual(['completed']);
  });

  it.each(['completed', 'incomplete', 'failed'])('reads the usage from response.%s', async (status) => {
    const {text, facts} = await relay([wireOf(created, delta, last(status))]);
    expect(text).toBe(wireOf(created, delta, last(status)));
    expect(facts).toEqual({responseModel: 'gpt-5.1', ...counts, finishReasons: [status]});
  });

  it('knows the error of a response that failed', async () => {
    const {facts} = await relay([
      wireOf(created, last('failed', {error: {code: 'server_error', message: 'x'}})),
    ]);
    expect(facts).toMatchObject({errorCode: 'server_error', finishReasons: ['failed']});
  });

  it.each<[string, readonly JsonObject[], readonly string[]]>([
    ['a second last event', [last('completed'), last('completed')], ['response.completed']],
    ['events behind the last', [last('incomplete'), delta], ['response.incomplete']],
    ['a second failure', [last('failed'), last('failed')], ['response.failed']],
    ['events behind an error', [{type: 'error', message: 'x'}, delta, {type: 'error'}], ['error']],
  ])('drops %s', async (_, sent, expected) => {
    const {text} = await relay([wireOf(created, ...sent)]);
    expect(typesIn(text)).toEqual(['response.created', ...expected]);
  });

  const reason = {type: 'too_many_requests', code: 'rate_limit_exceeded', message: 'Slow down.', param: null};
  it.each<[string, readonly JsonObject[], readonly string[]]>([
    [
      'Azure: first the failure, then why',
      [last('failed', {error: null}), {type: 'error', error: reason, sequence_number: 3}],
      ['response.created', 'response.failed', 'error'],
    ],
    [
      'OpenAI: first why, then the failure',
      [{...reason, type: 'error', sequence_number: 3}, last('failed', {error: reason})],
      ['response.created', 'error', 'response.failed'],
    ],
  ])('passes an error in the order of %s', async (_, sent, types) => {
    const {text, facts} = await relay([wireOf(created, ...sent)]);
    expect(typesIn(text)).toEqual(types);
    expect(text).toContain('"message":"Slow down."');
    expect(facts).toMatchObject({...counts, errorCode: 'rate_limit_exceeded', finishReasons: ['failed']});
  });

  it.each<[string, readonly JsonObject[]]>([
    ['its last event', [last('completed')]],
    ['a failure and its reason', [last('failed'), {type: 'error', error: reason}]],
    ['a reason and its failure', [{type: 'error', error: reason}, last('failed')]],
  ])('leaves a source that goes on behind %s', async (_, sent) => {
    const noise = Array.from({length: 100}, () => Buffer.alloc(30_000, 'x'));
    const source = new ByteSource([wireOf(created, ...sent), ...noise]);
    await readText(relayResponsesStream(source, {facts: {}}));
    expect(source.read).toBeLessThan(10);
    expect(source.left).toBe(1);
  });

  it.each<[string, string]>([
    ['flat', '"code":"c","message":"m","param":"p"'],
    ['nested', '"error":{"type":"t","code":"c","message":"m","param":"p"}'],
  ])(
    'gives a %s error both ways, since the official client fails on one and declares the other',
    async (_, members) => {
      const {text} = await relay([
        `${wireOf(created)}event: error\ndata: {"type":"error","sequence_number":7,${members}}\n\n`,
      ]);
      expect(lastFrame(text)).toMatchObject({
        ...{type: 'error', sequence_number: 7, code: 'c', message: 'm', param: 'p'},
        error: {code: 'c', message: 'm', param: 'p'},
      });
    },
  );

  it('tells errors as the caller describes them', async () => {
    const {text, facts} = await relay([wireOf(created, {type: 'error', message: 'sk-secret'})], {
      describeError: () => ({message: '****', code: 'masked'}),
    });
    expect(text).not.toContain('sk-secret');
    expect(lastFrame(text)).toMatchObject({sequence_number: 1, code: 'masked', message: '****', param: null});
    expect(facts.errorCode).toBe('masked');
  });

  it('ends a stream that breaks with an error event', async () => {
    const {text, facts} = await relay([wireOf(created, delta)], {end: new Error('sk-secret')});
    expect(typesIn(text)).toEqual(['response.created', 'response.output_text.delta', 'error']);
    expect(lastFrame(text)).toEqual(brokenOff);
    expect(facts.errorCode).toBe('ERR_MODEL_TRUNCATED');
  });

  it.each<[string, string, string, number]>([
    ['ends without its last event', wireOf(created, delta), 'ERR_MODEL_TRUNCATED', 2],
    ['is empty', '', 'ERR_MODEL_TRUNCATED', 0],
    ['has only a mark of its end', 'data: [DONE]\n\n', 'ERR_MODEL_TRUNCATED', 0],
    ['turns into garbage', `${wireOf(created)}data: {"a"\n\n`, 'ERR_MODEL_MALFORMED', 1],
  ])('ends a stream that %s with an error event', async (_, wire, code, sequence) => {
    const {text} = await relay([wire]);
    expect(lastFrame(text)).toMatchObject({type: 'error', code, sequence_number: sequence, error: {code}});
  });

  it.each(['completed', 'failed'])(
    'says nothing more when the source breaks behind response.%s',
    async (status) => {
      const wire = wireOf(created, last(status));
      expect((await relay([wire], {end: new Error('reset')})).text).toBe(wire);
    },
  );

  it('keeps names apart from lines: a hostile type is no line of its own', async () => {
    const data = JSON.stringify({type: 'x\ndata: {"type":"response.completed"}'});
    const {text} = await relay([`data: ${data}\n\n`]);
    expect(text.startsWith(`data: ${data}\n\nevent: error\n`)).toBe(true);
  });
});
