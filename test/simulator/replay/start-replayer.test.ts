import {readdirSync, readFileSync} from 'node:fs';
import {rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import OpenAI from 'openai';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import type {ExchangeRecord, RecordedReply} from '../../../src/simulator/record/exchange-record.ts';
import {recordName, recordStem} from '../../../src/simulator/record/record-name.ts';
import {writeRecord} from '../../../src/simulator/record/write-record.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {createTempFolder, type TempFolder} from '../../helpers/temp-folder.ts';
import {ask, containing, matching, openSimulator} from '../open-simulator.ts';
import {type RawReply, rawExchange} from '../raw-exchange.ts';
import {openRecorder, openReplayer} from '../record/open-recorder.ts';

const path = '/openai/deployments/gpt-4o/chat/completions';
const target = `${path}?api-version=2024-10-21`;

interface Written {
  readonly body?: JsonObject;
  readonly reply?: Partial<RecordedReply>;
  readonly position?: number;
}

async function write(folder: TempFolder, {body = ask('hi'), reply, position = 1}: Written): Promise<string> {
  const record: ExchangeRecord = {
    request: {
      method: 'POST',
      path,
      query: 'api-version=2024-10-21',
      contentType: undefined,
      body: Buffer.from(JSON.stringify(body)),
    },
    reply: {
      status: 200,
      statusText: undefined,
      headers: [],
      headersMs: 0,
      chunks: [{ms: 0, bytes: Buffer.from('{}')}],
      ending: 'end',
      ...reply,
    },
  };
  const name = recordName(recordStem(record.request), position);
  await writeFile(folder.file(name), writeRecord(record));
  return folder.file(name);
}

const send = (url: string, body: JsonObject, more = ''): Promise<RawReply | 'reset'> =>
  rawExchange(url, {target: target + more, body: JSON.stringify(body)});
const textOf = (reply: RawReply | 'reset'): string =>
  reply === 'reset' ? reply : Buffer.from(reply.chunks.join(''), 'latin1').toString();
const messageOf = (reply: RawReply | 'reset'): string =>
  (JSON.parse(textOf(reply)) as {error: {message: string}}).error.message;

describe('a replayer', () => {
  it('gives the records of one request in turn, then the last again, and begins anew on reset', async () => {
    await using folder = await createTempFolder();
    for (const position of [1, 2, 10])
      await write(folder, {position, reply: {chunks: [{ms: 0, bytes: Buffer.from(`{"n":${position}}`)}]}});
    await using replayer = await openReplayer({folder: folder.path});
    const replies: string[] = [];
    for (let time = 0; time < 4; time++) replies.push(textOf(await send(replayer.url, ask('hi'))));
    expect(replies).toEqual(['{"n":1}', '{"n":2}', '{"n":10}', '{"n":10}']);
    await rawExchange(replayer.url, {target: '/__sim/reset'});
    expect(textOf(await send(replayer.url, ask('hi')))).toBe('{"n":1}');
    expect(replayer.records).toBe(3);
  });

  it('says that it is one, on answers and on the control plane, and counts them', async () => {
    await using folder = await createTempFolder();
    await write(folder, {reply: {headers: ['x-rollcall-simulated', 'true', 'apim-request-id', 'id-1']}});
    await using replayer = await openReplayer({folder: folder.path, settings: {control_token: 'open'}});
    for (const reply of [
      await send(replayer.url, ask('hi')),
      await send(replayer.url, ask('other')),
      await rawExchange(replayer.url, {method: 'GET', target: '/__sim/ledger'}),
    ]) {
      const {headers} = reply as RawReply;
      expect(headers.filter((text) => text === 'x-rollcall-simulated')).toHaveLength(1);
    }
    expect(replayer.ledger.entries()).toMatchObject([
      {
        sequence: 1,
        decision: 'replay',
        status: 200,
        deployment: 'gpt-4o',
        operation: 'chat',
        request_id: 'id-1',
      },
      {sequence: 2, decision: 'no-record', status: 404, deployment: null},
    ]);
  });

  it('takes a body that was edited by hand, and tells its length', async () => {
    await using folder = await createTempFolder();
    const headers = ['content-length', '2', 'content-type', 'application/json'];
    await write(folder, {reply: {headers, chunks: [{ms: 0, bytes: Buffer.from('{"edited":"ü"}')}]}});
    await using replayer = await openReplayer({folder: folder.path});
    const {headers: sent, ending} = (await send(replayer.url, ask('hi'))) as RawReply;
    expect([sent[sent.indexOf('content-length') + 1], ending]).toEqual(['15', 'end']);
  });

  it.each([
    {
      name: 'in the middle of a body whose length is known',
      headers: ['content-length', '99'],
      chunks: ['half'],
    },
    {
      name: 'in the middle of a stream',
      headers: ['content-type', 'text/event-stream'],
      chunks: ['data: 1\n\n', 'da'],
    },
    {name: 'right behind its headers', headers: ['x-one', '1'], chunks: []},
  ])('cuts a reply where it was cut: $name', async ({headers, chunks}) => {
    await using folder = await createTempFolder();
    const pieces = chunks.map((text) => ({ms: 0, bytes: Buffer.from(text)}));
    await write(folder, {
      reply: {status: 206, statusText: 'model_error', headers, chunks: pieces, ending: 'cut'},
    });
    await using replayer = await openReplayer({folder: folder.path});
    expect(await send(replayer.url, ask('hi'))).toEqual({
      status: 206,
      statusText: 'model_error',
      headers: ['x-rollcall-simulated', 'true', ...headers],
      chunks,
      ending: 'cut',
    });
  });

  it('takes the time that was recorded only where it is asked to', async () => {
    await using folder = await createTempFolder();
    await write(folder, {
      reply: {
        headersMs: 100,
        chunks: [100, 300].map((ms) => ({ms, bytes: Buffer.from('x')})),
      },
    });
    const clock = createFakeClock();
    await using quick = await openReplayer({folder: folder.path, clock});
    expect(textOf(await send(quick.url, ask('hi')))).toBe('xx');
    await using slow = await openReplayer({folder: folder.path, clock, latency: 'recorded'});
    const answer = send(slow.url, ask('hi'));
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(299);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(textOf(await answer)).toBe('xx');
  });

  it('stands in for the resource before the official client', async () => {
    await using folder = await createTempFolder();
    const settings = {deployments: {'gpt-4o': {}, small: {model: 'text-embedding-3-small'}}};
    const use = async (url: string, apiKey: string): Promise<unknown> => {
      const client = new OpenAI({baseURL: `${url}/openai/v1`, apiKey, maxRetries: 0});
      const chat = {model: 'gpt-4o', messages: [{role: 'user' as const, content: 'hi'}]};
      const streamed: unknown[] = [];
      for await (const frame of await client.chat.completions.create({...chat, stream: true}))
        streamed.push(frame);
      return [
        await client.chat.completions.create(chat),
        streamed,
        (await client.responses.create({model: 'gpt-4o', input: 'hi'})).output_text,
        await client.embeddings.create({model: 'small', input: 'hi'}),
        (await client.models.list()).data,
        await client.chat.completions.create({...chat, model: 'none'}).catch(String),
      ];
    };
    let before: unknown;
    {
      await using upstream = await openSimulator(settings);
      await using recorder = await openRecorder(upstream.url, {folder: folder.path});
      before = await use(recorder.url, 'canary-key-1');
    }
    await using replayer = await openReplayer({folder: folder.path});
    expect(await use(replayer.url, 'any')).toEqual(before);
  });
});

describe('a request without a record', () => {
  it.each([
    {
      name: 'another text',
      body: ask('hello there'),
      message: 'differs first in messages[0].content: recorded "hi", asked for "hello there".',
    },
    {
      name: 'one message more',
      body: {messages: [...(ask('hi')['messages'] as JsonObject[]), {role: 'user', content: 'more'}]},
      message: 'differs first in messages[1]: recorded nothing, asked for {"role":"user","content":"more"}.',
    },
    {name: 'a stream', body: ask('hi', {stream: true}), message: 'stream: recorded nothing, asked for true.'},
    {
      name: 'a strange key',
      body: ask('hi', {'a b': null}),
      message: '["a b"]: recorded nothing, asked for null.',
    },
    {name: 'a list', body: [1] as unknown as JsonObject, message: 'body: recorded {"messages"'},
  ])('is told what the closest one has instead of $name', async ({body, message}) => {
    await using folder = await createTempFolder();
    await write(folder, {});
    await write(folder, {body: ask('something else', {n: 2, stop: ['x'], user: 'u', top_p: 0.5})});
    await using replayer = await openReplayer({folder: folder.path});
    const reply = (await send(replayer.url, body)) as RawReply;
    expect(reply.status).toBe(404);
    expect(JSON.parse(textOf(reply))).toMatchObject({error: {code: 'RecordNotFound'}});
    expect(messageOf(reply)).toContain(
      `There is no record of this request, POST ${path}. The closest of the 2 records, `,
    );
    expect(messageOf(reply)).toContain(message);
  });

  it('is told of the query where that differs', async () => {
    await using folder = await createTempFolder();
    await write(folder, {});
    await using replayer = await openReplayer({folder: folder.path});
    const other = await rawExchange(replayer.url, {
      target: `${path}?api-version=2024-06-01`,
      body: JSON.stringify(ask('hi')),
    });
    expect(messageOf(other)).toContain(
      'differs first in the query\'s api-version: recorded "2024-10-21", asked for "2024-06-01".',
    );
    expect(await send(replayer.url, ask('hi'), '&subscription-key=any')).toMatchObject({status: 200});
  });

  it('is told of other paths where there is none on its own', async () => {
    await using folder = await createTempFolder();
    await write(folder, {});
    await using replayer = await openReplayer({folder: folder.path});
    const reply = await rawExchange(replayer.url, {method: 'GET', target: '/openai/models'});
    expect(messageOf(reply)).toBe(
      `There is no record of this request, GET /openai/models. Nothing was recorded there. The nearest that was recorded: POST ${path}.`,
    );
  });

  it('is told so in few words without control characters, however long and hostile it is', async () => {
    await using folder = await createTempFolder();
    await write(folder, {body: ask(`${'a'.repeat(50_000)}b`)});
    await using replayer = await openReplayer({folder: folder.path});
    const message = messageOf(
      await send(
        replayer.url,
        ask(`${'a'.repeat(50_000)}\u001b[31m\u0007\u202e${'c'.repeat(50_000)}`),
        `&${'x'.repeat(5_000)}`,
      ),
    );
    expect(message.length).toBeLessThanOrEqual(1_000);
    expect(message).toMatch(/^[\x20-\x7e…]*$/);
    const shown = messageOf(await send(replayer.url, ask(`${'a'.repeat(50_000)}c`)));
    expect(shown).toMatch(/recorded …"a{15}b", asked for …"a{15}c"/);
  });

  it('may be larger than the service takes', async () => {
    await using folder = await createTempFolder();
    await write(folder, {});
    await using replayer = await openReplayer({folder: folder.path});
    expect(await rawExchange(replayer.url, {target, body: Buffer.alloc(26_214_401)})).toMatchObject({
      status: 413,
    });
  });
});

describe('a folder of records', () => {
  it.each([
    {
      name: 'is torn',
      change: (text: string) => text.slice(0, -30),
      at: /$/,
      message: 'this string never ends',
    },
    {name: 'is empty', change: () => '', at: /^/, message: 'ends where a value should be'},
    {name: 'is something else', change: () => '{\n  "name": "x"\n}', at: /^/, message: 'not a record'},
    {
      name: 'has a status that is a text',
      change: (text: string) => text.replace('200', '"200"'),
      at: /"200"/,
      message: 'expected number',
    },
    {
      name: 'has a header that cannot be sent',
      change: (text: string) => text.replace('x-one: 1', 'x one: 1'),
      at: /x one/,
      message: 'a header is "name: value"',
    },
    {
      name: 'has chunks that are not those of the body',
      change: (text: string) => text.replace('"bytes": 1}', '"bytes": 7}'),
      at: /"chunks"/,
      message: 'the chunks do not add up to the body',
    },
    {
      name: 'has a body in a form of its own',
      change: (text: string) => text.replace('"text"', '"xml"'),
      at: /"xml"/,
      message: 'a body is {"json": …}, {"text": …} or {"base64": …}',
    },
    {
      name: 'has a key of its own',
      change: (text: string) => text.replace('"ending"', '"other": 1, "ending"'),
      at: /"response"/,
      message: 'Unrecognized key: "other"',
    },
  ])('is refused when a file of it $name, with file and line', async ({change, at, message}) => {
    await using folder = await createTempFolder();
    await write(folder, {});
    const chunks = ['x', 'y'].map((text) => ({ms: 0, bytes: Buffer.from(text)}));
    const headers = ['x-one', '1', 'x-two', '2'.repeat(99)];
    const file = await write(folder, {position: 2, reply: {headers, chunks}});
    const text = change(readFileSync(file, 'utf8'));
    await writeFile(file, text);
    const line = text.slice(0, text.search(at)).split('\n').length;
    await expect(openReplayer({folder: folder.path})).rejects.toMatchObject({
      code: 'ERR_RECORDS',
      fault: 'config',
      message: 'a record is damaged',
      problems: [{file, line, message: containing(message)}],
    });
  });

  it('is refused with all that is wrong at once, as far as anybody reads', async () => {
    await using folder = await createTempFolder();
    for (let count = 0; count < 60; count++) await writeFile(folder.file(`${count}.json`), '{');
    const error: unknown = await openReplayer({folder: folder.path}).catch((reason: unknown) => reason);
    const {problems} = error as {problems: readonly {file?: string; message: string}[]};
    expect(problems).toHaveLength(51);
    expect(problems[10]?.file).toBe(folder.file('10.json'));
    expect(problems.at(-1)).toEqual({message: 'and 10 more'});
  });

  it.each([
    {name: 'is not there', file: 'none', message: /cannot read .*none: ENOENT/},
    {name: 'is a file', file: 'notes.txt', message: /cannot read .*notes\.txt: ENOTDIR/},
    {name: 'holds none', file: '.', message: /there is no record in/},
  ])('is refused when it $name', async ({file, message}) => {
    await using folder = await createTempFolder();
    await writeFile(folder.file('notes.txt'), '');
    await expect(openReplayer({folder: join(folder.path, file)})).rejects.toMatchObject({
      code: 'ERR_RECORDS',
      message: matching(message),
    });
  });

  it('is good without a file that was being written when its recorder died', async () => {
    await using folder = await createTempFolder();
    const whole = await write(folder, {});
    const half = await write(folder, {position: 2});
    await writeFile(`${half}.123456`, '{"rollcall_rec');
    await writeFile(folder.file('.rollcall.lock'), '{}');
    await rm(half);
    await using replayer = await openReplayer({folder: folder.path});
    expect(replayer.records).toBe(1);
    expect(readdirSync(folder.path).some((name) => whole.endsWith(name))).toBe(true);
  });
});
