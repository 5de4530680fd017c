import OpenAI, {AzureOpenAI} from 'openai';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {ask, containing, matching, openSimulator, type TestSimulator} from './open-simulator.ts';

const deployments = {
  small: {model: 'text-embedding-3-small'},
  large: {model: 'text-embedding-3-large'},
  ada: {model: 'text-embedding-ada-002'},
  'gpt-4o': {},
};

interface EmbeddingsReply {
  readonly object: string;
  readonly model: string;
  readonly data: readonly {object: string; index: number; embedding: readonly number[] | string}[];
  readonly usage: JsonObject;
}

interface Embedded {
  readonly status: number;
  readonly json: EmbeddingsReply;
  readonly error: JsonObject;
  readonly headers: Readonly<Record<string, unknown>>;
}

async function embed(
  simulator: TestSimulator,
  body: JsonObject,
  {deployment = 'small', apiVersion = '2024-10-21'} = {},
): Promise<Embedded> {
  const path = `/openai/deployments/${deployment}/embeddings?api-version=${apiVersion}`;
  const {status, json, headers} = await simulator.send(path, {body});
  return {status, headers, json: json as unknown as EmbeddingsReply, error: json.error};
}

describe('embeddings', () => {
  it.each([
    {name: 'one text', input: 'abcd efgh', count: 1, tokens: 3},
    {name: 'several texts', input: ['abcd', 'abcde'], count: 2, tokens: 3},
    {name: 'the tokens of one', input: [1, 2, 3], count: 1, tokens: 3},
    {name: 'the tokens of several', input: [[1, 2], [3]], count: 2, tokens: 3},
  ])('come for $name, with what they cost', async ({input, count, tokens}) => {
    await using simulator = await openSimulator({deployments});
    const {status, json} = await embed(simulator, {input});
    expect(status).toBe(200);
    expect(json).toMatchObject({object: 'list', model: 'text-embedding-3-small'});
    expect(json.data.map(({object, index}) => [object, index])).toEqual(
      Array.from({length: count}, (_, index) => ['embedding', index]),
    );
    for (const {embedding} of json.data) expect(embedding).toHaveLength(1_536);
    expect(json.usage).toEqual({prompt_tokens: tokens, total_tokens: tokens});
  });

  it.each([
    {deployment: 'large', length: 3_072},
    {deployment: 'ada', length: 1_536},
  ])('of $deployment are $length long', async ({deployment, length}) => {
    await using simulator = await openSimulator({deployments});
    expect((await embed(simulator, {input: 'x'}, {deployment})).json.data[0]?.embedding).toHaveLength(length);
  });

  it('are the same in base64 as in numbers, and for a text in any company', async () => {
    await using simulator = await openSimulator({deployments});
    const numbers = (await embed(simulator, {input: 'x', dimensions: 8})).json.data[0]?.embedding;
    const {json} = await embed(simulator, {
      input: ['y', 'x'],
      dimensions: 8,
      encoding_format: 'base64',
      user: 'me',
    });
    const bytes = Buffer.from(String(json.data[1]?.embedding), 'base64');
    const decoded = Array.from({length: bytes.length / 4}, (_, index) => bytes.readFloatLE(index * 4));
    expect(decoded).toEqual((numbers as readonly number[]).map(Math.fround));
  });

  it('reach the official client on both surfaces', async () => {
    await using simulator = await openSimulator({deployments});
    const dated = new AzureOpenAI({endpoint: simulator.url, apiKey: 'k', apiVersion: '2024-10-21'});
    const v1 = new OpenAI({baseURL: `${simulator.url}/openai/v1`, apiKey: 'k'});
    const [one, two] = await Promise.all(
      [dated, v1].map((client) => client.embeddings.create({model: 'small', input: 'x', dimensions: 4})),
    );
    expect(one?.data[0]?.embedding).toHaveLength(4);
    expect(two).toEqual(one);
  });

  it.each([
    {name: 'no input', body: {}, code: 'missing_required_parameter', message: "'input'"},
    {name: 'an empty text', body: {input: ''}, message: "'$.input' is invalid"},
    {name: 'an empty list', body: {input: []}, message: "'$.input' is invalid"},
    {name: 'an empty text in a list', body: {input: ['a', '']}, message: "'$.input' is invalid"},
    {name: 'no tokens in a list', body: {input: [[1], []]}, message: "'$.input' is invalid"},
    {name: 'texts among tokens', body: {input: ['a', [1]]}, message: "'$.input' is invalid"},
    {name: 'half a token', body: {input: [1.5]}, message: "'$.input' is invalid"},
    {name: 'an object', body: {input: {text: 'a'}}, message: "'$.input' is invalid"},
    {
      name: 'too many inputs',
      body: {input: Array.from({length: 2_049}, () => 'x')},
      code: 'array_above_max_length',
      message: 'maximum length 2048, but got an array with length 2049',
    },
    {
      name: 'an input that is too long',
      body: {input: ['x'.repeat(4 * 8_192 + 1)]},
      message: 'maximum context length is 8192 tokens, however you requested 8193 tokens',
    },
    {
      name: 'too much in all',
      body: {input: Array.from({length: 40}, () => 'x'.repeat(4 * 8_000))},
      code: 'max_tokens_per_request',
      message: 'Requested 320000 tokens, max 300000',
    },
    {
      name: 'a vector longer than the model makes',
      body: {input: 'x', dimensions: 1_537},
      message: "Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536.",
    },
    {name: 'no dimension', body: {input: 'x', dimensions: 0}, code: 'integer_below_min_value', message: ''},
    {
      name: 'a format of its own',
      body: {input: 'x', encoding_format: 'int8'},
      code: 'invalid_value',
      message: "'int8'",
    },
    {
      name: 'a stream',
      body: {input: 'x', stream: true},
      message: 'Unrecognized request argument supplied: stream',
    },
  ])('are refused for $name', async ({body, code = null, message}) => {
    await using simulator = await openSimulator({deployments});
    const {status, error} = await embed(simulator, body);
    expect(status).toBe(400);
    expect(error).toMatchObject({code, message: containing(message)});
  });

  it('take 2048 inputs and an input of 8192 tokens', async () => {
    await using simulator = await openSimulator({deployments});
    const many = await embed(simulator, {input: Array.from({length: 2_048}, () => 'x'), dimensions: 1});
    expect([many.status, many.json.data.length]).toEqual([200, 2_048]);
    expect((await embed(simulator, {input: 'x'.repeat(4 * 8_192), dimensions: 1})).status).toBe(200);
  });

  it('have no dimensions to choose on ada-002, nor on an API version before them', async () => {
    await using simulator = await openSimulator({deployments});
    const body = {input: 'x', dimensions: 8};
    expect((await embed(simulator, body, {deployment: 'ada'})).error).toMatchObject({
      message: 'This model does not support specifying dimensions.',
    });
    expect((await embed(simulator, body, {apiVersion: '2024-02-01'})).error).toMatchObject({
      message: 'Unrecognized request argument supplied: dimensions',
    });
    expect((await embed(simulator, body, {apiVersion: '2024-06-01'})).status).toBe(200);
  });

  it('come from embedding models, which do nothing else', async () => {
    await using simulator = await openSimulator({deployments});
    const wrong = (operation: string, model: string) => ({
      code: 'OperationNotSupported',
      message: containing(`The ${operation} operation does not work with the specified model, ${model}.`),
    });
    expect((await embed(simulator, {input: 'x'}, {deployment: 'gpt-4o'})).error).toMatchObject(
      wrong('embeddings', 'gpt-4o-2024-08-06'),
    );
    expect((await simulator.chat(ask('x'), {deployment: 'small'})).json.error).toMatchObject(
      wrong('chatCompletion', 'text-embedding-3-small'),
    );
    expect((await simulator.responses({model: 'ada', input: 'x'})).json.error).toMatchObject(
      wrong('responses', 'text-embedding-ada-002'),
    );
    const {json} = await simulator.send('/openai/models/text-embedding-3-small?api-version=2024-10-21');
    expect(json).toMatchObject({capabilities: {embeddings: true, chat_completion: false}});
  });

  it('are charged by their inputs, and refused beyond the quota under their own name', async () => {
    await using simulator = await openSimulator({
      deployments: {small: {...deployments.small, tpm: 10, rpm: 600}},
    });
    const first = await embed(simulator, {input: ['abcdefgh', 'abcd']});
    expect(first.headers).toMatchObject({'x-ratelimit-remaining-tokens': '7'});
    const second = await embed(simulator, {input: 'x'.repeat(32)});
    expect(second.status).toBe(429);
    expect(second.error).toMatchObject({
      code: '429',
      message: matching(
        /the Embeddings_Create Operation under .* version 2024-10-21 have exceeded token rate/,
      ),
    });
    expect(simulator.ledger.entries()).toMatchObject([
      {operation: 'embeddings', deployment: 'small', decision: 'answer', cost: 3, prompt_tokens: 3},
      {operation: 'embeddings', decision: 'rate-limit', cost: 8},
    ]);
  });

  it('pass through auth, faults and latency as chat does', async () => {
    const clock = createFakeClock();
    await using simulator = await openSimulator(
      {
        keys: ['right'],
        deployments: {small: {...deployments.small, latency: {ttft_ms: 50}}},
        faults: [{kind: 'status', code: 503, match: {text: 'unlucky'}, first: 1}],
      },
      {clock},
    );
    expect((await embed(simulator, {input: 'x'})).status).toBe(401);
    const path = '/openai/v1/embeddings';
    const key = {headers: {'api-key': 'right'}};
    const unlucky = await simulator.send(path, {body: {model: 'small', input: ['a', 'unlucky']}, ...key});
    expect(unlucky.status).toBe(503);
    const slow = simulator.send(path, {body: {model: 'small', input: 'x'}, ...key});
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(50);
    expect((await slow).status).toBe(200);
  });
});
