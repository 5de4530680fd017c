import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {forEachConcurrent} from '../../src/collect/for-each-concurrent.ts';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {createFakeClock, settle} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';

async function* from<T>(items: readonly T[], onPull: () => void = () => undefined): AsyncGenerator<T> {
  for (const item of items) {
    onPull();
    yield await Promise.resolve(item);
  }
}

describe('forEachConcurrent', () => {
  it('visits every item once and never more than the limit at once, for all limits and durations', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({min: 1, max: 8}),
        fc.array(fc.nat(30), {maxLength: 40}),
        async (limit, durations) => {
          const clock = createFakeClock();
          const seen: number[] = [];
          let running = 0;
          let peak = 0;
          const done = forEachConcurrent(
            from(durations.map((ms, index) => ({ms, index}))),
            {limit, stopPulling: neverCancelled},
            async ({ms, index}) => {
              seen.push(index);
              peak = Math.max(peak, ++running);
              await new Promise<void>((resolve) => clock.setTimer(ms, resolve));
              running--;
            },
          );
          for (let step = 0; step < 100; step++) await clock.advance(30);
          await done;
          expect(seen).toEqual(durations.map((_, index) => index));
          expect(peak).toBeLessThanOrEqual(limit);
        },
      ),
      {numRuns: 40},
    );
  });

  it('asks again for a limit that is told to have changed, though nothing ends', async () => {
    let [limit, running] = [2, 0];
    let tell: (() => void) | undefined;
    let hasStopped = false;
    const stopPulling = new CancellationSource();
    const done = forEachConcurrent(
      from([0, 1, 2, 3, 4, 5]),
      {
        limit: () => limit,
        onLimitChange(wake) {
          tell = wake;
          return () => (hasStopped = true);
        },
        stopPulling,
      },
      () => {
        running++;
        return new Promise<void>((resolve) => stopPulling.onCancel(() => resolve()));
      },
    );
    await settle();
    expect(running).toBe(2);
    limit = 4;
    tell?.();
    await settle();
    expect(running).toBe(4);
    stopPulling.cancel(new Error('over'));
    await done;
    expect(hasStopped).toBe(true);
  });

  it('follows a limit that changes while it runs', async () => {
    const clock = createFakeClock();
    let [limit, running] = [1, 0];
    const done = forEachConcurrent(
      from(Array.from({length: 12}, (_, index) => index)),
      {limit: () => limit, stopPulling: neverCancelled},
      async () => {
        running++;
        await new Promise<void>((resolve) => clock.setTimer(10, resolve));
        running--;
      },
    );
    const seen: number[] = [];
    for (limit of [1, 4, 4, 2]) {
      await clock.advance(10);
      seen.push(running);
    }
    await clock.advance(100);
    await done;
    expect(seen).toEqual([1, 4, 4, 2]);
  });

  it('pulls an item only when there is room for it', async () => {
    let pulled = 0;
    const gate = new CancellationSource();
    const running = forEachConcurrent(
      from([1, 2, 3, 4], () => pulled++),
      {limit: 2, stopPulling: gate},
      () => new Promise<void>((resolve) => gate.onCancel(() => resolve())),
    );
    await settle();
    expect(pulled).toBe(2);
    gate.cancel();
    await running;
    expect(pulled).toBe(2);
  });

  it('throws the first failure once all that ran has ended', async () => {
    const clock = createFakeClock();
    const ended: number[] = [];
    const run = forEachConcurrent(
      from([1, 2, 3, 4, 5]),
      {limit: 2, stopPulling: neverCancelled},
      async (item) => {
        if (item === 1) throw new Error('first');
        await new Promise<void>((resolve) => clock.setTimer(50, resolve));
        ended.push(item);
      },
    ).catch((error: unknown) => error);
    await clock.advance(500);
    expect(await run).toMatchObject({message: 'first'});
    expect(ended.length).toBeLessThanOrEqual(2);
  });

  it('raises no unhandled rejection when work fails while the source is slow', async () => {
    const clock = createFakeClock();
    async function* slow(): AsyncGenerator<number> {
      yield 1;
      await new Promise<void>((resolve) => clock.setTimer(1000, resolve));
      yield 2;
    }
    const run = forEachConcurrent(slow(), {limit: 4, stopPulling: neverCancelled}, () =>
      Promise.reject(new Error('early')),
    ).catch((error: unknown) => error);
    await clock.advance(2000);
    expect(await run).toMatchObject({message: 'early'});
  });

  it('throws what the source throws, after what runs has ended', async () => {
    const clock = createFakeClock();
    let ended = false;
    async function* broken(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
      throw new Error('disk');
    }
    const run = forEachConcurrent(broken(), {limit: 4, stopPulling: neverCancelled}, async () => {
      await new Promise<void>((resolve) => clock.setTimer(10, resolve));
      ended = true;
    }).catch((error: unknown) => error);
    await clock.advance(20);
    expect(await run).toMatchObject({message: 'disk'});
    expect(ended).toBe(true);
  });
});
