import {describe, expect, it} from 'vitest';
import type {Deployments} from '../../src/app/open-deployments.ts';
import {rolloutWidth} from '../../src/app/rollout-width.ts';
import {forEachConcurrent} from '../../src/collect/for-each-concurrent.ts';
import {setUpRegions} from '../dispatch/pooled-regions.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

type Model = Deployments['all'] extends ReadonlyMap<string, infer T> ? T : never;

/** Models of which only what hangs is asked. */
const deploymentsOf = (...hung: (() => number)[]): Pick<Deployments, 'all'> => ({
  all: new Map(
    hung.map((hungCalls, index) => {
      const members = new Map([['east', () => ({inFlight: 0, waiting: 0})]]);
      return [String(index), {members, hungCalls} as unknown as Model];
    }),
  ),
});

describe('the rollouts in flight', () => {
  it('are as many as configured, and no clock runs, where no model has several deployments', () => {
    const single = {all: new Map([['m', {members: new Map(), hungCalls: () => 0} as unknown as Model]])};
    expect(rolloutWidth(8, single, createFakeClock())).toEqual({concurrency: 8});
  });

  it.each([
    ['a fixed number', 8],
    ['found out', () => 8],
  ])(
    'are one more for each call that hangs, and as many as before when it does no longer: %s',
    async (_, width) => {
      const clock = createFakeClock();
      const hung = [0, 0];
      const {concurrency, onConcurrencyChange} = rolloutWidth(
        width,
        deploymentsOf(...hung.map((__, index) => () => hung[index] ?? 0)),
        clock,
      );
      let told = 0;
      const stop = onConcurrencyChange?.(() => told++);
      const now = () => (typeof concurrency === 'number' ? concurrency : concurrency());
      const seen: number[] = [];
      for (const each of [
        [0, 0],
        [3, 0],
        [3, 2],
        [0, 0],
      ]) {
        hung.splice(0, 2, ...each);
        await clock.advance(1_000);
        seen.push(now());
      }
      stop?.();
      expect(seen).toEqual([8, 11, 13, 8]);
      expect([told, clock.pendingTimers]).toEqual([2, 0]);
    },
  );

  it('go on at the deployment that is left where all that were in flight hang at the other', async () => {
    const regions = setUpRegions({west: {latencyMs: [50, 60]}, east: {latencyMs: [50, 60]}});
    const {clock, ask, named, pool} = regions;
    const model = deploymentsOf(() => pool.roster.hungCalls());
    const {concurrency, onConcurrencyChange} = rolloutWidth(2, model, clock);
    async function* rows(): AsyncGenerator<number> {
      for (let row = 0; row < 100; row++) yield await Promise.resolve(row);
    }
    const at: string[] = [];
    const collected = forEachConcurrent(
      rows(),
      {limit: concurrency, onLimitChange: onConcurrencyChange, stopPulling: neverCancelled},
      async () => {
        const {value} = await ask(10);
        at.push(value?.name ?? '');
      },
    );
    await clock.advance(1_000);
    named('west').state.outage = 'accepts and never answers';
    await clock.advance(9_000);
    expect(at.length).toBeGreaterThanOrEqual(95);
    await clock.advance(300_000);
    await collected;
    expect([at.length, clock.pendingTimers]).toEqual([100, 0]);
  });
});
