import {describe, expect, it} from 'vitest';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError, type CallErrorOptions, CancelledError} from '../../src/core/errors.ts';
import {repeatCall, repeatDelayMs, wasNotRun} from '../../src/gym/repeat-call.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

function failure(about: Partial<CallErrorOptions>): CallError {
  return new CallError('it failed', {code: 'ERR_AGENT_REQUEST', fault: 'agent', effect: 'retry', ...about});
}

function openCall(failures: readonly Error[], mayRepeat = wasNotRun) {
  const clock = createFakeClock();
  const cancellation = new CancellationSource();
  let calls = 0;
  const sentAt: number[] = [];
  const call = () => {
    sentAt.push(clock.monotonic());
    const error = failures[calls++];
    return error === undefined ? Promise.resolve('done') : Promise.reject(error);
  };
  const result = repeatCall(call, {clock, cancellation, random: () => 1, mayRepeat});
  return {clock, cancellation, sentAt, result};
}

describe('repeatCall', () => {
  it('tries five times to reach a server, waiting longer each time', async () => {
    const {clock, sentAt, result} = openCall(Array.from({length: 9}, () => failure({unreachable: true})));
    const failed = expect(result).rejects.toMatchObject({unreachable: true});
    await clock.advance(60_000);
    await failed;
    expect(sentAt).toEqual([0, 500, 1_500, 3_500, 7_500]);
  });

  it('keeps the wait that a server asks for, three times', async () => {
    const refusal = failure({httpStatus: 503, retryAfterMs: 20_000});
    const {clock, sentAt, result} = openCall([refusal, refusal, refusal, refusal, refusal]);
    const failed = expect(result).rejects.toBe(refusal);
    await clock.advance(200_000);
    await failed;
    expect(sentAt).toEqual([0, 20_000, 40_000, 60_000]);
  });

  it('goes on when the server is there again', async () => {
    const {clock, result} = openCall([
      failure({unreachable: true}),
      failure({httpStatus: 429, retryAfterMs: 1}),
    ]);
    await clock.advance(60_000);
    await expect(result).resolves.toBe('done');
  });

  it.each([
    ['a reply that was lost', {}],
    ['an error of the server', {httpStatus: 500}],
    ['a refusal without a time', {httpStatus: 503}],
    ['a time beside another status', {httpStatus: 502, retryAfterMs: 1}],
    ['the server says of another that it is unreachable', {httpStatus: 502, unreachable: true}],
    ['a certificate that is not trusted', {unreachable: true, effect: 'run'}],
    ['a wait beyond two minutes', {httpStatus: 429, retryAfterMs: 120_001}],
  ] as const)('does not send again after %s', async (_, about) => {
    const error = failure(about);
    const {sentAt, result, clock} = openCall([error]);
    await expect(result).rejects.toBe(error);
    expect([sentAt.length, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('lets bugs pass', async () => {
    const bug = new TypeError('a bug');
    await expect(openCall([bug], () => true).result).rejects.toBe(bug);
  });

  it('stops waiting at once when cancelled', async () => {
    const {clock, cancellation, sentAt, result} = openCall([failure({unreachable: true})]);
    const failed = expect(result).rejects.toBeInstanceOf(CancelledError);
    await clock.advance(1);
    cancellation.cancel();
    await failed;
    expect([sentAt.length, clock.pendingTimers, cancellation.listenerCount]).toEqual([1, 0, 0]);
  });
});

describe('repeatDelayMs', () => {
  it('draws from half the ceiling to the whole, which stops to grow', () => {
    const error = failure({unreachable: true});
    const delays = [1, 2, 3, 4].map((unreached) =>
      repeatDelayMs(error, {unreached, refusals: 0, waitedMs: 0}, () => 0.5),
    );
    expect(delays).toEqual([375, 750, 1_500, 3_000]);
    expect(repeatDelayMs(error, {unreached: 1, refusals: 0, waitedMs: 0}, () => 0)).toBe(250);
    expect(repeatDelayMs(error, {unreached: 4, refusals: 3, waitedMs: 0}, () => 1)).toBe(8_000);
  });

  it('never waits for more than two minutes in all', () => {
    const error = failure({httpStatus: 429, retryAfterMs: 60_000});
    const history = {unreached: 0, refusals: 2, waitedMs: 60_000};
    expect(repeatDelayMs(error, history, () => 0)).toBe(60_000);
    expect(repeatDelayMs(error, {...history, waitedMs: 60_001}, () => 0)).toBeUndefined();
  });
});
