import {describe, expect, it} from 'vitest';
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

interface RunOptions extends Partial<Pick<ServiceOptions, 'chargeOf' | 'sendsHeaders' | 'latencyMs'>> {
  readonly seed?: number;
  readonly limit?: number;
  readonly ceiling?: number;
}

function setUp(tpm: number, {seed = 1, limit, ceiling = 1_024, ...service}: RunOptions = {}) {
  const clock = createFakeClock();
  const random = seeded(seed);
  const limits = {requestsPerMinute: (tpm * 6) / 1_000, tokensPerMinute: tpm, defaultMaxTokens: undefined};
  const deployment = createLimitedService({limits, random, clock, ...service});
  const collector = startCollector(deployment, {
    ...{limit: limit ?? ceiling, isAdaptive: limit === undefined, quota: createQuota({}), clock},
    // Mostly short, some long: 50 to 1,500 tokens.
    nextTokens: () => Math.round(50 + 1_450 * random() ** 2),
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
    ['each call costs half of what is estimated', {chargeOf: (tokens: number) => Math.ceil(tokens / 2)}],
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
    const {clock, ofMinutes, stop} = setUp(100_000, {chargeOf: (tokens) => 2 * tokens});
    await clock.advance(9 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(3, 9);
    expect(tokens / 600_000).toBeGreaterThanOrEqual(0.9);
    expect(refusedShare).toBeLessThanOrEqual(0.03);
  });

  it('is used as well where it says nothing of its limits, but then it has to refuse now and then', async () => {
    const {clock, ofMinutes, stop} = setUp(100_000, {sendsHeaders: false});
    await clock.advance(6 * minute);
    stop();
    const {tokens, refusedShare} = ofMinutes(1, 6);
    expect(tokens / 500_000).toBeGreaterThanOrEqual(0.95);
    expect(refusedShare).toBeLessThanOrEqual(0.1);
  });
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
    const {clock, deployment, stop} = setUp(1_000_000, {limit: 200, sendsHeaders: false});
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
