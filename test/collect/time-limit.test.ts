import {describe, expect, it} from 'vitest';
import {limitTime} from '../../src/collect/time-limit.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {CallError} from '../../src/core/errors.ts';
import type {RolloutRunner} from '../../src/core/ports.ts';
import type {Rollout} from '../../src/core/rollout.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

describe('a time limit', () => {
  it('cuts each rollout off when its own time is over, with one timer for all', async () => {
    const {clock, run, ends} = setUp();
    run(1, 100_000);
    await clock.advance(20_000);
    run(2, 30_000);
    run(3, 100_000);
    expect(clock.pendingTimers - 3).toBe(1);
    await clock.advance(39_999);
    expect(ends).toEqual(['2 completed at 50']);
    await clock.advance(30_000);
    expect(ends).toEqual(['2 completed at 50', '1 ERR_ROLLOUT_TIMEOUT at 60', '3 ERR_ROLLOUT_TIMEOUT at 80']);
  });

  it('leaves no timer and no listener when all have ended', async () => {
    const {clock, run, cancellation} = setUp();
    run(1, 10_000);
    run(2, 20_000);
    await clock.advance(20_000);
    expect([clock.pendingTimers, cancellation.listenerCount]).toEqual([0, 0]);
  });
});

function setUp() {
  const clock = createFakeClock();
  const cancellation = new CancellationSource();
  const ends: string[] = [];
  const lasting =
    (ms: number): RolloutRunner =>
    (rollout, options) =>
      new Promise((resolve) => {
        const stopTimer = clock.setTimer(ms, () => {
          stopListening();
          resolve({...completed, rollout});
        });
        const stopListening = options.cancellation.onCancel((error) => {
          stopTimer();
          if (error instanceof CallError) resolve({status: 'failed', rollout, error, response: undefined});
        });
      });
  const durations: number[] = [];
  const limited = limitTime(
    (rollout, options) => lasting(durations.shift() ?? 0)(rollout, options),
    60_000,
    clock,
  );
  const run = (taskIndex: number, ms: number): void => {
    durations.push(ms);
    void limited(rolloutOf(taskIndex), {cancellation}).then((outcome) => {
      const what = outcome.status === 'failed' ? outcome.error.code : outcome.status;
      ends.push(`${taskIndex} ${what} at ${clock.monotonic() / 1000}`);
    });
  };
  return {clock, cancellation, ends, run};
}

const completed = {
  status: 'completed',
  response: {},
  trace: {deployment: 'gpt', calls: 1, queuedMs: 0, callMs: 0},
  verification: undefined,
  judgeMs: 0,
} as const;

function rolloutOf(taskIndex: number): Rollout {
  return {id: {taskIndex, rolloutIndex: 0}, agentName: 'a', attempt: 1, row: {}, text: '{}'};
}
