import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import {createTempFolder} from '../../helpers/temp-folder.ts';
import {ask, openSimulator} from '../open-simulator.ts';
import {type RawReply, type RawRequest, rawExchange} from '../raw-exchange.ts';
import {expectNoSecret, filesIn, openRecorder, openReplayer} from './open-recorder.ts';

const key = 'canary-key-0123456789';
const resource: JsonObject = {
  keys: [key],
  deployments: {
    'gpt-4o': {faults: [{kind: 'truncate', match: {text: '^cut'}, at: 0.5}]},
    small: {model: 'text-embedding-3-small'},
    tight: {rpm: 6},
  },
  content_filter: {block_prompt: ['bomb']},
  answers: [
    {rule: {match: 'key', reply: `Your key is ${key}, is it not?`}},
    {rule: {match: 'ünïcode', reply: '★ \u001b[31mred\u001b[0m 😀 ünï'.repeat(9)}},
  ],
  faults: [
    {kind: 'status', code: 429, match: {text: 'busy'}, retry_after_ms: 1_500},
    {kind: 'html', match: {text: 'gateway'}},
    {kind: 'empty_body', match: {text: 'empty'}},
    {kind: 'malformed_json', match: {text: 'malformed'}},
    {kind: 'reset', match: {text: 'reset'}},
  ],
};

const dated = 'api-version=2025-04-01-preview';
const chat = (text: string, more: JsonObject = {}, deployment = 'gpt-4o'): RawRequest => ({
  target: `/openai/deployments/${deployment}/chat/completions?${dated}`,
  body: JSON.stringify(ask(text, more)),
});
const responses = (text: string, more: JsonObject = {}): RawRequest => ({
  target: `/openai/responses?${dated}`,
  body: JSON.stringify({model: 'gpt-4o', input: text, ...more}),
});
const exchanges: Readonly<Record<string, RawRequest>> = {
  'a chat completion': chat('hello'),
  'a streamed one': chat('hello', {stream: true, stream_options: {include_usage: true}}),
  'one of several choices': chat('hello', {n: 3, stream: true}),
  'a text of many scripts': chat('ünïcode', {stream: true}),
  'a text that holds the key': chat('tell me my key'),
  'a response': responses('hello'),
  'a streamed response': responses('hello', {stream: true}),
  'a response on the v1 surface': {
    target: '/openai/v1/responses',
    body: JSON.stringify({model: 'gpt-4o', input: 'x'}),
  },
  embeddings: {
    target: `/openai/deployments/small/embeddings?${dated}`,
    body: JSON.stringify({input: ['a', 'b'], dimensions: 64}),
  },
  'embeddings in base64': {
    target: '/openai/v1/embeddings',
    body: JSON.stringify({model: 'small', input: 'a', encoding_format: 'base64'}),
  },
  'the models': {method: 'GET', target: `/openai/models?${dated}`},
  'one model': {method: 'GET', target: '/openai/v1/models/gpt-4o-2024-08-06'},
  'a blocked prompt': chat('bomb'),
  'a parameter that is refused': chat('x', {foo: 1}),
  'an unknown deployment': chat('x', {}, 'none'),
  'an unknown path': {target: '/openai/v2/everything', body: '{}'},
  'a body that is no JSON': {...chat('x'), body: '{"messages": ['},
  'a body that is no text': {...chat('x'), body: Buffer.from([0, 255, 128])},
  'a request to wait': chat('busy'),
  'a page of a gateway': chat('gateway'),
  'an empty body': chat('empty'),
  'a malformed body': chat('malformed'),
  'a malformed stream': chat('malformed', {stream: true}),
  'a stream that is cut': chat('cut this stream', {stream: true}),
  'a body that is cut': chat('cut this body'),
  'no reply at all': chat('reset'),
};

const withKey = (request: RawRequest, value = key): RawRequest => ({
  ...request,
  headers: {'api-key': value, 'content-type': 'application/json'},
});
/** All in turn, then a request that the quota of its deployment lets in once. */
async function sendAll(url: string, apiKey = key): Promise<Readonly<Record<string, RawReply | 'reset'>>> {
  const replies: Record<string, RawReply | 'reset'> = {};
  for (const [name, request] of Object.entries(exchanges))
    replies[name] = await rawExchange(url, withKey(request, apiKey));
  for (const name of ['let in', 'turned away'])
    replies[name] = await rawExchange(url, withKey(chat('twice', {}, 'tight'), apiKey));
  return replies;
}

describe('what was recorded', () => {
  it('comes back byte for byte, in the same pieces, to whoever asks for it', async () => {
    await using folder = await createTempFolder();
    let passed: Awaited<ReturnType<typeof sendAll>>;
    let direct: typeof passed;
    {
      await using upstream = await openSimulator(resource);
      direct = await sendAll(upstream.url);
      upstream.reset();
      await using recorder = await openRecorder(upstream.url, {folder: folder.path});
      passed = await sendAll(recorder.url);
    }
    // The recorder shows in nothing but the numbers that the service counts up.
    expect(withoutIds(passed)).toEqual(withoutIds(direct));
    expectNoSecret(folder.path, key);
    await using replayer = await openReplayer({folder: folder.path});
    const replayed = await sendAll(replayer.url, 'some-other-key');
    for (const [name, reply] of Object.entries(passed)) {
      expect(sorted(replayed[name]), name).toEqual(sorted(masked(reply)));
    }
    expect(replayer.ledger.summary()).toMatchObject({
      requests: Object.keys(passed).length,
      by_decision: {replay: Object.keys(passed).length},
    });
    const {'a stream that is cut': stream, 'no reply at all': none, 'turned away': refused} = replayed;
    expect(stream).toMatchObject({status: 200, ending: 'cut'});
    expect(none).toBe('reset');
    expect(refused).toMatchObject({status: 429});
  });

  it('is one file an exchange, with the same names and requests in every run', async () => {
    const runs: Readonly<Record<string, string>>[] = [];
    for (const inOrder of [true, false]) {
      await using folder = await createTempFolder();
      {
        await using upstream = await openSimulator(resource);
        await using recorder = await openRecorder(upstream.url, {folder: folder.path});
        const requests = Object.values(exchanges).map((request) => withKey(request));
        if (inOrder) for (const request of requests) await rawExchange(recorder.url, request);
        else await Promise.all(requests.reverse().map((request) => rawExchange(recorder.url, request)));
      }
      runs.push(filesIn(folder.path));
    }
    const [one = {}, two = {}] = runs;
    expect(Object.keys(one)).toHaveLength(Object.keys(exchanges).length);
    expect(Object.keys(two)).toEqual(Object.keys(one));
    for (const [name, text] of Object.entries(one)) {
      expect(name).toMatch(/^[a-z0-9._-]+\.[0-9a-f]{12}\.001\.json$/);
      expect(withoutRequestId(two[name])).toBe(withoutRequestId(text));
    }
  });
});

function withoutIds(replies: Readonly<Record<string, RawReply | 'reset'>>): unknown {
  return Object.entries(replies).map(([name, reply]) =>
    reply === 'reset'
      ? [name]
      : [name, {...reply, headers: reply.headers.filter((text) => !/-[0-9a-f]{12}$/.test(text))}],
  );
}

function withoutRequestId(text = ''): string {
  return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id');
}

/** As it is to come out of the records: the key is masked, and the length of the body told anew. */
function masked(reply: RawReply | 'reset'): RawReply | 'reset' {
  if (reply === 'reset') return reply;
  const chunks = reply.chunks.map((chunk) => chunk.replaceAll(key, '****'));
  const shorter = reply.chunks.join('').length - chunks.join('').length;
  const headers = reply.headers.map((text, at) =>
    reply.headers[at - 1] === 'content-length' ? String(Number(text) - shorter) : text,
  );
  return {...reply, chunks, headers};
}

/** Our own header stands first. */
function sorted(reply: RawReply | 'reset' | undefined): unknown {
  if (reply === undefined || reply === 'reset') return reply;
  const pairs = reply.headers.flatMap((name, at) =>
    at % 2 === 0 ? [`${name}: ${reply.headers[at + 1] ?? ''}`] : [],
  );
  return {...reply, headers: pairs.toSorted()};
}
