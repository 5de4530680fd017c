import type {Socket} from 'node:net';
import {brotliCompressSync, constants, createGzip, deflateSync, gzipSync} from 'node:zlib';
import {describe, expect, it} from 'vitest';
import {createTransport, type Transport, type TransportOptions} from '../../src/azure/transport.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CancelledError} from '../../src/core/errors.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {openServer} from '../../src/runtime/http-server.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {chunkedHead, httpChunk, openScriptedServer, reply, type ScriptedServer} from './scripted-server.ts';

const ask = {
  target: '/x',
  headers: ['content-type', 'application/json'],
  body: '{}',
  cancellation: neverCancelled,
};

describe('a post', () => {
  it('brings status, headers and the whole body, over one connection kept alive', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(reply(200, {a: 'ü'}, {'x-y': 'z'})),
    );
    await using client = open(server, {connections: 1});
    for (let call = 0; call < 3; call++) {
      const {status, headers, body} = await client.post({...ask, body: '{"q":"ü"}'});
      expect({status, y: headers['x-y'], body: body.toString()}).toEqual({
        status: 200,
        y: 'z',
        body: '{"a":"ü"}',
      });
    }
    expect(server.connections()).toBe(1);
    expect(server.requests[0]).toMatch(/^POST \/x HTTP\/1\.1\r\n/);
    expect(Buffer.from(server.requests[0] ?? '', 'latin1').toString()).toContain('\r\n\r\n{"q":"ü"}');
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('puts a body together that comes byte by byte', async () => {
    const bytes = Buffer.from(reply(200, {text: 'é'.repeat(20)}));
    await using server = await openScriptedServer((socket) => {
      socket.setNoDelay(true);
      const next = (at: number) => {
        if (at < bytes.length) socket.write(bytes.subarray(at, at + 7), () => setImmediate(next, at + 7));
      };
      next(0);
    });
    await using client = open(server);
    expect(JSON.parse((await client.post(ask)).body.toString())).toEqual({text: 'é'.repeat(20)});
  });

  it('takes any status as a reply, and follows no redirect', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(reply(307, '', {location: 'http://127.0.0.1:1/elsewhere'})),
    );
    await using client = open(server);
    expect((await client.post(ask)).status).toBe(307);
    expect(server.requests).toHaveLength(1);
  });

  it('passes over a reply that is not the final one', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(`HTTP/1.1 102 Processing\r\n\r\n${reply(200, {ok: true})}`),
    );
    await using client = open(server);
    expect((await client.post(ask)).body.toString()).toBe('{"ok":true}');
  });

  it.each([
    ['a reset before the reply', '', 'ERR_MODEL_NETWORK'],
    ['a reset in the head', 'HTTP/1.1 200 OK\r\ncontent-', 'ERR_MODEL_NETWORK'],
    ['a body cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"a":', 'ERR_MODEL_TRUNCATED'],
    ['chunks cut short', `${chunkedHead}${httpChunk('{"a":')}`, 'ERR_MODEL_TRUNCATED'],
  ])('names %s, which may be tried again', async (_, bytes, code) => {
    for (const end of ['end', 'destroy'] as const) {
      await using server = await openScriptedServer((socket) => socket.write(bytes, () => socket[end]()));
      await using client = open(server);
      await expect(client.post(ask)).rejects.toMatchObject({code, effect: 'retry', unreachable: false});
      expect(client.clock.pendingTimers).toBe(0);
    }
  });

  it('names something that is not HTTP', async () => {
    await using server = await openScriptedServer((socket) => socket.write('SSH-2.0-OpenSSH_9\r\n'));
    await using client = open(server);
    await expect(client.post(ask)).rejects.toMatchObject({code: 'ERR_MODEL_MALFORMED', effect: 'retry'});
  });

  it('takes the end of the connection for the end of a body without length', async () => {
    await using server = await openScriptedServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n{"a":1}'));
    await using client = open(server);
    expect((await client.post(ask)).body.toString()).toBe('{"a":1}');
  });

  it.each([
    ['announced', reply(200, 'x'.repeat(2_000))],
    ['not announced', `${chunkedHead}${httpChunk('x'.repeat(2_000))}`],
  ])('refuses a body that is too large, %s', async (_, bytes) => {
    await using server = await openScriptedServer((socket) => socket.write(bytes));
    await using client = open(server, {limits: {maxBodyBytes: 1_000}});
    await expect(client.post(ask)).rejects.toMatchObject({code: 'ERR_MODEL_MALFORMED', effect: 'rollout'});
    await server.closed(1);
  });

  it('opens no more connections than it may, and still answers all', async () => {
    await using server = await openScriptedServer((socket) =>
      setImmediate(() => socket.write(reply(200, {}))),
    );
    await using client = open(server, {connections: 3});
    await Promise.all(Array.from({length: 20}, () => client.post(ask)));
    expect(server.connections()).toBeLessThanOrEqual(3);
  });
});

describe('an endpoint out of reach', () => {
  it('is told from one that fails', async () => {
    const server = await openScriptedServer(() => undefined);
    const {origin} = server;
    await server[Symbol.asyncDispose]();
    await using client = open({origin});
    await expect(client.post(ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_UNREACHABLE',
      effect: 'retry',
      unreachable: true,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('is so when its name is not known', async () => {
    await using client = open({origin: 'http://rollcall-test.invalid'});
    await expect(client.post(ask)).rejects.toMatchObject({code: 'ERR_MODEL_UNREACHABLE', unreachable: true});
  });

  it('ends the run when it does not speak TLS', async () => {
    await using server = await openServer((_, response) => void response.end(), {host: '127.0.0.1', port: 0});
    await using client = open({origin: server.url.replace('http', 'https')});
    await expect(client.post(ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_TLS',
      effect: 'run',
      unreachable: true,
    });
  });

  it('is given up when no connection opens in time', async () => {
    // A TLS client waits for a greeting that never comes.
    await using server = await openScriptedServer(() => undefined);
    await using client = open({origin: server.origin.replace('http', 'https')});
    const failure = expect(client.post(ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_UNREACHABLE',
      unreachable: true,
    });
    await waitUntil(() => server.open() === 1);
    await client.clock.advance(9_999);
    expect(client.clock.pendingTimers).toBe(2);
    await client.clock.advance(1);
    await failure;
    await server.closed(1);
  });

  it('keeps nothing open when the transport closes meanwhile', async () => {
    await using server = await openScriptedServer(() => undefined);
    const client = open({origin: server.origin.replace('http', 'https')});
    const failure = expect(client.post(ask)).rejects.toBeInstanceOf(Error);
    await waitUntil(() => server.open() === 1);
    await client.close();
    await failure;
    await server.closed(1);
    expect(client.clock.pendingTimers).toBe(0);
  });
});

describe('a reply that was compressed though nobody asked', () => {
  const packed = (bytes: Buffer, encoding: string) =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${String(bytes.length)}\r\n\r\n`,
      ),
      bytes,
    ]);

  it.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['identity', (text: string) => Buffer.from(text)],
    ['none that is known', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => Buffer.from(text)],
  ])('is read as it was meant: %s', async (encoding, pack) => {
    await using server = await openScriptedServer((socket) =>
      socket.write(packed(pack('{"a":"ü"}'), encoding)),
    );
    await using client = open(server);
    expect((await client.post(ask)).body.toString()).toBe('{"a":"ü"}');
  });

  it('may be empty', async () => {
    await using server = await openScriptedServer((socket) => socket.write(packed(Buffer.alloc(0), 'gzip')));
    await using client = open(server);
    expect((await client.post(ask)).body).toHaveLength(0);
  });

  it('is refused when it unfolds beyond the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    await using server = await openScriptedServer((socket) => socket.write(packed(bomb, 'gzip')));
    await using client = open(server, {limits: {maxBodyBytes: 100_000}});
    const refused = {code: 'ERR_MODEL_MALFORMED', effect: 'rollout'};
    await expect(client.post(ask)).rejects.toMatchObject(refused);
    const {chunks} = await client.stream(ask);
    await expect(allOf(chunks)).rejects.toMatchObject(refused);
  });

  it('is streamed piece by piece, and closes the connection when its reader leaves early', async () => {
    const gzip = createGzip({flush: constants.Z_SYNC_FLUSH});
    await using server = await openScriptedServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n');
      gzip.pipe(socket);
      gzip.write('data: 1\n\n');
    });
    await using client = open(server);
    const {chunks} = await client.stream(ask);
    for await (const chunk of chunks) {
      expect(chunk.toString()).toBe('data: 1\n\n');
      break;
    }
    await server.closed(1);
  });

  it.each([
    ['is cut off', (socket: Socket) => socket.end(), 'ERR_MODEL_TRUNCATED'],
    ['is reset', (socket: Socket) => socket.resetAndDestroy(), 'ERR_MODEL_TRUNCATED'],
  ])('fails its reader when it %s', async (_, end, code) => {
    await using server = await openScriptedServer((socket) => {
      const half = gzipSync('data: 1\n\n'.repeat(100)).subarray(0, 20);
      socket.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n');
      socket.write(half, () => end(socket));
    });
    await using client = open(server);
    const {chunks} = await client.stream(ask);
    await expect(allOf(chunks)).rejects.toMatchObject({code, effect: 'retry'});
  });
});

describe('the limits of a call', () => {
  const limits = {firstByteMs: 5_000, idleMs: 1_000, callMs: 7_900};

  it('end one that gets no first byte', async () => {
    await using server = await openScriptedServer(() => undefined);
    await using client = open(server, {limits});
    const failure = expect(client.post(ask)).rejects.toMatchObject({
      code: 'ERR_MODEL_TIMEOUT',
      effect: 'retry',
      message: expect.stringContaining('began no reply within 5 s') as string,
    });
    await server.received(1);
    await client.clock.advance(4_999);
    expect(server.open()).toBe(1);
    await client.clock.advance(1);
    await failure;
    await server.closed(1);
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('cost a call that is answered in time one timer', async () => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, {})));
    const clock = createFakeClock();
    let timers = 0;
    const counting = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimer: (delayMs: number, callback: () => void) => {
        timers++;
        return clock.setTimer(delayMs, callback);
      },
    };
    await using client = open(server, {clock: counting, connections: 1});
    await client.post(ask);
    const opening = timers;
    await client.post(ask);
    expect(timers - opening).toBe(1);
  });

  it('end one that stops in the middle', async () => {
    await using server = await openScriptedServer((socket) => socket.write(chunkedHead + httpChunk('a')));
    await using client = open(server, {limits});
    const {chunks} = await client.stream(ask);
    const iterator = chunks[Symbol.asyncIterator]();
    expect(text(await iterator.next())).toBe('a');
    const failure = expect(iterator.next()).rejects.toMatchObject({
      code: 'ERR_MODEL_TIMEOUT',
      message: expect.stringContaining('stopped in the middle of its reply within 1 s') as string,
    });
    await client.clock.advance(1_000);
    await failure;
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('let one go on that trickles, until its whole time is up, on one timer', async () => {
    let send: (text: string) => void = () => undefined;
    await using server = await openScriptedServer((socket) => {
      socket.write(chunkedHead);
      send = (text) => socket.write(httpChunk(text));
    });
    await using client = open(server, {limits});
    const {chunks} = await client.stream(ask);
    const iterator = chunks[Symbol.asyncIterator]();
    for (let piece = 0; piece < 8; piece++) {
      send('x');
      expect(text(await iterator.next())).toBe('x');
      expect(client.clock.pendingTimers).toBe(1);
      if (piece < 7) await client.clock.advance(1_000 - 1);
    }
    const failure = expect(iterator.next()).rejects.toMatchObject({
      message: expect.stringContaining('did not finish its reply within 7.9 s') as string,
    });
    await client.clock.advance(7_900 - 7 * 999);
    await failure;
  });
});

describe('cancelling', () => {
  it('breaks a call off with its reason and leaves nothing behind', async () => {
    await using server = await openScriptedServer(() => undefined);
    await using client = open(server);
    const cancellation = new CancellationSource();
    const call = client.post({...ask, cancellation});
    await server.received(1);
    expect(cancellation.listenerCount).toBe(1);
    const reason = new CancelledError('enough');
    cancellation.cancel(reason);
    await expect(call).rejects.toBe(reason);
    await server.closed(1);
    expect(cancellation.listenerCount).toBe(0);
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('sends nothing for a call that waits for a connection', async () => {
    await using server = await openScriptedServer(() => undefined);
    await using client = open(server, {connections: 1});
    const cancellation = new CancellationSource();
    const first = client.post({...ask, cancellation});
    await server.received(1);
    const second = client.post({...ask, target: '/second', cancellation});
    cancellation.cancel();
    await expect(first).rejects.toBeInstanceOf(CancelledError);
    await expect(second).rejects.toBeInstanceOf(CancelledError);
    await server.closed(1);
    expect(server.requests).toHaveLength(1);
  });

  it('sends nothing at all when it came first', async () => {
    await using server = await openScriptedServer(() => undefined);
    await using client = open(server);
    const cancellation = new CancellationSource();
    cancellation.cancel();
    await expect(client.post({...ask, cancellation})).rejects.toBeInstanceOf(CancelledError);
    await expect(client.stream({...ask, cancellation})).rejects.toBeInstanceOf(CancelledError);
    expect(server.connections()).toBe(0);
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('listens no more once a call is over', async () => {
    await using server = await openScriptedServer((socket) => socket.write(reply(200, {})));
    await using client = open(server);
    const cancellation = new CancellationSource();
    await client.post({...ask, cancellation});
    expect(cancellation.listenerCount).toBe(0);
  });

  it('ends what runs when the transport closes', async () => {
    await using server = await openScriptedServer(() => undefined);
    const client = open(server);
    const call = expect(client.post(ask)).rejects.toBeInstanceOf(CancelledError);
    await server.received(1);
    await client.close();
    await call;
    await expect(client.post(ask)).rejects.toBeInstanceOf(CancelledError);
    expect(client.clock.pendingTimers).toBe(0);
  });
});

describe('a stream', () => {
  it('gives the pieces as they come and then ends', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(chunkedHead + httpChunk('one') + httpChunk('two') + httpChunk('')),
    );
    await using client = open(server, {connections: 1});
    const {status, chunks} = await client.stream(ask);
    let all = '';
    for await (const chunk of chunks) all += chunk.toString();
    expect([status, all]).toEqual([200, 'onetwo']);
    await client.stream(ask);
    expect(server.connections()).toBe(1);
  });

  it('closes the connection when its reader leaves early', async () => {
    await using server = await openScriptedServer((socket) => socket.write(chunkedHead + httpChunk('one')));
    await using client = open(server);
    const cancellation = new CancellationSource();
    const {chunks} = await client.stream({...ask, cancellation});
    const iterator = chunks[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await server.closed(1);
    expect(cancellation.listenerCount).toBe(0);
    expect(client.clock.pendingTimers).toBe(0);
  });

  it('fails its reader when the connection breaks, after what had come', async () => {
    await using server = await openScriptedServer((socket) =>
      socket.write(chunkedHead + httpChunk('one'), () => socket.destroy()),
    );
    await using client = open(server);
    const {chunks} = await client.stream(ask);
    await server.closed(1);
    const iterator = chunks[Symbol.asyncIterator]();
    expect(text(await iterator.next())).toBe('one');
    await expect(iterator.next()).rejects.toMatchObject({code: 'ERR_MODEL_TRUNCATED'});
    await expect(iterator.next()).rejects.toMatchObject({code: 'ERR_MODEL_TRUNCATED'});
  });

  it('holds a server back whose reader is slow, without taking that for idleness', async () => {
    const total = 64 * 1_048_576;
    let written = 0;
    await using server = await openScriptedServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${String(total)}\r\n\r\n`);
      const block = Buffer.alloc(65_536, 'x');
      const next = () => {
        while (written < total) {
          written += block.length;
          if (!socket.write(block)) return void socket.once('drain', next);
        }
      };
      next();
    });
    await using client = open(server, {limits: {maxBodyBytes: total, idleMs: 1_000, callMs: 600_000}});
    const {chunks} = await client.stream(ask);
    const iterator = chunks[Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    await waitUntil(() => {
      const isStill = written === before;
      before = written;
      return isStill;
    }, 50);
    expect(written).toBeLessThan(total / 2);
    await client.clock.advance(300_000);
    let bytes = 0;
    for await (const chunk of chunks) bytes += chunk.length;
    expect(bytes).toBeGreaterThan(total - 70_000);
  });
});

async function allOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  for await (const chunk of chunks) all += chunk.toString();
  return all;
}

function text({value}: IteratorResult<Buffer, unknown>): string {
  return String(value);
}

/** Waits for something that the operating system does in its own time. */
async function waitUntil(isSo: () => boolean, everyMs = 1): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => systemClock.setTimer(everyMs, resolve));
}

function open(
  {origin}: Pick<ScriptedServer, 'origin'>,
  options: Partial<TransportOptions> = {},
): Transport & AsyncDisposable & {clock: FakeClock} {
  const clock = createFakeClock();
  const transport = createTransport({origin, clock, redact: (text) => text, ...options});
  return {...transport, clock, [Symbol.asyncDispose]: () => transport.close()};
}
