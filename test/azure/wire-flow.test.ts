import type {Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CancelledError} from '../../src/core/errors.ts';
import type {WireAnswer, WireRequest} from '../../src/core/wire.ts';
import {ask, chatFrames, openWire, streamReply, type WireSetting} from './open-wire.ts';
import {chunkedHead, httpChunk} from './scripted-server.ts';

const chat = {api: 'chat', body: {messages: [{role: 'user', content: 'x'}]}} satisfies WireRequest;
const chatStream = {api: 'chat', body: {...chat.body, stream: true}} satisfies WireRequest;
const responsesStream = {api: 'responses', body: {input: 'x', stream: true}} satisfies WireRequest;
const begun = chunkedHead + httpChunk(`data: ${JSON.stringify(chatFrames[0])}\n\n`);

function readerOf({content}: WireAnswer): AsyncIterator<Uint8Array> {
  if (content.kind === 'body') throw new Error('no stream');
  return content.chunks[Symbol.asyncIterator]();
}

/** Turns of the event loop, sockets included. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a client that goes away', () => {
  it.each<[string, WireRequest, WireSetting]>([
    ['a whole answer', chat, {}],
    ['a stream', chatStream, {}],
    ['a stream that is translated', responsesStream, {}],
    ['a stream of a model that has none', chatStream, {settings: {family: 'o1'}}],
  ])(
    'closes the connection at once while the first byte of %s is waited for',
    async (_, request, setting) => {
      await using at = await openWire(() => undefined, setting);
      const source = new CancellationSource();
      const call = at.model(request, {cancellation: source}).catch((thrown: unknown) => thrown);
      await at.received(1);
      const reason = new CancelledError('gone');
      source.cancel(reason);
      expect(await call).toBe(reason);
      await at.closed(1);
      expect(source.listenerCount).toBe(0);
    },
  );

  it('closes it while the first event of a stream is waited for', async () => {
    await using at = await openWire((socket) => socket.write(chunkedHead + httpChunk('data: {"choi')));
    const source = new CancellationSource();
    const call = at.model(chatStream, {cancellation: source}).catch((thrown: unknown) => thrown);
    await at.received(1);
    await turns(20);
    const reason = new CancelledError('gone');
    source.cancel(reason);
    expect(await call).toBe(reason);
    await at.closed(1);
  });

  it.each([
    ['same', chatStream],
    ['other', responsesStream],
  ])('closes it in the middle of a stream of the %s protocol', async (_, request) => {
    await using at = await openWire((socket) => socket.write(begun));
    const source = new CancellationSource();
    const reader = readerOf(await at.model(request, {cancellation: source}));
    await reader.next();
    source.cancel(new CancelledError('gone'));
    await at.closed(1);
    expect(source.listenerCount).toBe(0);
  });
});

describe('a reader that leaves a stream', () => {
  it.each([
    ['before it has read anything', 0, chatStream],
    ['after the first chunk', 1, chatStream],
    ['before it has read anything of a translation', 0, responsesStream],
  ])('closes the connection %s', async (_, chunks, request) => {
    await using at = await openWire((socket) => socket.write(begun));
    const source = new CancellationSource();
    const reader = readerOf(await at.model(request, {cancellation: source}));
    for (let count = 0; count < chunks; count++) await reader.next();
    await reader.return?.();
    await at.closed(1);
    expect(source.listenerCount).toBe(0);
  });

  it('closes it while a chunk is waited for', async () => {
    await using at = await openWire((socket) => socket.write(begun));
    const reader = readerOf(await at.model(chatStream, ask));
    await reader.next();
    const pending = reader.next();
    await reader.return?.();
    await at.closed(1);
    expect((await pending).done).toBe(true);
  });
});

describe('a stream that is read to its end', () => {
  it('leaves the connection to the next call and nobody listening', async () => {
    await using at = await openWire(streamReply(chatFrames));
    const source = new CancellationSource();
    for (let call = 0; call < 3; call++) {
      const reader = readerOf(await at.model(chatStream, {cancellation: source}));
      while ((await reader.next()).done !== true);
      await turns(5);
    }
    expect([at.connections(), source.listenerCount]).toEqual([1, 0]);
  });
});

describe('a reader that is slow', () => {
  const total = 200 * 1024 * 1024;
  const frame = {...(chatFrames[0] as object), choices: [{index: 0, delta: {content: 'x'.repeat(65_000)}}]};
  const piece = httpChunk(`data: ${JSON.stringify(frame)}\n\n`);

  /** Writes 200 MB as fast as they are taken, and counts what has been taken. */
  function flood(socket: Socket, taken: {bytes: number}): void {
    const write = (): void => {
      while (taken.bytes < total) {
        taken.bytes += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', write);
    socket.write(begun);
    write();
  }

  /** What has been taken when nothing more is. */
  async function settled(taken: {readonly bytes: number}): Promise<number> {
    for (let before = -1; before !== taken.bytes; ) {
      before = taken.bytes;
      await turns(300);
    }
    return taken.bytes;
  }

  it.each([
    ['as they come', chatStream],
    ['translated', responsesStream],
  ])('holds the service back: bytes %s', async (_, request) => {
    const taken = {bytes: 0};
    await using at = await openWire((socket) => flood(socket, taken), {
      client: {limits: {maxBodyBytes: 2 * total}},
    });
    const reader = readerOf(await at.model(request, ask));
    const atFirst = await settled(taken);
    // What the kernel keeps for a connection, and a quarter of a megabyte here.
    expect(atFirst).toBeLessThan(24 * 1024 * 1024);
    for (let read = 0; read < 2 * atFirst; ) read += ((await reader.next()).value as Uint8Array).length;
    const later = await settled(taken);
    expect(later).toBeGreaterThan(atFirst);
    expect(later).toBeLessThan(4 * 24 * 1024 * 1024);
    await reader.return?.();
    await at.closed(1);
  });
});
