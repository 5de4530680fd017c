import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import type {WireAnswer, WireModel} from '../../src/core/wire.ts';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {dispatchWire} from '../../src/dispatch/dispatch-wire.ts';
import {createDispatcher} from '../../src/dispatch/dispatcher.ts';
import {createFakeClock, settle} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {ask, bodyAnswer, FedChunks, failure, streamAnswer, textOf} from './wire-answers.ts';

const retry = {maxTries: 3, baseDelayMs: 1000, maxDelayMs: 8000, maxWaitMs: 600_000};
const options = {cancellation: neverCancelled};

function setUp(model: WireModel, limit = 1) {
  const clock = createFakeClock();
  const admission = createAdmission({limit, clock, openEveryMs: 0});
  const dispatcher = createDispatcher({deployment: 'gpt', admission, retry, clock, random: () => 0.5});
  return {clock, admission, wire: dispatchWire(model, dispatcher, {priority: 'new'})};
}

function readerOf({content}: WireAnswer): AsyncIterator<Uint8Array> {
  if (content.kind === 'body') throw new Error('no stream');
  return content.chunks[Symbol.asyncIterator]();
}

describe('a dispatched door', () => {
  it('gives a whole answer with every exchange and all waiting in its trace', async () => {
    let tries = 0;
    const {clock, admission, wire} = setUp(() =>
      ++tries < 3 ? Promise.reject(failure()) : Promise.resolve(bodyAnswer('{"a":1}')),
    );
    const answer = wire(ask, options);
    await clock.advance(10_000);
    expect(textOf(await answer)).toBe('{"a":1}');
    expect((await answer).trace).toMatchObject({calls: 3, queuedMs: 1500, callMs: 0, requestId: 'r-1'});
    expect(admission.inFlight).toBe(0);
  });

  it('tries a stream again before it has begun, and never after', async () => {
    const chunks = new FedChunks();
    let tries = 0;
    const {clock, wire} = setUp(() =>
      ++tries === 1 ? Promise.reject(failure()) : Promise.resolve(streamAnswer(chunks)),
    );
    const answer = wire(ask, options);
    await clock.advance(1_000);
    const next = readerOf(await answer)
      .next()
      .catch((error: unknown) => error);
    await settle();
    const broken = failure();
    chunks.fail(broken);
    expect(await next).toBe(broken);
    await clock.advance(60_000);
    expect(tries).toBe(2);
  });

  it('holds the place of a stream until its last byte has passed', async () => {
    const chunks = new FedChunks();
    const {admission, wire} = setUp(() => Promise.resolve(streamAnswer(chunks)));
    const reader = readerOf(await wire(ask, options));
    const first = reader.next();
    chunks.give();
    await first;
    const last = reader.next();
    await settle();
    expect(admission.inFlight).toBe(1);
    chunks.end();
    expect((await last).done).toBe(true);
    await settle();
    expect(admission.inFlight).toBe(0);
  });

  it('lets the next one in when the reader leaves, even while a byte is waited for', async () => {
    const chunks = new FedChunks();
    const {admission, wire} = setUp(() => Promise.resolve(streamAnswer(chunks)));
    const reader = readerOf(await wire(ask, options));
    void reader.next();
    await reader.return?.();
    await settle();
    expect([admission.inFlight, chunks.isLeft]).toEqual([0, true]);
  });

  it('lets the next one in when a stream is called off that nobody has read from', async () => {
    const source = new CancellationSource();
    const {admission, wire} = setUp(() => Promise.resolve(streamAnswer(new FedChunks())));
    await wire(ask, {cancellation: source});
    expect(admission.inFlight).toBe(1);
    source.cancel();
    await settle();
    expect([admission.inFlight, source.listenerCount]).toEqual([0, 0]);
  });

  it('sends nothing for a client that leaves while it waits', async () => {
    let sent = 0;
    const {admission, wire} = setUp(() => {
      sent++;
      return Promise.resolve(streamAnswer(new FedChunks()));
    });
    await wire(ask, options);
    const source = new CancellationSource();
    const waiting = wire(ask, {cancellation: source}).catch((error: unknown) => error);
    await settle();
    expect(admission.waiting).toBe(1);
    const reason = new Error('gone');
    source.cancel(reason);
    expect(await waiting).toBe(reason);
    expect([admission.waiting, sent, source.listenerCount]).toEqual([0, 1, 0]);
  });

  it('tells a client at once that the deployment is to be left alone for longer than may be waited', async () => {
    const body = {error: {message: 'slow down'}};
    let sent = 0;
    const {clock, wire} = setUp(() => {
      sent++;
      return Promise.reject(
        failure({httpStatus: 429, throttled: true, retryAfterMs: 86_400_000, code: 'ERR_MODEL_QUOTA', body}),
      );
    });
    const first = await wire(ask, options).catch((error: unknown) => error);
    expect(first).toMatchObject({httpStatus: 429, retryAfterMs: 86_400_000, body, calls: 1});
    await clock.advance(60_000);
    const second = await wire(ask, options).catch((error: unknown) => error);
    expect(second).toMatchObject({
      ...{code: 'ERR_MODEL_QUOTA', httpStatus: 429, throttled: true, body, calls: 0},
      retryAfterMs: 86_340_000,
    });
    expect(sent).toBe(1);
  });

  it('waits for the end of a short cool-down', async () => {
    let sent = 0;
    const {clock, wire} = setUp(() =>
      ++sent === 1
        ? Promise.reject(failure({httpStatus: 429, throttled: true, retryAfterMs: 30_000}))
        : Promise.resolve(bodyAnswer()),
    );
    const answers = [wire(ask, options), wire(ask, options)];
    await clock.advance(30_000);
    await clock.advance(10);
    expect((await Promise.all(answers)).map(({trace}) => trace.calls)).toEqual([2, 1]);
  });

  it('gives every place back exactly once, for all ways in which answers end', async () => {
    const end = fc.constantFrom('body', 'error', 'read', 'fail', 'leave', 'cancel', 'read and cancel');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({min: 1, max: 4}),
        fc.array(fc.record({end, afterMs: fc.nat(50)}), {maxLength: 30}),
        async (limit, visits) => {
          const clock = createFakeClock();
          const admission = createAdmission({limit, clock, openEveryMs: 0});
          let [peak, over] = [0, 0];
          const dispatcher = createDispatcher({
            ...{deployment: 'gpt', clock, random: () => 0.5, retry: {...retry, maxTries: 1}},
            admission: {
              ...{pause: (ms) => admission.pause(ms), inFlight: 0, waiting: 0, limit, hasRoom: true},
              async admit(by) {
                const place = await admission.admit(by);
                peak = Math.max(peak, admission.inFlight);
                return place;
              },
            },
          });
          for (const visit of visits) void run(visit.end, visit.afterMs);
          await clock.advance(60_000);
          expect([over, admission.inFlight, admission.waiting]).toEqual([visits.length, 0, 0]);
          expect(peak).toBeLessThanOrEqual(limit);

          async function run(how: string, afterMs: number): Promise<void> {
            const chunks = new FedChunks();
            const source = new CancellationSource();
            const model: WireModel = async () => {
              await new Promise<void>((resolve) => clock.setTimer(afterMs, resolve));
              if (how === 'error') throw failure();
              return how === 'body' ? bodyAnswer() : streamAnswer(chunks);
            };
            try {
              const answer = await dispatchWire(model, dispatcher, {priority: 'new'})(ask, {
                cancellation: source,
              });
              if (answer.content.kind === 'events') await read(readerOf(answer), how, chunks, source);
            } catch {
              // How it ends is not the question.
            }
            over++;
          }

          async function read(
            reader: AsyncIterator<Uint8Array>,
            how: string,
            chunks: FedChunks,
            source: CancellationSource,
          ): Promise<void> {
            const next = reader.next().catch(() => undefined);
            await new Promise<void>((resolve) => clock.setTimer(7, resolve));
            if (how.startsWith('read')) chunks.end();
            if (how === 'fail') chunks.fail(new Error('broken'));
            if (how === 'leave') await reader.return?.();
            if (how.endsWith('cancel')) source.cancel();
            if (how === 'leave' || how === 'cancel') return;
            await next;
            await reader.return?.();
          }
        },
      ),
      {numRuns: 80},
    );
  });
});
