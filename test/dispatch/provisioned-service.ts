import {CallError} from '../../src/core/errors.ts';
import type {RateLimits} from '../../src/core/rate-limits.ts';
import {
  createProvisionedLimiter,
  type ProvisionedThroughput,
} from '../../src/simulator/limits/provisioned-limiter.ts';
import type {FakeClock} from '../helpers/fake-clock.ts';
import type {ServedCall} from './limited-service.ts';

export interface ProvisionedServiceOptions {
  readonly throughput: ProvisionedThroughput;
  readonly clock: FakeClock;
  readonly random: () => number;
  readonly latencyMs: readonly [number, number];
  /** The share of its estimate that a call takes in the end. */
  readonly usedShare: () => number;
}

/** A deployment with provisioned throughput in virtual time, behind the simulator's own limiter, 5 to 50 ms away. */
export function createProvisionedService(options: ProvisionedServiceOptions) {
  const {throughput, clock, random, latencyMs, usedShare} = options;
  const limiter = createProvisionedLimiter(throughput);
  const calls: ServedCall[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
  const work = async (estimate: number, atMs: number): Promise<number> => {
    const used = Math.ceil(estimate * usedShare());
    calls.push({atMs, tokens: used, isAdmitted: true, retryAfterMs: 0});
    const [least, most] = latencyMs;
    await wait(least + (most - least) * random());
    limiter.settle(clock.monotonic(), estimate, used);
    return used;
  };
  return {
    calls,
    /** Use by somebody else, without an end. */
    useElsewhere: (tokens: number) => limiter.admit(clock.monotonic(), tokens),
    async call(estimate: number): Promise<RateLimits> {
      await wait(5 + 45 * random());
      const atMs = clock.monotonic();
      const decision = limiter.admit(atMs, estimate);
      if (!decision.admitted) {
        const retryAfterMs = Math.max(1, Math.ceil(decision.retryAfterMs));
        calls.push({atMs, tokens: estimate, isAdmitted: false, retryAfterMs});
        await wait(20);
        throw new CallError('full', {
          ...{code: 'ERR_MODEL_RATE_LIMIT', fault: 'model', effect: 'retry', throttled: true},
          ...{httpStatus: 429, retryAfterMs},
        });
      }
      const usedTokens = await work(estimate, atMs);
      return {utilization: Math.round(decision.utilization * 1_000) / 1_000, usedTokens};
    },
    /** Somebody who is told for nothing when there is room, and sends at once: what can be had of this deployment. */
    async takeAll(nextTokens: () => number, isOver: () => boolean): Promise<void> {
      while (!isOver()) {
        const estimate = nextTokens();
        const decision = limiter.admit(clock.monotonic(), 0);
        if (decision.admitted) {
          limiter.admit(clock.monotonic(), estimate);
          void work(estimate, clock.monotonic());
          await wait(0.01);
        } else await wait(Math.max(1, decision.retryAfterMs));
      }
    },
  };
}
