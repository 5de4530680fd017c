import {Readable} from 'node:stream';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {brotliCompressSync, deflateRawSync, deflateSync, gzipSync} from 'node:zlib';
import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import type {ServiceRoute} from '../../../src/servers/http/service.ts';
import {until} from '../../simulator/open-simulator.ts';
import {openTestService, type TestService} from '../open-test-service.ts';
import {openRaw} from '../raw-client.ts';

const echo: ServiceRoute = {
  method: 'POST',
  path: '/echo',
  handle: ({body}) => ({body: {json: body ?? 'none'}}),
};
const limit = 1000;

function open(): Promise<TestService> {
  return openTestService([echo], {bodyLimitBytes: limit});
}

async function post(service: TestService, body: string | Uint8Array, headers: Record<string, string> = {}) {
  const answer = await request(`${service.url}/echo`, {method: 'POST', body, headers});
  return {status: answer.statusCode, headers: answer.headers, text: await answer.body.text()};
}

describe('a route with limits of its own', () => {
  const body = JSON.stringify({list: Array.from({length: 2_000_001}, () => 0)});

  it.each([
    ['takes what other routes refuse', {bytes: 5_000_000, values: 2_000_002}, 200],
    ['refuses more bytes than they say', {bytes: 4_000_000, values: 2_000_002}, 413],
    ['refuses more values than they say', {bytes: 5_000_000, values: 2_000_001}, 413],
    ['never takes less than its server', {bytes: 5_000_000, values: 1}, 413],
  ])('%s', async (_, bodyLimits, status) => {
    const route: ServiceRoute = {...echo, bodyLimits, handle: () => ({body: {json: {}}})};
    await using service = await openTestService([route], {bodyLimitBytes: limit});
    expect((await post(service, body)).status).toBe(status);
    expect((await post(service, '{"list":[1,2,3]}')).status).toBe(200);
  });
});

describe('a request’s body', () => {
  it.each([
    ['application/json'],
    ['application/json; charset=utf-8'],
    ['application/vnd.api+json'],
    ['application/x-www-form-urlencoded'],
    ['text/plain'],
    ['json'],
    ['nonsense; ;;'],
  ])('is read as JSON when it calls itself %s', async (type) => {
    await using service = await open();
    expect(await post(service, '{"a":1}', {'content-type': type})).toMatchObject({
      status: 200,
      text: '{"a":1}',
    });
  });

  it.each([
    ['integers beyond 2^53', '{"seed":123456789012345678901234567890}'],
    ['a key that is a prototype’s', '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}'],
    ['text beyond ASCII', '{"a":"zażółć 🙂"}'],
    ['brackets in a text', `{"a":"${'['.repeat(500)}\\"${'{'.repeat(300)}"}`],
  ])('keeps %s', async (_, body) => {
    await using service = await open();
    expect(await post(service, body)).toMatchObject({status: 200, text: body});
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('may be missing, be empty, come without a type, or be marked as UTF-8', async () => {
    await using service = await open();
    expect((await post(service, '')).text).toBe('"none"');
    expect((await post(service, '', {'content-type': 'application/json'})).text).toBe('"none"');
    expect((await post(service, '\ufeff{"a":1}')).text).toBe('{"a":1}');
    const chunked = await request(`${service.url}/echo`, {method: 'POST', body: Readable.from(halves())});
    expect(await chunked.body.text()).toBe('{"a":"ä"}');
  });

  it.each([
    ['{"a":1', 400, 'invalid_json', 'line 1, column 7 it ends where a comma or } should be'],
    ['{\n  "a": tru\n}', 400, 'invalid_json', 'line 2, column 8 it has tru where'],
    ['{"a":1} x', 400, 'invalid_json', 'where the end of the body should be'],
    ['a=1&b=2', 400, 'invalid_json', 'line 1, column 1'],
    ['[1]', 400, 'invalid_json', 'it is a list'],
    ['null', 400, 'invalid_json', 'it is null'],
    ['"text"', 400, 'invalid_json', 'it is a string'],
    [' ', 400, 'invalid_json', 'it ends where a value should be'],
    [`{"a":${'['.repeat(300)}${']'.repeat(300)}}`, 400, 'invalid_json', 'deeper than 200'],
    ['['.repeat(900), 400, 'invalid_json', 'deeper than 200'],
    [`{"a":"${'x'.repeat(limit)}"}`, 413, 'request_too_large', '1000 bytes'],
  ])('is refused where it is no JSON object: %#', async (body, status, code, message) => {
    await using service = await open();
    const answer = await post(service, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toEqual({
      error: {
        message: expect.stringContaining(message) as unknown,
        type: 'invalid_request_error',
        code,
        param: null,
      },
    });
  });

  it('may not hold more values than memory has room for', async () => {
    await using service = await openTestService([echo]);
    const answer = await post(service, `{"a":[${'0,'.repeat(2_000_000)}0]}`);
    expect(answer).toMatchObject({status: 413, text: expect.stringContaining('2000000 values') as unknown});
  });
});

describe('an encoded body', () => {
  const text = JSON.stringify({a: 'b'.repeat(100)});
  it.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['GZIP', gzipSync(text)],
  ])('is unpacked: %s', async (encoding, body) => {
    await using service = await open();
    expect(await post(service, body, {'content-encoding': encoding})).toMatchObject({status: 200, text});
  });

  it.each([
    ['zstd', Buffer.from('x'), 415, 'unsupported_content_encoding'],
    ['gzip, gzip, gzip, gzip', Buffer.from('x'), 415, 'unsupported_content_encoding'],
    ['gzip', Buffer.from('no gzip'), 400, 'invalid_content_encoding'],
    ['gzip', gzipSync(text).subarray(0, 20), 400, 'invalid_content_encoding'],
    ['gzip', gzipSync(`{"a":"${'x'.repeat(1_000_000)}"}`), 413, 'request_too_large'],
    ['br', brotliCompressSync(`{"a":"${'x'.repeat(1_000_000)}"}`), 413, 'request_too_large'],
  ])('is refused: %s %#', async (encoding, body, status, code) => {
    await using service = await openTestService([echo], {bodyLimitBytes: 2000});
    const answer = await post(service, body, {'content-encoding': encoding});
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({error: {code}});
  });
});

describe('a body beyond the limit', () => {
  it('is told so before it is sent, when its sender asks', async () => {
    await using service = await open();
    await using client = await openRaw(service);
    const head = (length: number) =>
      `POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: ${length}\r\n\r\n`;
    client.socket.write(head(7));
    await client.until(/100 Continue\r\n\r\n/);
    client.socket.write('{"a":1}');
    await client.until(/200 OK[^]*\{"a":1\}$/);
    client.socket.write(head(limit + 1));
    expect((await client.closed()).split('100 Continue')).toHaveLength(2);
    expect(client.text()).toMatch(/413 Payload Too Large[^]*request_too_large/);
  });

  it('leaves the connection for the next request when it was sent nevertheless', async () => {
    await using service = await open();
    await using client = await openRaw(service);
    const body = 'x'.repeat(300_000);
    client.socket.write(`POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    client.socket.write(`POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`);
    client.socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    client.socket.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n');
    const answers = await client.until(/"status":"ok"/);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('answers other expectations with 417', async () => {
    await using service = await open();
    await using client = await openRaw(service);
    client.socket.write('POST /echo HTTP/1.1\r\nhost: a\r\nexpect: wonders\r\ncontent-length: 2\r\n\r\n{}');
    const answer = await client.closed();
    expect(answer).toContain('HTTP/1.1 417');
    expect(answer).toContain('invalid_http_request');
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- a body that comes in pieces
async function* halves(): AsyncGenerator<Buffer> {
  const whole = Buffer.from('{"a":"ä"}');
  yield whole.subarray(0, 7);
  yield whole.subarray(7);
}

describe('a request that is being worked on', () => {
  it('keeps no bytes of its body, only what was read from them', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const size = 8 * 1_048_576;
    const held: number[] = [];
    const hold: ServiceRoute = {
      method: 'POST',
      path: '/hold',
      async handle() {
        // The collector frees in the background.
        for (let look = 0; look < 50; look++) {
          await new Promise(setImmediate);
          collectGarbage();
          held.push(process.memoryUsage().arrayBuffers);
        }
        return {body: {json: {}}};
      },
    };
    await using service = await openTestService([hold]);
    // Sent bit by bit, so that nothing of it is left with the sender.
    const piece = Buffer.alloc(1_048_576, ' ');
    const pieces = function* (): Generator<Buffer> {
      for (let sent = 0; sent < size; sent += piece.length) yield piece;
      yield Buffer.from('{}');
    };
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const answer = await request(`${service.url}/hold`, {method: 'POST', body: Readable.from(pieces())});
    await answer.body.text();
    expect(Math.min(...held) - before).toBeLessThan(size / 4);
  });
});

describe('large bodies that come at once', () => {
  it('are worked on one in each round of the event loop, so that others are served in between', async () => {
    let round = 0;
    let isOver = false;
    const count = (): void => {
      round += 1;
      if (!isOver) setImmediate(count);
    };
    const rounds: number[] = [];
    const large: ServiceRoute = {
      method: 'POST',
      path: '/large',
      handle() {
        rounds.push(round);
        return {body: {json: {}}};
      },
    };
    await using service = await openTestService([large]);
    const body = JSON.stringify({text: 'x'.repeat(300_000)});
    const head = `POST /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    const clients = await Promise.all(Array.from({length: 20}, () => openRaw(service)));
    for (const {socket} of clients) socket.write(head + body.slice(0, -1));
    await until(() => clients.every(({socket}) => socket.writableLength === 0) && service.inFlight() === 20);
    count();
    for (const {socket} of clients) socket.write(body.slice(-1));
    const answers = await Promise.all(clients.map((client) => client.closed()));
    isOver = true;
    expect(answers.every((answer) => answer.includes(' 200 OK'))).toBe(true);
    expect(new Set(rounds).size).toBe(20);
  });
});
