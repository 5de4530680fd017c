import {connect, type Socket} from 'node:net';
import {describe, expect, it} from 'vitest';
import type {JsonObject} from '../../../src/core/json.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {ask, framesOf, openSimulator, type TestSimulator, until} from '../open-simulator.ts';

const text = 'The naïve café in 東京 🗼 costs 7 €.';
const withFault = (fault: JsonObject, clock = createFakeClock()) =>
  openSimulator({faults: [fault], answers: [{text}]}, {clock});

interface Heard {
  readonly socket: Socket;
  /** What has come so far. */
  text(): string;
  /** How the server has ended the connection. */
  ended(): 'no' | 'fin' | 'reset';
}

/** Asks on a socket of its own that stays open on this side, and keeps all that comes. */
function listen({url}: TestSimulator, more: JsonObject = {}): Heard {
  const {hostname, port} = new URL(url);
  const body = JSON.stringify(ask('x', more));
  const socket = connect({host: hostname, port: Number(port), allowHalfOpen: true});
  const chunks: Buffer[] = [];
  let ended: 'no' | 'fin' | 'reset' = 'no';
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => (ended = 'fin'));
  socket.on('error', () => (ended = 'reset'));
  socket.write(
    `POST /openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21 HTTP/1.1\r\nhost: x\r\napi-key: k\r\ncontent-type: application/json\r\ncontent-length: ${String(body.length)}\r\n\r\n${body}`,
  );
  return {socket, text: () => Buffer.concat(chunks).toString('utf8'), ended: () => ended};
}

describe('a fault in the middle of a reply', () => {
  it.each([
    ['stall', {}, 'no'],
    ['reset', {at: 0.5}, 'reset'],
    ['half_close', {at: 0.5}, 'fin'],
    ['truncate', {}, 'fin'],
  ])('of %s sends a share of it, whole or streamed', async (kind, more, ended) => {
    for (const stream of [false, true]) {
      await using simulator = await withFault({kind, ...more});
      const heard = listen(simulator, {stream});
      await until(() => heard.text().includes('\r\n\r\n') && (ended === 'no' || heard.ended() !== 'no'));
      // A reset may overtake what was sent before it.
      if (ended !== 'reset') expect(heard.text()).toMatch(stream ? /"role":"assistant"/ : /\{"choices":/);
      expect(heard.text()).not.toMatch(/\[DONE\]|"usage":\{[^}]*\}\}/);
      // What came before a reset makes some systems take it for an end.
      expect(ended === 'reset' ? ['fin', 'reset'] : [ended]).toContain(heard.ended());
      heard.socket.destroy();
    }
  });

  it('of half-closing goes on reading, also before any of the reply', async () => {
    await using simulator = await withFault({kind: 'half_close'});
    const heard = listen(simulator);
    await until(() => heard.ended() !== 'no');
    expect([heard.ended(), heard.text()]).toEqual(['fin', '']);
    const written = new Promise((resolve) => heard.socket.write('more', resolve));
    expect(await written).toBeFalsy();
    expect(simulator.ledger.summary()).toMatchObject({in_flight: 1, by_fault: {half_close: 1}});
    heard.socket.destroy();
  });

  it('of dripping sends a byte a minute, to the end', async () => {
    const clock = createFakeClock();
    await using simulator = await withFault({kind: 'drip', at: 1}, clock);
    const heard = listen(simulator);
    await until(() => clock.pendingTimers > 0 && heard.text().includes('choices'));
    const before = heard.text();
    await clock.advance(59_999);
    expect(heard.text()).toBe(before);
    await clock.advance(1);
    await until(() => heard.text().length > before.length);
    expect(heard.text()).toBe(`${before}}`);
    heard.socket.destroy();
  });

  it('of an endless body or head goes on until the client leaves', async () => {
    for (const [kind, filler] of [
      ['endless_body', / {200}$/],
      ['endless_headers', /HTTP\/1\.1 200 OK\r\nx-filler-1: -+\r\nx-filler-2: /],
    ] as const) {
      await using simulator = await withFault({kind, interval_ms: 0});
      const heard = listen(simulator);
      await until(() => heard.text().length > 500_000);
      expect(heard.text()).toMatch(filler);
      heard.socket.destroy();
      await until(() => simulator.ledger.summary().in_flight === 0);
    }
  });

  it.each([
    [10, 10],
    [-10, -10],
  ])('of a wrong length announces %i bytes more than it sends', async (excess) => {
    for (const stream of [false, true]) {
      await using simulator = await withFault({kind: 'wrong_length', excess_bytes: excess});
      const heard = listen(simulator, {stream});
      await until(() => (stream ? /\[DONE\]\n\n$/ : /"total_tokens":\d+\}\}$/).test(heard.text()));
      const [head = '', body = ''] = heard.text().split('\r\n\r\n');
      const announced = Number(/content-length: (\d+)/.exec(head)?.[1]);
      expect(announced).toBe(Buffer.byteLength(body) + excess);
      heard.socket.destroy();
    }
  });

  it('of splitting cuts inside characters, and loses none of them', async () => {
    for (const stream of [false, true]) {
      await using simulator = await withFault({kind: 'split_utf8'});
      const heard = listen(simulator, {stream});
      await until(() => heard.text().endsWith('\r\n0\r\n\r\n'));
      // The bytes between the chunk sizes: each lone half of a character reads as a replacement.
      expect(heard.text()).toMatch(/na\ufffd\r\n[\da-f]+\r\n\ufffdv/);
      heard.socket.destroy();
      const {text: whole} = await simulator.chat(ask('x', {stream}));
      expect(whole).not.toContain('\ufffd');
      for (const character of ['ï', '東', '🗼']) expect(whole).toContain(character);
    }
  });

  it('of an interim reply puts it before the real one', async () => {
    await using simulator = await withFault({kind: 'interim'});
    const heard = listen(simulator);
    await until(() => heard.text().includes('total_tokens'));
    expect(heard.text()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    heard.socket.destroy();
  });
});

describe('a fault in the frames of a stream', () => {
  const streamed = async (fault: JsonObject) => {
    await using simulator = await withFault(fault);
    return framesOf((await simulator.chat(ask('x', {stream: true}))).text) as readonly unknown[];
  };

  it('of repetition has one frame twice', async () => {
    const frames = (await streamed({kind: 'dup_frame'})).map((frame) => JSON.stringify(frame));
    const repeated = frames.filter((frame, index) => frame === frames[index - 1]);
    expect(repeated).toHaveLength(1);
  });

  it('of a missing end has all but [DONE]', async () => {
    const frames = await streamed({kind: 'missing_done'});
    expect(frames).not.toContain('[DONE]');
    expect(frames.at(-1)).toMatchObject({choices: [{finish_reason: 'stop'}]});
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['the service failed', {}, {type: 'server_error'}],
    ['the rate', {code: 429}, {code: 'rate_limit_exceeded'}],
    ['a body', {body: {error: {code: 'own'}}}, {code: 'own'}],
  ])('of an error has it in place of the rest: %s', async (_, more, error) => {
    const frames = await streamed({kind: 'in_stream_error', ...more});
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.at(-1)).toMatchObject({error});
    await using simulator = await withFault({kind: 'in_stream_error', ...more});
    expect((await simulator.chat(ask('x'))).json).toEqual({error: expect.objectContaining(error) as unknown});
    const {text: events} = await simulator.responses({input: 'x', stream: true});
    const [failed, last] = framesOf(events).slice(-2) as unknown as readonly JsonObject[];
    expect(failed).toMatchObject({type: 'response.failed', response: {status: 'failed', error: null}});
    expect(last).toMatchObject({
      type: 'error',
      error,
      sequence_number: Number(failed?.['sequence_number']) + 1,
    });
  });
});
