import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError, type CallErrorOptions} from '../../src/core/errors.ts';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {createDispatcher, type Dispatcher} from '../../src/dispatch/dispatcher.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

const retry = {maxTries: 3, baseDelayMs: 1000, maxDelayMs: 8000, maxWaitMs: 600_000};

function setUp(limit = 4): {clock: FakeClock; dispatcher: Dispatcher; inFlight: () => number} {
  const clock = createFakeClock();
  const admission = createAdmission({limit, clock});
  const dispatcher = createDispatcher({deployment: 'gpt', admission, retry, clock, random: () => 0.5});
  return {clock, dispatcher, inFlight: () => admission.inFlight};
}

function failure(about: Partial<CallErrorOptions> = {}): CallError {
  return new CallError('no', {
    code: 'ERR_MODEL_SERVER',
    fault: 'model',
    effect: 'retry',
    httpStatus: 500,
    ...about,
  });
}

/** An exchange that fails with each of `failures` in turn, then answers; it takes 100 ms. */
function scripted(clock: FakeClock, failures: readonly CallError[]) {
  const sentAt: number[] = [];
  const exchange = async (): Promise<string> => {
    const error = failures[sentAt.length];
    sentAt.push(clock.monotonic());
    await new Promise<void>((resolve) => clock.setTimer(100, resolve));
    if (error !== undefined) throw error;
    return 'answer';
  };
  return {exchange, sentAt};
}

const options = {cancellation: neverCancelled, priority: 'new'} as const;

describe('the dispatcher', () => {
  it('returns the answer with its tries and times', async () => {
    const {clock, dispatcher} = setUp();
    const {exchange, sentAt} = scripted(clock, [failure(), failure()]);
    const result = dispatcher.dispatch(exchange, options);
    await clock.advance(10_000);
    expect(await result).toEqual({value: 'answer', calls: 3, queuedMs: 1500, callMs: 300});
    expect(sentAt).toEqual([0, 600, 1700]);
  });

  it('survives a blip of an endpoint that nobody asked for long', async () => {
    const {clock, dispatcher} = setUp();
    const before = dispatcher.dispatch(scripted(clock, []).exchange, options);
    await clock.advance(100);
    await before;
    await clock.advance(3_600_000);
    const blip = failure({unreachable: true, httpStatus: undefined});
    const result = dispatcher.dispatch(scripted(clock, [blip]).exchange, options);
    await clock.advance(10_000);
    expect(await result).toMatchObject({value: 'answer', calls: 2});
  });

  it('gives an endpoint up that fell silent, two minutes after the first call that did not reach it', async () => {
    const {clock, dispatcher} = setUp();
    const before = dispatcher.dispatch(scripted(clock, []).exchange, options);
    await clock.advance(100);
    await before;
    const gone = Array.from({length: 1000}, () => failure({unreachable: true, httpStatus: undefined}));
    const {exchange, sentAt} = scripted(clock, gone);
    const result = dispatcher.dispatch(exchange, options).catch((error: unknown) => error);
    await clock.advance(300_000);
    expect(await result).toMatchObject({unreachable: true});
    expect(sentAt.at(-1)).toBeGreaterThan(110_000);
    expect(sentAt.at(-1)).toBeLessThan(125_000);
  });

  it('fails with the last error and its count once the tries are used up', async () => {
    const {clock, dispatcher, inFlight} = setUp();
    const last = failure({httpStatus: 503});
    const {exchange} = scripted(clock, [failure(), failure(), last]);
    const result = dispatcher.dispatch(exchange, options).catch((error: unknown) => error);
    await clock.advance(20_000);
    expect(await result).toBe(last);
    expect(last.calls).toBe(3);
    expect(inFlight()).toBe(0);
  });

  it('holds no place while it waits to try again', async () => {
    const {clock, dispatcher} = setUp(1);
    const slow = scripted(clock, [failure()]);
    const other = scripted(clock, []);
    void dispatcher.dispatch(slow.exchange, options);
    await clock.advance(150);
    void dispatcher.dispatch(other.exchange, options);
    await clock.advance(1000);
    expect(other.sentAt).toEqual([150]);
    expect(slow.sentAt).toEqual([0, 600]);
  });

  it.each([
    [429, true],
    [503, false],
  ])(
    'sends nobody to a deployment that asked for a pause until it is over: %i',
    async (httpStatus, throttled) => {
      const {clock, dispatcher} = setUp();
      const refused = scripted(clock, [failure({httpStatus, throttled, retryAfterMs: 75_000})]);
      const other = scripted(clock, []);
      void dispatcher.dispatch(refused.exchange, options);
      await clock.advance(200);
      void dispatcher.dispatch(other.exchange, options);
      await clock.advance(74_899);
      expect([refused.sentAt, other.sentAt]).toEqual([[0], []]);
      await clock.advance(10);
      expect([refused.sentAt.length, other.sentAt.length]).toEqual([2, 1]);
    },
  );

  it('keeps the pause also where the call that met it is given up', async () => {
    const {clock, dispatcher} = setUp();
    const wait = {httpStatus: 429, throttled: true, retryAfterMs: 400_000};
    const refused = scripted(clock, [failure(wait), failure(wait)]);
    const other = scripted(clock, []);
    const result = dispatcher.dispatch(refused.exchange, options).catch((error: unknown) => error);
    await clock.advance(400_300);
    expect(await result).toMatchObject({calls: 2, effect: 'retry'});
    void dispatcher.dispatch(other.exchange, options);
    await clock.advance(399_000);
    expect(other.sentAt).toEqual([]);
    await clock.advance(1_000);
    expect(other.sentAt).toHaveLength(1);
  });

  it('ends a deployment whose quota is gone for longer than the run may wait', async () => {
    const {clock, dispatcher} = setUp();
    const {exchange} = scripted(clock, [
      failure({httpStatus: 429, throttled: true, retryAfterMs: 86_400_000}),
    ]);
    const result = dispatcher.dispatch(exchange, options).catch((error: unknown) => error);
    await clock.advance(200);
    expect(await result).toMatchObject({code: 'ERR_MODEL_QUOTA_EXHAUSTED', effect: 'run', throttled: true});
  });

  it('gives the refusal itself to who does not want to wait', async () => {
    const {clock, dispatcher} = setUp();
    const refusal = failure({httpStatus: 429, throttled: true, retryAfterMs: 86_400_000});
    const {exchange} = scripted(clock, [refusal]);
    const result = dispatcher
      .dispatch(exchange, {...options, failsInCoolDown: true})
      .catch((error: unknown) => error);
    await clock.advance(200);
    expect(await result).toBe(refusal);
  });

  it('throws a bug as it is, without trying again', async () => {
    const {clock, dispatcher, inFlight} = setUp();
    const bug = new TypeError('x is not a function');
    const result = dispatcher.dispatch(() => Promise.reject(bug), options).catch((error: unknown) => error);
    await clock.advance(0);
    expect(await result).toBe(bug);
    expect(inFlight()).toBe(0);
  });

  it('stops waiting when cancelled and leaves no timer and no listener', async () => {
    const {clock, dispatcher} = setUp();
    const source = new CancellationSource();
    const {exchange} = scripted(clock, [failure()]);
    const result = dispatcher.dispatch(exchange, {...options, cancellation: source}).catch((e: unknown) => e);
    await clock.advance(150);
    const reason = new Error('enough');
    source.cancel(reason);
    expect(await result).toBe(reason);
    expect([clock.pendingTimers, source.listenerCount]).toEqual([0, 0]);
  });

  it('holds the place of a result that goes on until it is over', async () => {
    const {clock, dispatcher, inFlight} = setUp(1);
    let finish: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (finish = resolve));
    const first = dispatcher.dispatch(() => Promise.resolve('stream'), {...options, holdWhile: () => over});
    const next = scripted(clock, []);
    void dispatcher.dispatch(next.exchange, options);
    await clock.advance(5_000);
    expect(await first).toMatchObject({value: 'stream', callMs: 0});
    expect([inFlight(), next.sentAt]).toEqual([1, []]);
    finish();
    await clock.advance(100);
    expect([inFlight(), next.sentAt]).toEqual([0, [5_000]]);
  });

  it('gives the place back at once when there is nothing to hold it for', async () => {
    const {clock, dispatcher, inFlight} = setUp(1);
    const result = dispatcher.dispatch(scripted(clock, []).exchange, {
      ...options,
      holdWhile: () => undefined,
    });
    await clock.advance(100);
    await result;
    expect(inFlight()).toBe(0);
  });
});
