import {describe, expect, it} from 'vitest';
import {type Outage, setUpRegions, startRows, useOf} from './pooled-regions.ts';

const minute = 60_000;
const tpm = 100_000;
const outages: readonly Outage[] = [
  'connection refused',
  'answers 500',
  'accepts and never answers',
  '429 with a day',
  'wrong key',
];

describe('two deployments of which one dies at half time', () => {
  it.each(outages.flatMap((outage) => [1, 2].map((seed) => ({outage, seed}))))(
    'lose no row and double none, and the other is used to the full ten seconds later: $outage (seed $seed)',
    async ({outage, seed}) => {
      const regions = setUpRegions({west: {tpm}, east: {tpm}}, {seed});
      const {clock, random, named, pool, cancellation} = regions;
      const run = startRows(regions, {rows: 1_200, nextTokens: () => Math.round(50 + 1_450 * random() ** 2)});
      await clock.advance(2 * minute);
      named('west').state.outage = outage;
      const diedAt = clock.monotonic();
      await clock.advance(3 * minute);
      expect(useOf(named('east'), tpm, diedAt + 10_000, diedAt + 70_000)).toBeGreaterThanOrEqual(0.95);
      await clock.advance(60 * minute);
      expect(run.errors).toEqual([]);
      expect([run.done.size, [...run.done.values()].filter((answers) => answers.length !== 1)]).toEqual([
        1_200,
        [],
      ]);
      expect([clock.pendingTimers, cancellation.listenerCount, pool.waiting]).toEqual([0, 0, 0]);
    },
  );

  it('leave the other its share of a fixed concurrency where the dead one takes calls and answers none', async () => {
    const limit = 80;
    const regions = setUpRegions({west: {tpm, limit}, east: {tpm, limit}});
    const {clock, random, named} = regions;
    const nextTokens = (): number => Math.round(50 + 1_450 * random() ** 2);
    const run = startRows(regions, {rows: 1_200, nextTokens, width: limit});
    await clock.advance(2 * minute);
    named('west').state.outage = 'accepts and never answers';
    const diedAt = clock.monotonic();
    await clock.advance(3 * minute);
    expect(useOf(named('east'), tpm, diedAt + 10_000, diedAt + 70_000)).toBeGreaterThanOrEqual(0.95);
    await clock.advance(60 * minute);
    expect([run.errors, run.done.size]).toEqual([[], 1_200]);
  });
});
