import {describe, expect, it} from 'vitest';
import {CallError} from '../../src/core/errors.ts';
import {createQuota} from '../../src/dispatch/quota.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {
  createLimitedService,
  type ServiceOptions,
  seeded,
  served,
  startCollector,
} from './limited-service.ts';

// A deployment behind the simulator's limiter in virtual time, with more to send than it takes and nothing configured.
const minute = 60_000;
const half = (tokens: number): number => Math.ceil(tokens / 2);
const twice = (tokens: number): number => 2 * tokens;

interface RunOptions
  extends Partial<Pick<ServiceOptions, 'chargeOf' | 'sendsHeaders' | 'latencyMs' | 'told' | 'lagMs'>> {
  readonly tokens?: readonly [number, number];
  readonly seed?: number;
  readonly limit?: number;
  readonly ceiling?: number;
}

function setUp(tpm: number, options: RunOptions = {}) {
  // Mostly short, some long.
  const {seed = 1, limit, ceiling = 1_024, tokens: [least, most] = [50, 1_500], ...service} = options;
  const clock = createFakeClock();
  const random = seeded(seed);
  const limits = {requestsPerMinute: (tpm * 6) / 1_000, tokensPerMinute: tpm, defaultMaxTokens: undefined};
  const deployment = createLimitedService({limits, random, clock, ...service});
  const collector = startCollector(deployment, {
    ...{limit: limit ?? ceiling, isAdaptive: limit === undefined, quota: createQuota({}), clock},
    nextTokens: () => Math.round(least + (most - least) * random() ** 2),
  });
  const ofMinutes = (from: number, to: number) => served(deployment, from * minute, to * minute);
  return {clock, limits, deployment, ofMinutes, ...collector};
}

describe('a deployment whose quota is the limit', () => {
  it.each([10_000, 100_000, 1_000_000].flatMap((tpm) => [1, 2, 3].map((seed) => ({tpm, seed}))))(
    'is used to 95 % and more, and refuses nothing, at $tpm tokens a minute (seed $seed)',
    async ({tpm, seed}) => {
      const {clock, ofMinutes, stop} = setUp(tpm, {seed});
      await clock.advance(9 * minute);
      stop();
      const {tokens, refusedShare} = ofMinutes(1, 9);
      expect(tokens / (8 * tpm)).toBeGreaterThanOrEqual(0.95);
      expect(refusedShare).toBeLessThanOrEqual(0.01);
    },
  );

  it.each([
    ['calls take up to 20 s', {latencyMs: [2_000, 20_000]}],
    ['200 places are configured', {limit: 200}],
    ['each call costs half of what is estimated', {chargeOf: half}],
  ] as const)('is used as well where %s', async (_, options) => {
    const {clock, ofMinutes, stop} = setUp(100_000, options);
    await clock.advance(6 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(1, 6);
    expect(tokens / 500_000).toBeGreaterThanOrEqual(0.95);
    expect(refusedShare).toBeLessThanOrEqual(0.01);
  });

  it.each([10_000, 100_000, 1_000_000])(
    'is used as well two windows after its limit of %i has been halved, and doubled again',
    async (tpm) => {
      const {clock, limits, ofMinutes, stop} = setUp(tpm);
      await clock.advance(2 * minute);
      limits.tokensPerMinute = tpm / 2;
      await clock.advance(5 * minute);
      limits.tokensPerMinute = tpm;
      await clock.advance(5 * minute);
      stop();
      const halved = ofMinutes(4, 7);
      const doubled = ofMinutes(9, 12);
      expect(halved.tokens / (1.5 * tpm)).toBeGreaterThanOrEqual(0.95);
      expect(doubled.tokens / (3 * tpm)).toBeGreaterThanOrEqual(0.95);
      expect([halved.refusedShare, doubled.refusedShare]).toEqual([0, 0]);
    },
  );

  it.each([1, 2, 3, 4])(
    'is used again two windows after it was halved for a while and nobody told (seed %i)',
    async (seed) => {
      const told = {requestsPerMinute: 600, tokensPerMinute: 100_000, defaultMaxTokens: undefined};
      const {clock, limits, ofMinutes, stop} = setUp(100_000, {seed, told});
      await clock.advance(3 * minute);
      limits.tokensPerMinute = 50_000;
      await clock.advance(4 * minute);
      limits.tokensPerMinute = 100_000;
      await clock.advance(5 * minute);
      stop();
      expect(ofMinutes(9, 12).tokens / 300_000).toBeGreaterThanOrEqual(0.9);
    },
  );

  it('is used by its requests as well where these are what is short', async () => {
    const {clock, ofMinutes, stop} = setUp(100_000, {tokens: [20, 120], latencyMs: [3_000, 7_000]});
    await clock.advance(6 * minute);
    stop();
    const {calls, refused} = ofMinutes(1, 6);
    expect(calls / (5 * 600)).toBeGreaterThanOrEqual(0.95);
    expect(refused).toBe(0);
  });

  it('is used as well where replies tell what was left two seconds ago', async () => {
    const {clock, ofMinutes, stop} = setUp(100_000, {lagMs: 2_000});
    await clock.advance(6 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(1, 6);
    expect(tokens / 500_000).toBeGreaterThanOrEqual(0.95);
    expect(refusedShare).toBeLessThanOrEqual(0.01);
  });

  it('is used to 95 % by large calls of a tenth of it and more', async () => {
    const {clock, ofMinutes, stop} = setUp(100_000, {tokens: [4_000, 16_000]});
    await clock.advance(9 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(1, 9);
    expect(tokens / 800_000).toBeGreaterThanOrEqual(0.95);
    expect(refusedShare).toBeLessThanOrEqual(0.01);
  });

  it('is left what others use of it, with few refusals', async () => {
    const {clock, deployment, ofMinutes, stop} = setUp(100_000);
    const useEverySecond = (): void => {
      deployment.useElsewhere(500);
      clock.setTimer(1_000, useEverySecond);
    };
    useEverySecond();
    await clock.advance(12 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(6, 12);
    expect(tokens / 420_000).toBeGreaterThanOrEqual(0.9);
    expect(refusedShare).toBeLessThanOrEqual(0.01);
  });

  it('gets few refused calls where each costs twice of what is estimated', async () => {
    const {clock, ofMinutes, stop} = setUp(100_000, {chargeOf: twice});
    await clock.advance(9 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(3, 9);
    expect(tokens / 600_000).toBeGreaterThanOrEqual(0.9);
    expect(refusedShare).toBeLessThanOrEqual(0.03);
  });
});

describe('a deployment that says nothing of its quota', () => {
  const plain = [1, 2, 3].flatMap((seed) => [
    {what: '100,000 tokens a minute', tpm: 100_000, seed, options: {}},
    {what: '1,000,000 tokens a minute', tpm: 1_000_000, seed, options: {}},
    {what: '200 configured places', tpm: 100_000, seed, options: {limit: 200}},
    {what: 'charges of half the estimate', tpm: 100_000, seed, options: {chargeOf: half}},
    {what: 'charges of twice the estimate', tpm: 100_000, seed, options: {chargeOf: twice}},
  ]);
  it.each(plain)(
    'is used to 95 % and refuses at most 1 % after a minute: $what (seed $seed)',
    async (run) => {
      const {clock, ofMinutes, stop} = setUp(run.tpm, {...run.options, seed: run.seed, sendsHeaders: false});
      await clock.advance(11 * minute);
      stop();
      const {tokens, refusedShare} = ofMinutes(1, 11);
      expect(tokens / (10 * run.tpm)).toBeGreaterThanOrEqual(0.95);
      expect(refusedShare).toBeLessThanOrEqual(0.01);
    },
  );

  it.each([1, 2, 3])(
    'is used as well by calls of up to 20 s once some rounds of them are over (seed %i)',
    async (seed) => {
      const {clock, ofMinutes, stop} = setUp(100_000, {
        seed,
        latencyMs: [2_000, 20_000],
        sendsHeaders: false,
      });
      await clock.advance(12 * minute);
      stop();
      const {tokens, refusedShare} = ofMinutes(2, 12);
      expect(tokens / 1_000_000).toBeGreaterThanOrEqual(0.95);
      expect(refusedShare).toBeLessThanOrEqual(0.01);
    },
  );

  it.each([1, 2, 3])(
    'is used by its requests as well where these are what is short (seed %i)',
    async (seed) => {
      const calls = {tokens: [20, 120], latencyMs: [3_000, 7_000]} as const;
      const {clock, ofMinutes, stop} = setUp(100_000, {seed, ...calls, sendsHeaders: false});
      await clock.advance(11 * minute);
      stop();
      const {calls: sent, refused} = ofMinutes(1, 11);
      expect((sent - refused) / (10 * 600)).toBeGreaterThanOrEqual(0.95);
      expect(refused / sent).toBeLessThanOrEqual(0.01);
    },
  );

  it.each([1, 2, 3])(
    'is used nearly as well where a call is a twentieth of it, and one refusal half a percent of them (seed %i)',
    async (seed) => {
      const {clock, ofMinutes, stop} = setUp(10_000, {seed, sendsHeaders: false});
      await clock.advance(11 * minute);
      stop();
      const {tokens, refused} = ofMinutes(1, 11);
      expect(tokens / 100_000).toBeGreaterThanOrEqual(0.94);
      expect(refused).toBeLessThanOrEqual(3);
    },
  );

  it('is followed within a quarter of an hour when it is doubled', async () => {
    const {clock, limits, ofMinutes, stop} = setUp(100_000, {sendsHeaders: false});
    await clock.advance(3 * minute);
    [limits.tokensPerMinute, limits.requestsPerMinute] = [200_000, 1_200];
    await clock.advance(17 * minute);
    stop();
    expect(ofMinutes(18, 20).tokens / 400_000).toBeGreaterThanOrEqual(0.9);
    expect(ofMinutes(3, 20).refusedShare).toBeLessThanOrEqual(0.01);
  });

  it('is followed when it is halved', async () => {
    const {clock, limits, ofMinutes, stop} = setUp(100_000, {sendsHeaders: false});
    await clock.advance(3 * minute);
    limits.tokensPerMinute = 50_000;
    await clock.advance(7 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(5, 10);
    expect(tokens / 250_000).toBeGreaterThanOrEqual(0.9);
    expect(refusedShare).toBeLessThanOrEqual(0.02);
  });
});

describe('a naive loop on the same deployment', () => {
  it.each([10_000, 100_000, 1_000_000])(
    'that waits as it is told and tries again is refused many times more at %i tokens a minute',
    async (tpm) => {
      const clock = createFakeClock();
      const random = seeded(1);
      const limits = {
        requestsPerMinute: (tpm * 6) / 1_000,
        tokensPerMinute: tpm,
        defaultMaxTokens: undefined,
      };
      const deployment = createLimitedService({limits, random, clock});
      const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
      const work = async (): Promise<void> => {
        for (;;) {
          const tokens = Math.round(50 + 1_450 * random() ** 2);
          await deployment.call(tokens).catch(async (error: unknown) => {
            if (error instanceof CallError) await wait((error.retryAfterMs ?? 0) * (1 + 0.25 * random()));
          });
        }
      };
      for (let worker = 0; worker < 16; worker++) void work();
      await clock.advance(9 * minute);
      const {tokens, refusedShare} = served(deployment, minute, 9 * minute);
      // The figures stand in docs/decisions/2026-11-22-quota.md.
      expect(tokens / (8 * tpm)).toBeLessThanOrEqual(1);
      expect(refusedShare).toBeGreaterThanOrEqual(0.03);
    },
  );
});

describe('a cold start', () => {
  const cases = [1_000_000, 10_000_000].flatMap((tpm) => [1_000, 5_000, 20_000].map((ms) => ({tpm, ms})));

  it.each(cases)('has used the first minute’s $tpm tokens where calls take $ms ms', async ({tpm, ms}) => {
    const {clock, ofMinutes, stop} = setUp(tpm, {latencyMs: [0.6 * ms, 1.4 * ms], ceiling: 8_192});
    await clock.advance(minute);
    stop();
    const {tokens, refused} = ofMinutes(0, 1);
    expect(tokens / tpm).toBeGreaterThanOrEqual(0.95);
    expect(refused).toBe(0);
  });
});

describe('a cool-down', () => {
  it('keeps everybody away for all of its 75 seconds, and lets no more in after it than the quota has room for', async () => {
    const {clock, deployment, stop} = setUp(10_000, {limit: 200});
    await clock.advance(2 * minute);
    const from = deployment.calls.length;
    deployment.refuseNext(75_000);
    await clock.advance(30_000);
    const refusedAt = deployment.calls.slice(from).find(({isAdmitted}) => !isAdmitted)?.atMs ?? Number.NaN;
    await clock.advance(minute);
    stop();
    // Those that were on their way when it began.
    const within = served(deployment, refusedAt + 100, refusedAt + 75_000);
    const after = served(deployment, refusedAt + 75_000, refusedAt + 76_100);
    expect(within.calls).toBe(0);
    expect([after.calls > 0, after.refused]).toEqual([true, 0]);
    expect(after.calls).toBeLessThanOrEqual(10);
    expect(after.tokens).toBeLessThanOrEqual(10_000);
  });

  it('is left by two calls and then by more with each answer where no quota is known', async () => {
    const {clock, deployment, stop} = setUp(1_000_000_000, {limit: 200, sendsHeaders: false});
    await clock.advance(10_000);
    deployment.refuseNext(20_000);
    await clock.advance(24_000);
    stop();
    const {calls} = deployment;
    const refusedAt = calls.find(({isAdmitted}) => !isAdmitted)?.atMs ?? Number.NaN;
    const first = calls.find(({atMs}) => atMs >= refusedAt + 20_000)?.atMs ?? Number.NaN;
    // An answer takes 50 ms and longer.
    const early = served(deployment, first, first + 50);
    expect(early.calls).toBe(2);
    expect(served(deployment, first, first + 3_000).calls).toBeGreaterThan(10);
  });
});
