import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {QuotaLearner} from '../../src/dispatch/quota-learner.ts';
import {createRateLimiter} from '../../src/simulator/limits/rate-limiter.ts';

interface Limits {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
}

/** Sends a call every `gapMs` until one is refused for want of that quota; what has been learnt then. */
function learn(
  {requestsPerMinute, tokensPerMinute}: Limits,
  gapMs: number,
  tokensOf: (call: number) => number,
) {
  const learner = new QuotaLearner();
  const limiter = createRateLimiter({requestsPerMinute, tokensPerMinute, defaultMaxTokens: undefined});
  for (let call = 0; ; call++) {
    const nowMs = call * gapMs;
    const tokens = tokensOf(call);
    learner.sent(nowMs, tokens);
    const decision = limiter.admit(nowMs, tokens);
    if (decision.admitted) continue;
    const hasTaught = learner.refused({atMs: nowMs, tokens, waitMs: decision.retryAfterMs, nowMs});
    return {learner, hasTaught, call, nowMs};
  }
}

describe('a quota that nobody tells', () => {
  it('is told by one refusal to within two calls, for all limits and calls', () => {
    const sizes = fc.array(fc.integer({min: 1, max: 100}), {minLength: 5, maxLength: 40});
    fc.assert(
      fc.property(
        fc.integer({min: 5_000, max: 50_000}),
        fc.integer({min: 150, max: 280}),
        sizes,
        (tpm, gapMs, shares) => {
          // A call is up to a hundredth of the quota, and some are as large, so that it is reached within a minute.
          const tokensOf = (call: number): number =>
            call % 2 === 0
              ? Math.ceil(tpm / 100)
              : Math.ceil(((shares[call % shares.length] ?? 1) * tpm) / 10_000);
          const {learner, hasTaught} = learn({tokensPerMinute: tpm}, gapMs, tokensOf);
          expect(hasTaught).toBe(true);
          expect(Math.abs((learner.tokens ?? 0) - tpm)).toBeLessThanOrEqual(tpm / 50 + 2);
          expect(learner.calls).toBeUndefined();
        },
      ),
    );
  });

  it('is one of calls where the wait is that for the first of the last ten seconds', () => {
    const {learner, hasTaught} = learn({requestsPerMinute: 240}, 60, () => 500);
    expect([hasTaught, learner.calls, learner.tokens]).toEqual([true, 40, undefined]);
  });

  it.each([
    ['which no call leaves a window in', 20_500],
    ['that is a guess', 1_000],
    ['of no time at all', 0],
    ['after which nothing is left of what was sent', 3_600_001],
  ])('is not told by a wait %s', (_, waitMs) => {
    const learner = new QuotaLearner();
    for (let second = 0; second < 30; second++) learner.sent(second * 1_000, 100);
    const nowMs = 29_000;
    expect(learner.refused({atMs: nowMs, tokens: 100, waitMs, nowMs})).toBe(false);
    expect([learner.tokens, learner.calls]).toEqual([undefined, undefined]);
  });

  it('is taken for more after a minute and many calls without a refusal, and tries in vain are made less and less often', () => {
    const {learner, nowMs} = learn({tokensPerMinute: 60_000}, 250, () => 300);
    const known = learner.tokens ?? 0;
    const triedAfter: number[] = [];
    let [atMs, sinceMs] = [nowMs, nowMs];
    while (triedAfter.length < 3) {
      atMs += 100;
      learner.sent(atMs, 1);
      if (!learner.tryMore('tokens', atMs)) continue;
      expect(learner.tokens).toBe(Math.ceil(known * 1.01));
      triedAfter.push(Math.round((atMs - sinceMs) / 60_000));
      // One call leaves its minute in the wait that is told.
      const waitMs = 120;
      expect(learner.refused({atMs, tokens: 1, waitMs, nowMs: atMs})).toBe(true);
      learner.tokens = known;
      sinceMs = atMs;
    }
    expect(triedAfter).toEqual([1, 2, 4]);
  });

  it('is raised by larger and larger steps while none is refused', () => {
    const {learner, nowMs} = learn({tokensPerMinute: 60_000}, 250, () => 300);
    const raised: number[] = [];
    for (let atMs = nowMs; raised.length < 5; atMs += 100) {
      learner.sent(atMs, 1);
      const before = learner.tokens ?? 0;
      if (learner.tryMore('tokens', atMs))
        raised.push(Math.round(((learner.tokens ?? 0) / before - 1) * 100));
    }
    expect(raised).toEqual([1, 2, 4, 8, 16]);
    expect(learner.tryMore('calls', 1e9)).toBe(false);
  });
});
