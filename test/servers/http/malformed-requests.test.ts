import {describe, expect, it} from 'vitest';
import type {ServiceRoute} from '../../../src/servers/http/service.ts';
import {until} from '../../simulator/open-simulator.ts';
import {openTestService, type TestService} from '../open-test-service.ts';
import {bodyOf, exchangeRaw, openRaw} from '../raw-client.ts';

const echo: ServiceRoute = {
  method: 'POST',
  path: '/echo',
  handle: ({body}) => ({body: {json: body ?? 'none'}}),
};

function open(): Promise<TestService> {
  return openTestService([echo], {bodyLimitBytes: 1000});
}

describe('what is no HTTP', () => {
  it.each([
    ['garbage', '\u0000\u0001\u0002\r\n\r\n', 400],
    ['a TLS greeting', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), 400],
    ['a bad header', 'GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}`, 431],
    ['a bad chunk', 'POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n', 400],
    ['a wish for a tunnel', 'CONNECT other:443 HTTP/1.1\r\nhost: other:443\r\n\r\n', 405],
  ])('is answered in the shape of every error: %s', async (_, bytes, status) => {
    await using service = await open();
    await using client = await openRaw(service);
    client.socket.write(bytes);
    const answer = await client.closed();
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(bodyOf(answer)).toMatchObject({error: {type: 'invalid_request_error', param: null}});
  });

  it('is not mistaken for the answer to a request before it', async () => {
    let finish: () => void = () => undefined;
    const wait: ServiceRoute = {
      method: 'GET',
      path: '/wait',
      handle: () => new Promise((resolve) => (finish = () => resolve({body: {bytes: 'x'.repeat(10)}}))),
    };
    await using service = await openTestService([wait]);
    await using client = await openRaw(service);
    client.socket.write(
      'GET /wait HTTP/1.1\r\nhost: a\r\n\r\nGET /wait HTTP/1.1\r\nhost: a\r\n\r\ngarbage\r\n\r\n',
    );
    expect(await client.closed()).toBe('');
    finish();
  });
});

// The long form: 10,000 take some seconds.
const count = Number(process.env['ROLLCALL_MALFORMED_REQUESTS'] ?? 500);
const seed = Number(process.env['ROLLCALL_MALFORMED_SEED'] ?? 1);

describe('after a run of malformed requests', () => {
  it(`a server answers as before: ${count} of them, seed ${seed}`, {
    timeout: 30_000 + count * 60,
  }, async () => {
    const rejections: unknown[] = [];
    const record = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', record);
    await using service = await open();
    const random = createRandom(seed);
    const batch = 20;
    for (let sent = 0; sent < count; sent += batch)
      await Promise.all(Array.from({length: batch}, () => sendMalformed(service, random)));
    await until(() => service.inFlight() === 0);
    const answer = await exchangeRaw(
      service,
      'POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 7\r\n\r\n{"a":1}',
    );
    expect(answer).toMatch(/200 OK[^]*\{"a":1\}$/);
    await until(() => openSockets() === 0);
    process.off('unhandledRejection', record);
    expect(rejections).toEqual([]);
    expect(service.logged).toEqual([]);
    expect(process.listenerCount('unhandledRejection')).toBe(listenersBefore);
  });
});

const listenersBefore = process.listenerCount('unhandledRejection');

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

type Random = () => number;

/** Sends one request that is wrong in one way and reads until it is answered or refused. An answer is always HTTP with a JSON body. */
async function sendMalformed(service: TestService, random: Random): Promise<void> {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const {bytes, then} = pick(makers)(random, pick);
  await using client = await openRaw(service);
  client.socket.write(bytes);
  if (then === 'half-close') client.socket.end();
  if (then === 'reset') {
    client.socket.resetAndDestroy();
    return;
  }
  if (then === 'leave') client.socket.destroy();
  const answer = await client.closed();
  if (answer === '') return;
  expect(answer).toMatch(/^HTTP\/1\.1 (?:200|400|404|405|408|413|415|417|431) /);
  expect(bodyOf(answer)).toBeDefined();
}

interface Malformed {
  readonly bytes: string | Buffer;
  readonly then?: 'half-close' | 'reset' | 'leave';
}
type Maker = (random: Random, pick: <T>(list: readonly T[]) => T) => Malformed;

const head = (method: string, path: string, more: string): string =>
  `${method} ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${more}\r\n`;
const post = (body: string | Buffer, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(head('POST', '/echo', `${more}content-length: ${Buffer.byteLength(body)}\r\n`)),
    Buffer.from(body),
  ]);
const noise = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({length}, () => Math.floor(random() * 256)));

const jsonish = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '1e999',
  '-',
  'null',
  'tru',
  '\\',
  '\u0000',
  '"a"',
  'NaN',
  ' ',
];
const makers: readonly Maker[] = [
  // No JSON, or no object.
  (random, pick) => ({bytes: post(Array.from({length: 1 + random() * 30}, () => pick(jsonish)).join(''))}),
  (random) => ({bytes: post(noise(random, 1 + random() * 200))}),
  (_, pick) => ({bytes: post(pick(['[]', 'null', '1', '"a"', 'true', '', ' ', '\ufeff', '{"a":1}{"a":1}']))}),
  (random) => ({bytes: post('['.repeat(random() * 2000))}),
  // Encodings that are none.
  (random, pick) => ({
    bytes: post(
      noise(random, 50),
      `content-encoding: ${pick(['gzip', 'br', 'deflate', 'zstd', ',', 'gzip,br'])}\r\n`,
    ),
  }),
  // Too much, announced or not.
  (random) => ({bytes: post('x'.repeat(1000 + random() * 100_000))}),
  (random) => {
    const size = Math.floor(1000 + random() * 50_000);
    const chunk = `${size.toString(16)}\r\n${'y'.repeat(size)}\r\n`;
    return {bytes: `${head('POST', '/echo', 'transfer-encoding: chunked\r\n')}${chunk}0\r\n\r\n`};
  },
  // Cut off.
  (random, pick) => {
    const whole = post('{"a":"some text that is not there to its end"}');
    return {
      bytes: whole.subarray(0, 1 + random() * (whole.length - 2)),
      then: pick(['half-close', 'reset', 'leave'] as const),
    };
  },
  () => ({bytes: head('POST', '/echo', 'transfer-encoding: chunked\r\n') + '5\r\nab', then: 'half-close'}),
  (_, pick) => ({bytes: post('{"a":1}'), then: pick(['half-close', 'reset', 'leave'] as const)}),
  // Wrong method, wrong path.
  (_, pick) => ({
    bytes: head(
      pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']),
      pick(['/echo', '/', '/%', '/%ff%00', '*', '//', '/..;/', `/${'p'.repeat(5000)}`, 'http://x', '/?%']),
      '',
    ),
  }),
  // No HTTP.
  (random) => ({bytes: noise(random, 1 + random() * 500), then: 'half-close'}),
  (random) => ({bytes: head('GET', '/echo', `x: ${'h'.repeat(16_000 + random() * 60_000)}\r\n`)}),
  (_, pick) => ({
    bytes: head(
      'POST',
      '/echo',
      pick([
        'content-length: -1\r\n',
        'content-length: 1e3\r\n',
        'content-length: 99999999999999999999\r\n',
        'content-length: 5\r\ntransfer-encoding: chunked\r\n',
        'transfer-encoding: nonsense\r\n',
        'expect: nonsense\r\n',
        ': no name\r\n',
        'a\u0000b: c\r\n',
      ]),
    ),
    then: 'half-close',
  }),
  (_, pick) => ({
    bytes: pick([
      'GET / HTTP/9.9\r\n\r\n',
      'GET /\r\n\r\n',
      'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
      '\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ]),
    then: 'half-close',
  }),
];

/** Mulberry32: the same requests for the same seed. */
function createRandom(start: number): Random {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
