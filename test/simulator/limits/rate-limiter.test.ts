import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createRateLimiter} from '../../../src/simulator/limits/rate-limiter.ts';

interface MeasuredCase {
  readonly model: string;
  readonly case: string;
  readonly tpm: number;
  readonly cost: number;
  readonly t: readonly number[];
  readonly status: readonly number[];
  readonly remaining_tokens: readonly (number | null)[];
  readonly remaining_requests: readonly (number | null)[];
}

const {cases} = JSON.parse(
  readFileSync(new URL('../../fixtures/simulator/ratelimit-measured.json', import.meta.url), 'utf8'),
) as {cases: MeasuredCase[]};

describe('the limiter against calls made to real deployments', () => {
  const replayed = cases.flatMap(({tpm, cost, t, ...seen}) => {
    // Azure grants six requests a minute for a thousand tokens.
    const limiter = createRateLimiter({
      requestsPerMinute: (tpm / 1_000) * 6,
      tokensPerMinute: tpm,
      defaultMaxTokens: undefined,
    });
    return t.map((seconds, index) => ({
      decision: limiter.admit(Math.round(seconds * 1_000), cost),
      status: seen.status[index],
      requests: seen.remaining_requests[index] ?? undefined,
      tokens: seen.remaining_tokens[index] ?? undefined,
    }));
  });
  const remaining = replayed.flatMap(({decision, ...seen}) =>
    decision.admitted ? [{...decision, ...seen}] : [],
  );

  it('decides every call as the service did', () => {
    const right = replayed.filter(({decision, status}) => decision.admitted === (status === 200));
    expect([right.length, replayed.length]).toEqual([129, 129]);
  });

  it('counts the remaining requests as the service did but for one call', () => {
    const known = remaining.filter(({requests}) => requests !== undefined);
    const right = known.filter(({remainingRequests, requests}) => remainingRequests === requests);
    expect([right.length, known.length]).toEqual([111, 112]);
  });

  it('counts the remaining tokens as the service did but for a constant offset and one old call', () => {
    const known = remaining.filter(({tokens}) => tokens !== undefined);
    const right = known.filter(({remainingTokens, tokens}) => remainingTokens === tokens);
    expect([right.length, known.length]).toEqual([101, 112]);
  });
});

describe('the limiter', () => {
  const limits = {requestsPerMinute: 60, tokensPerMinute: 10_000, defaultMaxTokens: undefined};

  it('lets a client in that waits as long as it was told, however often it was turned away', () => {
    const limiter = createRateLimiter({...limits, requestsPerMinute: 6});
    expect(limiter.admit(0, 1).admitted).toBe(true);
    const first = limiter.admit(5_000, 1);
    expect(first).toEqual({admitted: false, exceeded: 'requests', retryAfterMs: 10_000});
    expect(limiter.admit(15_000, 1).admitted).toBe(true);
  });

  it('charges no tokens for a rejected request, but a place among the requests', () => {
    const limiter = createRateLimiter(limits);
    expect(limiter.admit(0, 9_000)).toMatchObject({remainingTokens: 1_000, remainingRequests: 9});
    expect(limiter.admit(1, 2_000)).toMatchObject({
      admitted: false,
      exceeded: 'tokens',
      retryAfterMs: 59_999,
    });
    expect(limiter.admit(2, 1_000)).toMatchObject({remainingTokens: 0, remainingRequests: 7});
  });

  it('sends a request beyond the whole quota away for a day', () => {
    expect(createRateLimiter(limits).admit(0, 10_001)).toMatchObject({retryAfterMs: 86_400_000});
  });

  it('limits nothing that has no limit', () => {
    const free = createRateLimiter({
      requestsPerMinute: undefined,
      tokensPerMinute: undefined,
      defaultMaxTokens: undefined,
    });
    expect(free.admit(0, 1e9)).toEqual({
      admitted: true,
      remainingRequests: undefined,
      remainingTokens: undefined,
    });
  });

  it('never admits more than its windows hold', () => {
    const arrivals = fc.array(fc.record({gapMs: fc.nat(4_000), cost: fc.integer({min: 1, max: 4_000})}), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(arrivals, (list) => {
        const limiter = createRateLimiter(limits);
        const admitted: {atMs: number; cost: number}[] = [];
        let nowMs = 0;
        for (const {gapMs, cost} of list) {
          nowMs += gapMs;
          if (limiter.admit(nowMs, cost).admitted) admitted.push({atMs: nowMs, cost});
          const recent = admitted.filter(({atMs}) => nowMs - atMs < 60_000);
          expect(recent.reduce((sum, each) => sum + each.cost, 0)).toBeLessThanOrEqual(10_000);
          expect(recent.filter(({atMs}) => nowMs - atMs < 10_000).length).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});
