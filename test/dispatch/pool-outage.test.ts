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

  // A deployment takes some 3.13 of these calls a second.
  const spans = [
    [50, 500],
    [2_000, 4_000],
    [2_000, 20_000],
    [10_000, 20_000],
  ] as const;
  it.each(spans.flatMap((latencyMs) => [1.05, 1.3, 2].map((times) => ({latencyMs, times}))))(
    'leave the other all that it takes where the concurrency is fixed at $times times of what both held, with calls of $latencyMs ms',
    async ({latencyMs, times}) => {
      const [least, most] = latencyMs;
      const width = Math.ceil((times * 2 * 3.13 * (least + most + 60)) / 2_000);
      const region = {tpm, limit: width, latencyMs};
      const regions = setUpRegions({west: region, east: region});
      const {clock, random, named} = regions;
      const nextTokens = (): number => Math.round(50 + 1_450 * random() ** 2);
      const run = startRows(regions, {rows: 1_500, nextTokens, width});
      await clock.advance(2.5 * minute);
      const west = named('west');
      expect(useOf(west, tpm, 1.5 * minute, 2.5 * minute)).toBeGreaterThanOrEqual(0.9);
      west.state.outage = 'accepts and never answers';
      const diedAt = clock.monotonic();
      await clock.advance(2 * minute);
      expect(useOf(named('east'), tpm, diedAt + 10_000, diedAt + 70_000)).toBeGreaterThanOrEqual(0.95);
      await clock.advance(60 * minute);
      expect([run.errors, run.done.size, clock.pendingTimers]).toEqual([[], 1_500, 0]);
    },
  );

  it('pass the fixed concurrency only by what hangs, and come back to it', async () => {
    const region = {tpm, limit: 60, latencyMs: [5_000, 10_000]} as const;
    const regions = setUpRegions({west: region, east: region});
    const {clock, random, named, pool} = regions;
    const nextTokens = (): number => Math.round(50 + 1_450 * random() ** 2);
    const run = startRows(regions, {rows: 2_000, nextTokens, width: 60});
    await clock.advance(2 * minute);
    named('west').state.outage = 'accepts and never answers';
    const [beyond, hung]: [number[], number[]] = [[], []];
    for (let second = 0; second < 50; second++) {
      await clock.advance(1_000);
      beyond.push(run.left() - 60);
      hung.push(pool.roster.hungCalls());
    }
    expect(hung.at(-1)).toBeGreaterThan(20);
    expect(beyond.filter((many, second) => many > (hung[second] ?? 0))).toEqual([]);
    // They time out, and are asked again elsewhere.
    named('west').state.outage = undefined;
    await clock.advance(2 * minute);
    expect([run.left(), pool.roster.hungCalls()]).toEqual([60, 0]);
  });
});
