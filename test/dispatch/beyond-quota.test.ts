import {describe, expect, it} from 'vitest';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {createDispatcher, dispatchThrough} from '../../src/dispatch/dispatcher.ts';
import {Pool} from '../../src/dispatch/pool.ts';
import {PoolGate} from '../../src/dispatch/pool-gate.ts';
import {createQuota} from '../../src/dispatch/quota.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {createLimitedService, seeded, served} from './limited-service.ts';

// The service tells a call that is larger than its whole quota to come back in a day.
const retry = {maxTries: 6, baseDelayMs: 1_000, maxDelayMs: 60_000, maxWaitMs: 600_000};
const random = seeded(1);

function deploymentOf(tokensPerMinute: number, clock: FakeClock) {
  const limits = {requestsPerMinute: 600, tokensPerMinute, defaultMaxTokens: undefined};
  const service = createLimitedService({limits, random, clock});
  return {service, admission: createAdmission({limit: 20, quota: createQuota({}), clock})};
}

describe('a call that is larger than the whole quota', () => {
  it('fails alone: the others go on as if it had not been sent', async () => {
    const clock = createFakeClock();
    const {service, admission} = deploymentOf(10_000, clock);
    const dispatcher = createDispatcher({deployment: 'gpt', admission, retry, clock, random});
    const ends: unknown[] = [];
    const ask = (tokens: number) =>
      void dispatcher
        .dispatch(() => service.call(tokens), {
          ...{cancellation: neverCancelled, priority: 'new', tokens: () => tokens},
          limitsOf: (limits) => limits,
        })
        .then(
          () => ends.push(tokens),
          (error: unknown) => ends.push(error),
        );
    ask(500);
    // The first answer tells the limit.
    await clock.advance(1_000);
    for (const tokens of [15_000, ...Array.from({length: 38}, () => 500)]) ask(tokens);
    await clock.advance(4 * 60_000);
    expect(ends.filter((end) => end === 500)).toHaveLength(39);
    expect(ends.filter((end) => end !== 500)).toMatchObject([
      {
        ...{code: 'ERR_MODEL_QUOTA_EXHAUSTED', effect: 'rollout', throttled: false, calls: 1},
        message: expect.stringContaining('larger than all that deployment gpt takes in a minute') as string,
        hint: expect.stringContaining('max_output_tokens') as string,
      },
    ]);
    expect(served(service, 0, 4 * 60_000).refused).toBe(1);
    expect([admission.inFlight, admission.waiting, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('is asked of every deployment of several before it fails', async () => {
    const clock = createFakeClock();
    const [small, large] = [deploymentOf(10_000, clock), deploymentOf(20_000, clock)];
    const members = [small, large];
    const deployments = members.map(({admission}, index) => ({
      ...{name: index === 0 ? 'small' : 'large', admission, priority: index + 1, weight: 1},
    }));
    const pool = new Pool({name: 'pool', deployments, clock});
    const dispatcher = dispatchThrough(new PoolGate({pool, retry, clock, random}), clock);
    const ask = (tokens: number) =>
      dispatcher
        .dispatch(async ({member}) => members[member]?.service.call(tokens), {
          ...{cancellation: neverCancelled, priority: 'new', tokens: () => tokens},
          limitsOf: (limits) => limits,
        })
        .then(
          ({calls}) => calls,
          (error: unknown) => error,
        );
    const first = ask(100);
    await clock.advance(1_000);
    expect(await first).toBe(1);
    const second = ask(15_000);
    await clock.advance(2 * 60_000);
    expect(await second).toBe(1);
    const huge = ask(25_000);
    await clock.advance(3 * 60_000);
    expect(await huge).toMatchObject({code: 'ERR_MODEL_QUOTA_EXHAUSTED', effect: 'rollout', calls: 2});
    const after = ask(5_000);
    await clock.advance(2 * 60_000);
    expect(await after).toBe(1);
  });
});
