import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createProvisionedLimiter} from '../../../src/simulator/limits/provisioned-limiter.ts';

// A thousand tokens a second; ten seconds of it are 100 %.
const throughput = {tokensPerMinute: 60_000, windowS: 10};

describe('provisioned throughput', () => {
  it('lets a request in whatever its size while the utilisation is not above 100 %', () => {
    const limiter = createProvisionedLimiter(throughput);
    expect(limiter.admit(0, 10_000)).toEqual({admitted: true, utilization: 1});
    expect(limiter.admit(0, 2_500)).toEqual({admitted: true, utilization: 1.25});
    expect(limiter.admit(0, 1)).toEqual({admitted: false, utilization: 1.25, retryAfterMs: 2_500});
    expect(limiter.admit(2_500, 1)).toMatchObject({admitted: true});
  });

  it('works off its tokens at a constant rate, but not in advance', () => {
    const limiter = createProvisionedLimiter(throughput);
    limiter.admit(0, 5_000);
    expect(limiter.admit(4_000, 1_000)).toMatchObject({utilization: 0.2});
    expect(limiter.admit(60_000, 1_000)).toMatchObject({utilization: 0.1});
  });

  it('takes what a request cost in the place of its estimate when it is over', () => {
    const limiter = createProvisionedLimiter(throughput);
    limiter.admit(0, 8_000);
    limiter.settle(1_000, 8_000, 3_000);
    expect(limiter.admit(1_000, 1_000)).toMatchObject({utilization: 0.3});
    limiter.settle(1_000, 1_000, 4_000);
    expect(limiter.admit(1_000, 0)).toMatchObject({utilization: 0.6});
  });

  it('lets one in that waits as long as it is told, and never sinks below nothing', () => {
    const call = fc.record({gapMs: fc.nat(3_000), estimate: fc.nat(9_000), actual: fc.nat(9_000)});
    fc.assert(
      fc.property(fc.array(call, {maxLength: 60}), (calls) => {
        const limiter = createProvisionedLimiter(throughput);
        let nowMs = 0;
        for (const {gapMs, estimate, actual} of calls) {
          nowMs += gapMs;
          const decision = limiter.admit(nowMs, estimate);
          if (!decision.admitted) {
            nowMs += Math.ceil(decision.retryAfterMs);
            expect(limiter.admit(nowMs, estimate).admitted).toBe(true);
          }
          limiter.settle(nowMs, estimate, actual);
          expect(limiter.admit(nowMs, 0).utilization).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
