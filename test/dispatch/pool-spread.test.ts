import {describe, expect, it} from 'vitest';
import {served} from './limited-service.ts';
import {type Regions, setUpRegions, startRows, useOf} from './pooled-regions.ts';

const minute = 60_000;
const many = 1_000_000;

function lengths({random}: Regions): () => number {
  return () => Math.round(50 + 1_450 * random() ** 2);
}

describe('deployments with quotas of their own', () => {
  it.each([1, 2, 3])('are all used to the full, and refuse next to nothing (seed %i)', async (seed) => {
    const quotas = {large: 100_000, small: 20_000, other: 50_000};
    const regions = setUpRegions(
      {
        large: {tpm: quotas.large},
        small: {tpm: quotas.small},
        other: {tpm: quotas.other, latencyMs: [500, 5_000]},
      },
      {seed},
    );
    const {clock, named} = regions;
    const run = startRows(regions, {rows: many, nextTokens: lengths(regions)});
    await clock.advance(6 * minute);
    run.stop();
    for (const [name, tpm] of Object.entries(quotas)) {
      expect(useOf(named(name), tpm, minute, 6 * minute), name).toBeGreaterThanOrEqual(0.95);
      expect(served(named(name).service, minute, 6 * minute).refusedShare, name).toBeLessThanOrEqual(0.01);
    }
    await clock.advance(2 * minute);
    expect(run.errors).toEqual([]);
  });

  it('share what is less than all of them take in proportion to their quotas', async () => {
    const regions = setUpRegions({large: {tpm: 90_000, limit: 64}, small: {tpm: 30_000, limit: 64}});
    const {clock, named, ask, random} = regions;
    const send = (): void => {
      void ask(Math.round(100 + 800 * random()));
      clock.setTimer(700, send);
    };
    send();
    await clock.advance(6 * minute);
    const [large, small] = ['large', 'small'].map(
      (name) => served(named(name).service, minute, 6 * minute).tokens,
    );
    expect((large ?? 0) / (small ?? 1)).toBeGreaterThan(2.6);
    expect((large ?? 0) / (small ?? 1)).toBeLessThan(3.4);
  });
});

describe('provisioned throughput with pay-as-you-go behind it', () => {
  it('is used first, spills over what it has no room for, and has all again when there is less', async () => {
    const tpm = 60_000;
    const regions = setUpRegions({reserved: {tpm}, west: {tpm, priority: 2}});
    const {clock, named, ask} = regions;
    const run = startRows(regions, {rows: many, nextTokens: lengths(regions), width: 400});
    await clock.advance(4 * minute);
    expect(useOf(named('reserved'), tpm, minute, 4 * minute)).toBeGreaterThanOrEqual(0.95);
    expect(useOf(named('west'), tpm, minute, 4 * minute)).toBeGreaterThanOrEqual(0.95);
    run.stop();
    await clock.advance(2 * minute);
    const before = named('west').state.tried.length;
    const send = (): void => {
      void ask(300);
      clock.setTimer(1_000, send);
    };
    send();
    await clock.advance(3 * minute);
    expect(named('west').state.tried.length - before).toBe(0);
  });

  it('is not left for the other by a small run, whose calls it could all take at once', async () => {
    const regions = setUpRegions({reserved: {latencyMs: [500, 3_000]}, west: {priority: 2}});
    const {clock, named} = regions;
    const run = startRows(regions, {rows: 300, nextTokens: lengths(regions), width: 200});
    await clock.advance(2 * minute);
    expect([run.done.size, named('west').state.tried.length]).toEqual([300, 0]);
  });
});
