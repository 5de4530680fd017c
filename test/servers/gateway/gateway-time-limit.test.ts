import {describe, expect, it} from 'vitest';
import {CancellationSource, throwIfCancelled} from '../../../src/core/cancellation.ts';
import {sleep} from '../../../src/core/clock.ts';
import {CallError, CancelledError} from '../../../src/core/errors.ts';
import type {WireAnswer, WireModel, WireRequest} from '../../../src/core/wire.ts';
import {createFailover} from '../../../src/dispatch/failover.ts';
import {limitExchangeTime} from '../../../src/servers/gateway/gateway-time-limit.ts';
import {createFakeClock, type FakeClock, settle} from '../../helpers/fake-clock.ts';
import {answerOf, bodyAnswer, readText, streamOf} from './gateway-examples.ts';

const chat: WireRequest = {api: 'chat', body: {messages: []}};

/** Answers after `delayMs`, unless it is cancelled. */
function slow(clock: FakeClock, delayMs: number, answer: () => WireAnswer): WireModel {
  return async (_, {cancellation}) => {
    await sleep(clock, delayMs, cancellation);
    return answer();
  };
}

/** Frames with `gapMs` before each, until it is cancelled; what happened to it goes into `log`. */
function stream(clock: FakeClock, gapMs: number, frames: readonly string[], log: string[] = []): WireModel {
  return (_, {cancellation}) => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (const frame of frames) {
          await sleep(clock, gapMs, cancellation);
          throwIfCancelled(cancellation);
          yield Buffer.from(frame);
        }
        log.push('read');
      } finally {
        log.push('closed');
      }
    }
    return Promise.resolve(answerOf({kind: 'events', chunks: chunks()}));
  };
}

function chunksOf({content}: WireAnswer): AsyncIterable<Uint8Array> {
  if (content.kind !== 'events') throw new Error('not a stream');
  return content.chunks;
}

describe('the limit of a whole exchange', () => {
  it('lets an answer in time pass, and leaves no timer and no listener', async () => {
    const clock = createFakeClock();
    const cancellation = new CancellationSource();
    const model = limitExchangeTime(slow(clock, 999, bodyAnswer), 1000, clock);
    const answered = model(chat, {cancellation});
    await clock.advance(999);
    expect((await answered).content.kind).toBe('body');
    expect(clock.pendingTimers).toBe(0);
    expect(cancellation.listenerCount).toBe(0);
  });

  it('fails with a timeout when its time is up', async () => {
    const clock = createFakeClock();
    const cancellation = new CancellationSource();
    const answered = limitExchangeTime(slow(clock, 5000, bodyAnswer), 1500, clock)(chat, {cancellation});
    const failed = expect(answered).rejects.toMatchObject({
      code: 'ERR_GATEWAY_TIMEOUT',
      message: 'the request was not answered within 1.5 s',
    });
    await clock.advance(1500);
    await failed;
    expect(clock.pendingTimers).toBe(0);
    expect(cancellation.listenerCount).toBe(0);
  });

  it('is not taken by those below for an error that another try could mend', async () => {
    const clock = createFakeClock();
    let reason: unknown;
    const model: WireModel = async (_, {cancellation}) => {
      await sleep(clock, 9000, cancellation).catch((error: unknown) => (reason = error));
      throw new Error('gave up');
    };
    const answered = limitExchangeTime(model, 100, clock)(chat, {cancellation: new CancellationSource()});
    const failed = expect(answered).rejects.toBeInstanceOf(CallError);
    await clock.advance(100);
    await failed;
    expect(reason).toBeInstanceOf(CancelledError);
  });

  it('passes failures on as they are', async () => {
    const clock = createFakeClock();
    const error = new CallError('no', {code: 'ERR_MODEL_AUTH', fault: 'model', effect: 'run'});
    const model = limitExchangeTime(() => Promise.reject(error), 1000, clock);
    await expect(model(chat, {cancellation: new CancellationSource()})).rejects.toBe(error);
    expect(clock.pendingTimers).toBe(0);
  });

  it('passes the client’s own leaving on as it is', async () => {
    const clock = createFakeClock();
    const cancellation = new CancellationSource();
    const answered = limitExchangeTime(slow(clock, 500, bodyAnswer), 1000, clock)(chat, {cancellation});
    const failed = expect(answered).rejects.toThrow('the client went away');
    cancellation.cancel(new CancelledError('the client went away'));
    await failed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not take a month for no time at all', async () => {
    const clock = createFakeClock();
    const delays: number[] = [];
    const watched = {...clock, setTimer: (delayMs: number) => (delays.push(delayMs), () => undefined)};
    await limitExchangeTime(
      () => Promise.resolve(bodyAnswer()),
      2 ** 40,
      watched,
    )(chat, {
      cancellation: new CancellationSource(),
    });
    expect(delays).toEqual([2 ** 31 - 1]);
  });

  it('leaves a provider in peace that was only asked too late', async () => {
    const clock = createFakeClock();
    const slowOne = {name: 'slow', model: slow(clock, 60_000, bodyAnswer)};
    const failover = createFailover({tiers: [[slowOne]], clock, random: () => 0});
    const answered = limitExchangeTime(
      failover.model,
      1000,
      clock,
    )(chat, {cancellation: new CancellationSource()});
    const failed = expect(answered).rejects.toMatchObject({code: 'ERR_GATEWAY_TIMEOUT'});
    await clock.advance(1000);
    await failed;
    expect(failover.status()[0]).toMatchObject({state: 'serving', lastError: undefined});
  });
});

describe('the limit of a whole exchange that is a stream', () => {
  const frames = ['data: {"n":1}\n\n', 'data: {"n":2}\n\n', 'data: {"n":3}\n\n', 'data: [DONE]\n\n'];

  it('lets a stream in time pass byte for byte', async () => {
    const clock = createFakeClock();
    const cancellation = new CancellationSource();
    const model = limitExchangeTime(stream(clock, 100, frames), 1000, clock);
    const text = readText(chunksOf(await model(chat, {cancellation})));
    await clock.advance(500);
    expect(await text).toBe(frames.join(''));
    expect(clock.pendingTimers).toBe(0);
    expect(cancellation.listenerCount).toBe(0);
  });

  it('ends it with an error event of chat completions', async () => {
    const clock = createFakeClock();
    const log: string[] = [];
    const answer = await limitExchangeTime(
      stream(clock, 100, frames, log),
      250,
      clock,
    )(chat, {
      cancellation: new CancellationSource(),
    });
    const text = readText(chunksOf(answer));
    await clock.advance(250);
    const [one, two, last = '', end] = (await text).split('\n\n');
    expect([one, two, end]).toEqual(['data: {"n":1}', 'data: {"n":2}', '']);
    expect(JSON.parse(last.replace('data: ', ''))).toEqual({
      error: {
        message: 'the request was not answered within 0.25 s',
        type: 'server_error',
        code: 'ERR_GATEWAY_TIMEOUT',
        param: null,
      },
    });
    expect(log).toEqual(['closed']);
    expect(answer.facts.errorCode).toBe('ERR_GATEWAY_TIMEOUT');
  });

  it('notes its own error, whatever the source notes of being broken off', async () => {
    const clock = createFakeClock();
    const answer = answerOf({kind: 'events', chunks: broken()});
    const cancelled = new CancellationSource();
    async function* broken(): AsyncGenerator<Uint8Array> {
      await sleep(clock, 9000, cancelled).catch(() => (answer.facts.errorCode = 'ERR_MODEL_TRUNCATED'));
      yield Buffer.from('data: {"error":{}}\n\n');
    }
    const model: WireModel = (_, {cancellation}) => {
      cancellation.onCancel((reason) => cancelled.cancel(reason));
      return Promise.resolve(answer);
    };
    const limited = await limitExchangeTime(
      model,
      250,
      clock,
    )(chat, {cancellation: new CancellationSource()});
    const text = readText(chunksOf(limited));
    await clock.advance(250);
    expect((await text).split('\n\n')).toHaveLength(2);
    expect(limited.facts.errorCode).toBe('ERR_GATEWAY_TIMEOUT');
  });

  it('ends it with an error event of the Responses API, numbered on', async () => {
    const clock = createFakeClock();
    const event = {type: 'response.output_text.delta', delta: '"sequence_number":99', sequence_number: 7};
    const text = `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    const model = limitExchangeTime(stream(clock, 100, [text, text]), 150, clock);
    const request: WireRequest = {...chat, api: 'responses'};
    const answer = await model(request, {cancellation: new CancellationSource()});
    const read = readText(chunksOf(answer));
    await clock.advance(150);
    const [, last = ''] = (await read).split('\n\n');
    expect(last).toMatch(/^event: error\ndata: /);
    expect(JSON.parse(last.slice(last.indexOf('{')))).toEqual({
      type: 'error',
      message: 'the request was not answered within 0.15 s',
      code: 'ERR_GATEWAY_TIMEOUT',
      param: null,
      error: {
        message: 'the request was not answered within 0.15 s',
        type: 'server_error',
        code: 'ERR_GATEWAY_TIMEOUT',
        param: null,
      },
      sequence_number: 8,
    });
  });

  it('ends it even if its source does not heed the cancellation', async () => {
    const clock = createFakeClock();
    async function* deaf(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('data: 1\n\n');
      await new Promise<never>(() => undefined);
    }
    const answer = answerOf({kind: 'events', chunks: deaf()});
    const model = limitExchangeTime(() => Promise.resolve(answer), 1000, clock);
    const text = readText(chunksOf(await model(chat, {cancellation: new CancellationSource()})));
    await clock.advance(1000);
    expect(await text).toContain('ERR_GATEWAY_TIMEOUT');
  });

  it('tells who reads slowly when they come back', async () => {
    const clock = createFakeClock();
    const model = limitExchangeTime(stream(clock, 0, frames), 1000, clock);
    const chunks = chunksOf(await model(chat, {cancellation: new CancellationSource()}));
    const reader = chunks[Symbol.asyncIterator]();
    const first = reader.next();
    await clock.advance(0);
    expect(String((await first).value)).toBe(frames[0]);
    await clock.advance(1000);
    expect(String((await reader.next()).value)).toContain('ERR_GATEWAY_TIMEOUT');
    expect((await reader.next()).done).toBe(true);
  });

  it.each(['before the first chunk', 'after it'])('stops when the reader leaves %s', async (when) => {
    const clock = createFakeClock();
    const cancellation = new CancellationSource();
    const model = limitExchangeTime(
      () => Promise.resolve(answerOf({kind: 'events', chunks: streamOf(...frames)})),
      1000,
      clock,
    );
    const reader = chunksOf(await model(chat, {cancellation}))[Symbol.asyncIterator]();
    if (when === 'after it') await reader.next();
    await reader.return?.();
    expect((await reader.next()).done).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    expect(cancellation.listenerCount).toBe(0);
  });

  it('stops when the client goes away before anybody reads', async () => {
    const clock = createFakeClock();
    const cancellation = new CancellationSource();
    await limitExchangeTime(stream(clock, 100, frames), 1000, clock)(chat, {cancellation});
    cancellation.cancel();
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it('passes a source’s failure on as it is', async () => {
    const clock = createFakeClock();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('data: 1\n\n'));
      throw new Error('a bug');
    }
    const model = limitExchangeTime(
      () => Promise.resolve(answerOf({kind: 'events', chunks: broken()})),
      1000,
      clock,
    );
    const answer = await model(chat, {cancellation: new CancellationSource()});
    await expect(readText(chunksOf(answer))).rejects.toThrow('a bug');
    expect(clock.pendingTimers).toBe(0);
  });
});
