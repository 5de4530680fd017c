import type {Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import {createTransport} from '../../src/azure/transport.ts';
import {createAwakeClock} from '../../src/runtime/awake-clock.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {chunkedHead, httpChunk, openScriptedServer, reply, type ScriptedServer} from './scripted-server.ts';

const quarterMs = 15 * 60_000;
const ask = {target: '/x', headers: [], body: '{}', cancellation: neverCancelled};

function open({origin}: ScriptedServer, clock: FakeClock) {
  const limits = {firstByteMs: quarterMs + 1, idleMs: quarterMs + 1, callMs: 10 * quarterMs};
  return createTransport({origin, clock: createAwakeClock(clock), redact: (text) => text, limits});
}

describe('a healthy call that is silent for fifteen minutes', () => {
  it('is waited for where the limits allow it, before its reply and within it', async () => {
    const sockets: Socket[] = [];
    await using server = await openScriptedServer((socket) => sockets.push(socket));
    const clock = createFakeClock();
    const transport = open(server, clock);
    const answer = transport.post(ask);
    await server.received(1);
    await clock.advance(quarterMs);
    const text = reply(200, {ok: 'at last'});
    sockets[0]?.write(text.slice(0, -5));
    // The rest comes as late again.
    await untilArmed(clock);
    await clock.advance(quarterMs);
    sockets[0]?.write(text.slice(-5));
    expect((await answer).body.toString()).toBe('{"ok":"at last"}');
    expect(clock.pendingTimers).toBe(0);
    await transport.close();
  });

  it('may be a stream that is silent between its frames', async () => {
    const sockets: Socket[] = [];
    await using server = await openScriptedServer((socket) => sockets.push(socket));
    const clock = createFakeClock();
    const transport = open(server, clock);
    const answer = transport.stream(ask);
    await server.received(1);
    await clock.advance(quarterMs);
    sockets[0]?.write(chunkedHead);
    const {chunks} = await answer;
    const read: string[] = [];
    const reading = (async () => {
      for await (const chunk of chunks) read.push(chunk.toString());
    })();
    for (const frame of ['one', 'two', 'three']) {
      await clock.advance(quarterMs);
      sockets[0]?.write(httpChunk(frame));
      while (read.at(-1) !== frame) await turn();
    }
    sockets[0]?.write(httpChunk(''));
    await reading;
    expect(read).toEqual(['one', 'two', 'three']);
    await transport.close();
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until what was written to the socket has surely been read: nothing else runs in this test. */
async function untilArmed({pendingTimers}: FakeClock): Promise<void> {
  for (let count = 0; count < 50; count++) await turn();
  expect(pendingTimers).toBeGreaterThan(0);
}
