import {describe, expect, it} from 'vitest';
import {createQuota} from '../../src/dispatch/quota.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {seeded, served, startCollector} from './limited-service.ts';
import {createProvisionedService} from './provisioned-service.ts';

// A deployment with provisioned throughput behind the simulator's limiter in virtual time, with more to send than it takes.
const minute = 60_000;

interface Setting {
  readonly units?: number;
  readonly windowS?: number;
  readonly latencyMs?: readonly [number, number];
  readonly usedShare?: (random: () => number) => number;
  readonly isProvisioned?: boolean;
  readonly seed?: number;
}

function setUp(setting: Setting) {
  const {units = 100, windowS = 60, latencyMs = [3_000, 7_000], seed = 1, isProvisioned} = setting;
  // Most calls take a tenth to six tenths of their maximum.
  const share = setting.usedShare ?? ((random) => 0.1 + 0.5 * random());
  const throughput = {tokensPerMinute: 2_500 * units, windowS};
  const service = () => {
    const clock = createFakeClock();
    const random = seeded(seed);
    const deployment = createProvisionedService({
      ...{throughput, clock, random, latencyMs},
      usedShare: () => share(random),
    });
    const nextTokens = () => Math.round(200 + 5_800 * random() ** 2);
    return {clock, deployment, nextTokens};
  };
  return {
    service,
    /** Weighted tokens that a deployment of this kind gives one who knows when there is room. */
    async admissible(fromMs: number, toMs: number): Promise<number> {
      const {clock, deployment, nextTokens} = service();
      void deployment.takeAll(nextTokens, () => clock.monotonic() >= toMs);
      await clock.advance(toMs);
      return served(deployment, fromMs, toMs).tokens;
    },
    collect() {
      const {clock, deployment, nextTokens} = service();
      const quota = createQuota({isProvisioned});
      return {
        clock,
        deployment,
        ...startCollector(deployment, {limit: 8_192, isAdaptive: true, quota, clock, nextTokens}),
      };
    },
  };
}

describe('provisioned throughput', () => {
  const settings: readonly (readonly [string, Setting])[] = [
    ['with quick calls', {latencyMs: [300, 700]}],
    ['with calls of 5 s', {}],
    ['with calls of 20 s', {latencyMs: [12_000, 28_000]}],
    ['of 15 units', {units: 15}],
    ['of 15 units with quick calls', {units: 15, latencyMs: [300, 700]}],
    ['of 1,000 units', {units: 1_000}],
    ['that ten seconds of work fill', {windowS: 10}],
    ['of 1,000 units that ten seconds of work fill', {units: 1_000, windowS: 10}],
    ['where every call takes what it may', {usedShare: () => 1}],
    ['where calls take a tenth of what they may', {usedShare: (random) => 0.2 * random()}],
    ['that is configured', {isProvisioned: true}],
  ];

  it.each(settings.flatMap(([name, setting]) => [1, 2].map((seed) => ({name, setting: {...setting, seed}}))))(
    '$name is used to 95 % and more, with hardly a refusal after a minute (seed $setting.seed)',
    async ({setting}) => {
      const scene = setUp(setting);
      const {clock, deployment, stop} = scene.collect();
      await clock.advance(6 * minute);
      stop();
      const {tokens, refusedShare} = served(deployment, minute, 6 * minute);
      expect(tokens / (await scene.admissible(minute, 6 * minute))).toBeGreaterThanOrEqual(0.95);
      expect(refusedShare).toBeLessThanOrEqual(0.01);
    },
  );

  it('is left what others use of it', async () => {
    const {clock, deployment, stop} = setUp({}).collect();
    const useEverySecond = (): void => {
      deployment.useElsewhere((0.3 * 250_000) / 60);
      clock.setTimer(1_000, useEverySecond);
    };
    useEverySecond();
    await clock.advance(6 * minute);
    stop();
    const {tokens, refusedShare} = served(deployment, minute, 6 * minute);
    expect(tokens / (5 * 250_000)).toBeGreaterThanOrEqual(0.66);
    expect(refusedShare).toBeLessThanOrEqual(0.01);
  });

  it('that is too small for its calls is asked in vain only now and then', async () => {
    // A single call may be as much as ten seconds' work, and takes twice that time.
    const setting = {units: 15, windowS: 10, latencyMs: [12_000, 28_000], isProvisioned: true} as const;
    const {clock, deployment, stop} = setUp(setting).collect();
    await clock.advance(10 * minute);
    stop();
    const {calls, refused} = served(deployment, minute, 10 * minute);
    expect(refused).toBeLessThanOrEqual(0.1 * calls);
    expect(calls).toBeGreaterThan(150);
  });
});
