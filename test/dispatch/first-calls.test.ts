import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError, CancelledError} from '../../src/core/errors.ts';
import type {ModelClient} from '../../src/core/ports.ts';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {dispatchModel} from '../../src/dispatch/dispatch-model.ts';
import {createDispatcher} from '../../src/dispatch/dispatcher.ts';
import {FirstCalls} from '../../src/dispatch/first-calls.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

const answer = {response: {}, trace: {deployment: 'gpt', calls: 1, queuedMs: 0, callMs: 5}};
const refusal = (about: {retryAfterMs?: number; effect?: 'retry' | 'run'} = {}) =>
  new CallError('no', {
    code: 'ERR_X',
    fault: 'model',
    effect: 'retry',
    throttled: true,
    httpStatus: 429,
    ...about,
  });

/** One place at a deployment whose calls take a second and end as `replies` say, one after the other. */
function startScene(replies: readonly (CallError | 'answer')[] = []) {
  const clock = createFakeClock();
  const stop = new CancellationSource();
  const reason = new CancelledError('the deadline came');
  const admission = createAdmission({limit: 1, clock});
  const retry = {maxTries: 5, baseDelayMs: 1000, maxDelayMs: 60_000, maxWaitMs: 600_000};
  const dispatcher = createDispatcher({deployment: 'gpt', admission, retry, clock, random: () => 0.5});
  const left = [...replies];
  let sent = 0;
  const deployment: ModelClient = async () => {
    sent++;
    await new Promise<void>((resolve) => clock.setTimer(1000, resolve));
    const reply = left.shift() ?? 'answer';
    if (reply !== 'answer') throw reply;
    return answer;
  };
  const firstCalls = new FirstCalls(stop);
  const dispatched = dispatchModel(firstCalls.onWire(deployment), dispatcher, {priority: 'new'});
  const rollout = new CancellationSource();
  const call = (model: ModelClient) =>
    model({}, {cancellation: rollout}).then(
      () => 'answered',
      (error: unknown) => (error === reason ? 'called off' : error),
    );
  return {
    clock,
    stopNow: () => stop.cancel(reason),
    endRollout: () => {
      const ended = new CancelledError('the rollout is over');
      rollout.cancel(ended);
      return ended;
    },
    first: () => call(firstCalls.calledOff(dispatched)),
    later: () => call(dispatched),
    sent: () => sent,
    listeners: () => [rollout.listenerCount, stop.listenerCount],
  };
}

describe('when the run starts nothing more, a first call', () => {
  it('that is on the wire ends as it does, and one that waits for a place is called off at once', async () => {
    const {clock, first, stopNow, sent, listeners} = startScene();
    const [onWire, waiting] = [first(), first()];
    await clock.advance(500);
    stopNow();
    expect(await waiting).toBe('called off');
    await clock.advance(500);
    expect(await onWire).toBe('answered');
    expect(sent()).toBe(1);
    expect(listeners()).toEqual([0, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that waits to be tried again is called off, and so is one that would have to be', async () => {
    const {clock, first, stopNow, listeners} = startScene([refusal({retryAfterMs: 75_000})]);
    const waiting = first();
    await clock.advance(2000);
    stopNow();
    expect(await waiting).toBe('called off');
    const scene = startScene([refusal({retryAfterMs: 75_000})]);
    const onWire = scene.first();
    await scene.clock.advance(500);
    scene.stopNow();
    await scene.clock.advance(500);
    expect(await onWire).toBe('called off');
    expect([listeners(), scene.listeners()]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('fails as it does where no call can succeed', async () => {
    const gone = refusal({effect: 'run'});
    const {clock, first, stopNow} = startScene([gone]);
    const onWire = first();
    await clock.advance(500);
    stopNow();
    await clock.advance(500);
    expect(await onWire).toBe(gone);
  });

  it('is not made any more', async () => {
    const {first, stopNow, sent} = startScene();
    stopNow();
    expect(await first()).toBe('called off');
    expect(sent()).toBe(0);
  });

  it('is cut off with its rollout as it would be', async () => {
    const {clock, first, endRollout, listeners} = startScene();
    const [onWire, waiting] = [first(), first()];
    await clock.advance(500);
    const reason = endRollout();
    expect(await waiting).toBe(reason);
    await clock.advance(500);
    expect(await onWire).toBe('answered');
    expect(await first()).toBe(reason);
    expect(listeners()).toEqual([0, 0]);
  });

  it('is not mistaken for a later one, which goes on', async () => {
    const {clock, first, later, stopNow} = startScene();
    const calls = [first(), later()];
    await clock.advance(500);
    stopNow();
    await clock.advance(1500);
    expect(await Promise.all(calls)).toEqual(['answered', 'answered']);
  });
});
