import {describe, expect, it} from 'vitest';
import {createAdmission, type Priority} from '../../src/dispatch/admission.ts';
import {limitModel} from '../../src/dispatch/dispatch-model.ts';
import {createDispatcher, type Dispatcher} from '../../src/dispatch/dispatcher.ts';
import {createQuota} from '../../src/dispatch/quota.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled} from '../helpers/never-cancelled.ts';
import {type AccountedService, createLimitedService, seeded} from './limited-service.ts';

const minute = 60_000;

/** A deployment of so many tokens a minute, in virtual time. */
function deploymentOf(tokensPerMinute: number, clock: FakeClock, limit = 1_024) {
  const random = seeded(1);
  const service = createLimitedService({
    ...{random, clock, latencyMs: [800, 1_200]},
    limits: {
      requestsPerMinute: tokensPerMinute / 100,
      tokensPerMinute,
      defaultMaxTokens: undefined,
    },
  });
  const admission = createAdmission({limit, isAdaptive: limit > 50, quota: createQuota({}), clock});
  const dispatcher = createDispatcher({
    ...{deployment: 'gpt', admission, clock, random},
    retry: {maxTries: 6, baseDelayMs: 1_000, maxDelayMs: 60_000, maxWaitMs: 600_000},
  });
  return {service, admission, dispatcher};
}

const ask = (dispatcher: Dispatcher, service: AccountedService, priority: Priority, tokens: number) =>
  dispatcher.dispatch(() => service.call(tokens), {
    ...{cancellation: neverCancelled, priority, tokens: () => tokens, limitsOf: (limits) => limits},
  });

/** Calls one after the other without an end, by so many callers at once. */
function keepAsking(callers: number, once: () => Promise<unknown>): {done: number; stop: () => void} {
  const state = {done: 0, isOver: false, stop: () => (state.isOver = true)};
  const loop = async (): Promise<void> => {
    while (!state.isOver) {
      await once();
      state.done++;
    }
  };
  for (let index = 0; index < callers; index++) void loop();
  return state;
}

describe('judge and policy on one deployment', () => {
  it('share it: as many verdicts as answers, and all of the quota', async () => {
    const clock = createFakeClock();
    const {service, dispatcher} = deploymentOf(100_000, clock);
    let answers = 0;
    const rollouts = keepAsking(300, async () => {
      await ask(dispatcher, service, 'new', 700);
      answers++;
      await ask(dispatcher, service, 'begun', 300);
    });
    await clock.advance(6 * minute);
    rollouts.stop();
    // All that have their answer but those whose verdict is on its way.
    expect(answers - rollouts.done).toBeLessThanOrEqual(25);
    expect(rollouts.done).toBeGreaterThanOrEqual(0.93 * 600);
  });

  it('leave something to those who ask anew, however many come that have begun elsewhere', async () => {
    const clock = createFakeClock();
    const {service, dispatcher} = deploymentOf(100_000, clock);
    const judge = keepAsking(300, () => ask(dispatcher, service, 'begun', 500));
    const door = keepAsking(5, () => ask(dispatcher, service, 'new', 500));
    await clock.advance(6 * minute);
    judge.stop();
    door.stop();
    expect(door.done / (judge.done + door.done)).toBeGreaterThanOrEqual(0.08);
    expect(judge.done).toBeGreaterThan(6 * door.done);
  });

  it('leave something to a large call that is new, though small ones that have begun would always fit', async () => {
    const clock = createFakeClock();
    const {service, dispatcher} = deploymentOf(10_000, clock);
    let large = 0;
    const judge = keepAsking(3, () => ask(dispatcher, service, 'begun', 300));
    await clock.advance(2 * minute);
    void ask(dispatcher, service, 'new', 9_000).then(() => large++);
    await clock.advance(4 * minute);
    judge.stop();
    expect(large).toBe(1);
  });
});

describe('a judge with a deployment of its own', () => {
  it('does not slow rollouts down: each leaves its place with the policy when its answer is in', async () => {
    const rolloutsAMinute = async (hasJudge: boolean): Promise<number> => {
      const clock = createFakeClock();
      const policy = deploymentOf(100_000, clock);
      const judge = deploymentOf(100_000, clock);
      const limited = createAdmission({limit: 64, clock});
      const judging = limitModel(
        async () => {
          await ask(judge.dispatcher, judge.service, 'begun', 600);
          return {response: {}, trace: {deployment: 'judge', calls: 1, queuedMs: 0, callMs: 0}};
        },
        limited,
        () => clock.monotonic(),
      );
      // As many as there are places for either, and as many again who wait.
      const rollouts = keepAsking(400, async () => {
        await ask(policy.dispatcher, policy.service, 'new', 700);
        if (hasJudge) await judging({}, {cancellation: neverCancelled});
      });
      await clock.advance(2 * minute);
      const before = rollouts.done;
      await clock.advance(4 * minute);
      rollouts.stop();
      return (rollouts.done - before) / 4;
    };
    const without = await rolloutsAMinute(false);
    expect(without).toBeGreaterThanOrEqual(0.95 * (100_000 / 700));
    expect((await rolloutsAMinute(true)) / without).toBeGreaterThanOrEqual(0.95);
  });
});
