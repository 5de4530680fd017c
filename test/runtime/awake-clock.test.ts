import {describe, expect, it} from 'vitest';
import {createTransport} from '../../src/azure/transport.ts';
import {createAwakeClock} from '../../src/runtime/awake-clock.ts';
import {systemClock} from '../../src/runtime/clock.ts';
import {openScriptedServer, reply} from '../azure/scripted-server.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

describe('a clock that leaves out the times in which the process stood still', () => {
  it('goes as the other one does while nothing stands still', async () => {
    const clock = createFakeClock();
    const awake = createAwakeClock(clock);
    const fired: number[] = [];
    for (const delayMs of [0, 1, 400, 600_000]) awake.setTimer(delayMs, () => fired.push(clock.monotonic()));
    await clock.advance(600_000);
    expect(fired).toEqual([0, 1, 400, 600_000]);
    expect(awake.monotonic()).toBe(600_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['at once', 0],
    ['between two beats', 7_100],
  ])('gives a stall back to every timer that runs: %s', async (_, beforeMs) => {
    const clock = createFakeClock();
    const awake = createAwakeClock(clock);
    const fired: string[] = [];
    awake.setTimer(10_000, () => fired.push('first'));
    awake.setTimer(20_000, () => fired.push('second'));
    await clock.advance(beforeMs);
    clock.stall(3_600_000);
    // What was going by since the last beat counts.
    await clock.advance(10_000 - beforeMs - 251);
    expect(fired).toEqual([]);
    await clock.advance(251);
    expect(fired).toEqual(['first']);
    await clock.advance(10_000);
    expect(fired).toEqual(['first', 'second']);
    expect(awake.monotonic()).toBeLessThanOrEqual(20_250);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets nothing fall due just when the process wakes up, be it due or not', async () => {
    const clock = createFakeClock();
    const awake = createAwakeClock(clock);
    const fired: number[] = [];
    awake.setTimer(100, () => fired.push(clock.monotonic()));
    clock.stall(60_000);
    await clock.advance(249);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual([60_250]);
  });

  it('takes no account of time in which no timer ran, or that was no longer than an event loop may take', () => {
    const clock = createFakeClock();
    const awake = createAwakeClock(clock);
    clock.stall(60_000);
    expect(awake.monotonic()).toBe(60_000);
    const stop = awake.setTimer(1_000, () => undefined);
    clock.stall(400);
    expect(awake.monotonic()).toBe(60_400);
    stop();
    stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends a wait even if the process is stalled again and again', async () => {
    const clock = createFakeClock();
    const awake = createAwakeClock(clock);
    const fired: string[] = [];
    awake.setTimer(10_000, () => fired.push('now'));
    for (let turn = 0; turn < 50; turn++) {
      clock.stall(2_000);
      await clock.advance(1);
    }
    expect(fired).toEqual(['now']);
  });
});

describe('a call during which the event loop was blocked', () => {
  it.each([
    ['with this clock gets the reply that lies in its socket', true],
    ['with another clock is taken for one that got none', false],
  ])('%s', async (_, isAwake) => {
    await using server = await openScriptedServer((socket) => {
      // The reply is with the system before this returns, and the limit has passed when it does.
      socket.write(reply(200, {ok: true}));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
    });
    const transport = createTransport({
      origin: server.origin,
      clock: isAwake ? createAwakeClock(systemClock) : systemClock,
      redact: (text) => text,
      limits: {firstByteMs: 300, callMs: 500},
    });
    const request = {target: '/', headers: [], body: '{}', cancellation: neverCancelled};
    const answer = transport.post(request).then(
      ({body}) => body.toString(),
      (error: unknown) => error,
    );
    if (isAwake) expect(await answer).toBe('{"ok":true}');
    else expect(await answer).toMatchObject({code: 'ERR_MODEL_TIMEOUT'});
    await transport.close();
  });
});
