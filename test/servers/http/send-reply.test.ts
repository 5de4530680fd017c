import {once} from 'node:events';
import {connect} from 'node:net';
import {request} from 'undici';
import {describe, expect, it} from 'vitest';
import {systemClock} from '../../../src/runtime/clock.ts';
import type {ServiceReply, ServiceRequest, ServiceRoute} from '../../../src/servers/http/service.ts';
import {createFakeClock} from '../../helpers/fake-clock.ts';
import {until} from '../../simulator/open-simulator.ts';
import {createGatedEvents, deferred, type GatedEvents} from '../gated-events.ts';
import {openTestService} from '../open-test-service.ts';
import {openRaw} from '../raw-client.ts';

const ask = 'GET /events HTTP/1.1\r\nhost: a\r\n\r\n';

function stream(events: AsyncIterable<Uint8Array>, more: object = {}): ServiceRoute {
  return {method: 'GET', path: '/events', handle: () => ({body: {events, ...more}})};
}

describe('events', () => {
  it('go out chunk by chunk as they come, with headers that let nobody keep them back', async () => {
    const source = createGatedEvents();
    await using service = await openTestService([stream(source)]);
    const {statusCode, headers, body} = await request(`${service.url}/events`);
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    const chunks = body.iterator();
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      source.push(text);
      expect(String(((await chunks.next()) as {value: unknown}).value)).toBe(text);
    }
    source.end();
    expect((await chunks.next()).done).toBe(true);
    await source.left;
  });

  it('are read by HTTP/1.0 to the end of the connection', async () => {
    const source = createGatedEvents();
    await using service = await openTestService([stream(source)]);
    await using client = await openRaw(service);
    client.socket.write('GET /events HTTP/1.0\r\n\r\n');
    source.push('data: 1\n\n');
    await client.until(/data: 1/);
    source.end();
    expect(await client.closed()).toMatch(/\r\n\r\ndata: 1\n\n$/);
  });

  it('note the time of the first chunk with something of the answer, and what is learnt at the end', async () => {
    const clock = createFakeClock();
    const source = createGatedEvents();
    const isAnswer = (chunk: Uint8Array): boolean => String(chunk).includes('answer');
    const handle: ServiceRoute['handle'] = ({notes}) => ({
      body: {events: source, isAnswer, onEnd: () => void (notes.outputTokens = 7)},
    });
    await using service = await openTestService([{method: 'GET', path: '/events', handle}], {clock});
    await using client = await openRaw(service);
    client.socket.write(ask);
    for (const [at, text] of [
      [10, 'role'],
      [20, 'answer'],
      [30, 'answer again'],
    ] as const) {
      await client.until(/event-stream/);
      await clock.advance(at);
      source.push(text);
      await client.until(new RegExp(text));
    }
    source.end();
    await client.until(/\r\n0\r\n\r\n$/);
    await until(() => service.lines.length === 1);
    expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({
      duration_ms: 60,
      time_to_first_token_ms: 30,
      'gen_ai.usage.output_tokens': 7,
    });
  });

  it('wait for a reader that does not read, and leave the source when the connection ends', async () => {
    let made = 0;
    const {promise: left, resolve: leave} = deferred();
    // eslint-disable-next-line @typescript-eslint/require-await -- as fast as it can be
    async function* flood(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          made += 1;
          yield Buffer.alloc(65_536, 'x');
        }
      } finally {
        leave();
      }
    }
    await using service = await openTestService([stream(flood())]);
    const socket = connect({port: service.port, host: '127.0.0.1'});
    await once(socket, 'connect');
    socket.write(ask);
    // What the kernel keeps for both sides is taken, then nothing more is made.
    await until(() => made > 0);
    let before = -1;
    while (before !== made) {
      before = made;
      await turns(200);
    }
    expect(made * 65_536).toBeLessThan(64_000_000);
    socket.destroy();
    await left;
    expect(made).toBeLessThanOrEqual(before + 1);
    await until(() => service.lines.length === 1);
    expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({'http.response.status_code': 499});
  });

  it('give up a reader that reads nothing for five minutes', async () => {
    const clock = createFakeClock();
    let made = 0;
    // eslint-disable-next-line @typescript-eslint/require-await -- as fast as it can be
    async function* flood(): AsyncGenerator<Uint8Array> {
      for (;;) {
        made += 1;
        yield Buffer.alloc(1_000_000, 'x');
      }
    }
    await using service = await openTestService([stream(flood())], {clock});
    const socket = connect({port: service.port, host: '127.0.0.1'});
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(ask);
    await until(() => made > 0 && clock.pendingTimers === 1);
    await clock.advance(400_000);
    while (service.inFlight() > 0) {
      await clock.advance(400_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(clock.pendingTimers).toBe(0);
    socket.destroy();
  });

  it('end in a cut connection, not in a clean end, when their source breaks', async () => {
    const source = createGatedEvents();
    await using service = await openTestService([stream(source)]);
    await using client = await openRaw(service);
    client.socket.write(ask);
    source.push('data: 1\n\n');
    await client.until(/data: 1/);
    source.fail(new Error('the source broke'));
    expect(await client.closed()).toMatch(/data: 1\n\n\r\n$/);
    expect(service.logged.join()).toContain('the source broke');
  });
});

// The bound; a machine that stands still for a moment gets another try.
const anotherTry = {retry: 2};

describe('a client that goes away', () => {
  it.each([['before the answer'], ['in the middle of its events']])(
    'cancels its request within 100 ms: %s',
    anotherTry,
    async (moment) => {
      const source = createGatedEvents();
      const {promise: cancelled, resolve: cancel} = deferred<number>();
      const handle = ({cancellation}: ServiceRequest): Promise<ServiceReply> =>
        new Promise((resolve, reject) => {
          cancellation.onCancel((reason) => {
            cancel(systemClock.monotonic());
            source.fail(reason);
            reject(reason);
          });
          if (moment !== 'before the answer') resolve(reply(source));
        });
      await using service = await openTestService([{method: 'GET', path: '/events', handle}]);
      await using client = await openRaw(service);
      client.socket.write(ask);
      source.push('data: 1\n\n');
      if (moment === 'before the answer') await until(() => service.inFlight() === 1);
      else await client.until(/data: 1/);
      const leftAt = systemClock.monotonic();
      client.socket.destroy();
      expect((await cancelled) - leftAt).toBeLessThan(100);
      await until(() => service.inFlight() === 0);
      expect(JSON.parse(service.lines[0] ?? '')).toMatchObject({
        'http.response.status_code': 499,
        'error.type': 'cancelled',
      });
      expect(service.logged).toEqual([]);
    },
  );
});

describe('a drained server', () => {
  it('lets a stream end, and then the connection', async () => {
    const source = createGatedEvents();
    await using service = await openTestService([stream(source)]);
    await using client = await openRaw(service);
    client.socket.write(ask);
    source.push('data: 1\n\n');
    await client.until(/data: 1/);
    const drained = service.drain();
    source.push('data: 2\n\n');
    await client.until(/data: 2/);
    source.end();
    expect(await client.closed()).toMatch(/data: 2\n\n\r\n0\r\n\r\n$/);
    await drained;
  });

  it('cuts a stream when it is closed', async () => {
    const source = createGatedEvents();
    const handle = ({cancellation}: ServiceRequest) => {
      cancellation.onCancel((reason) => source.fail(reason));
      return reply(source);
    };
    await using service = await openTestService([{method: 'GET', path: '/events', handle}]);
    await using client = await openRaw(service);
    client.socket.write(ask);
    source.push('data: 1\n\n');
    await client.until(/data: 1/);
    const drained = service.drain();
    await service.close();
    await Promise.all([drained, client.closed(), source.left]);
    await until(() => service.inFlight() === 0);
  });
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function reply(events: GatedEvents): ServiceReply {
  return {body: {events}};
}
