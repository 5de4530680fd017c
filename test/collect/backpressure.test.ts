import {describe, expect, it} from 'vitest';
import {collectRollouts} from '../../src/collect/collect-rollouts.ts';
import {runLocally} from '../../src/collect/run-rollout.ts';
import type {Judge} from '../../src/core/ports.ts';
import type {Rollout} from '../../src/core/rollout.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

const rows = 1_000;
const concurrency = 8;
const agent = () =>
  Promise.resolve({
    response: {object: 'response'},
    trace: {deployment: 'd', calls: 1, queuedMs: 0, callMs: 1},
  });

interface Slow {
  readonly judge?: Judge;
  readonly write?: () => Promise<void> | undefined;
}

/** Collects a thousand rows whose policy answers at once; tells at every pull how many rows are pulled and not yet kept. */
async function mostHeld({judge, write = () => undefined}: Slow): Promise<number> {
  const clock = createFakeClock();
  let pulled = 0;
  let kept = 0;
  let most = 0;
  async function* owed(): AsyncGenerator<Rollout> {
    for (let taskIndex = 0; taskIndex < rows; taskIndex++) {
      pulled++;
      most = Math.max(most, pulled - kept);
      const id = {taskIndex, rolloutIndex: 0};
      yield await Promise.resolve({id, agentName: 'a', attempt: 1, row: {}, text: '{}'});
    }
  }
  const runner = runLocally({agent, resources: undefined, judge}, clock);
  const end = await collectRollouts(
    owed(),
    {concurrency, answeredBefore: true, drain: neverCancelled, abort: neverCancelled},
    {runnerOf: () => runner, sink: {write, close: () => Promise.resolve()}},
    {onStart: () => undefined, onOutcome: () => kept++},
  );
  expect([end.kind, kept]).toEqual(['complete', rows]);
  return most;
}

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(() => resolve(value)));

describe('rollouts that are pulled and not yet kept', () => {
  it.each<[string, Slow]>([
    ['a judge is slower than the policy', {judge: () => later({reward: 1, fields: {}, traces: []})}],
    ['the disk is slow', {write: () => later(undefined)}],
    ['nothing is slow', {}],
  ])('are no more than may run at once where %s', async (_, slow) => {
    expect(await mostHeld(slow)).toBeLessThanOrEqual(concurrency);
  });
});
