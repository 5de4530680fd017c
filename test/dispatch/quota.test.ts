import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Charge, createQuota, type QuotaOptions} from '../../src/dispatch/quota.ts';

const limits = {limitRequests: 60, limitTokens: 10_000};

/** A quota whose service has said its limits, and nothing more. */
function known(options: QuotaOptions = {}) {
  const quota = createQuota(options);
  quota.observe(limits, undefined);
  return quota;
}

describe('a quota', () => {
  it('paces nothing while no limit is known', () => {
    const quota = createQuota({});
    const charge = quota.charge(0, 1e9);
    expect([quota.msUntilRoom(0, 1e9), quota.isKnown]).toEqual([0, false]);
    quota.observe(undefined, charge);
    expect([quota.msUntilRoom(0, 1e9), quota.isKnown]).toEqual([0, false]);
  });

  it('uses all of its own part though others, who use theirs at the same time, are in all that replies tell', () => {
    const quota = createQuota({tokensPerMinute: 2_500});
    const sent: {readonly atMs: number; readonly charge: Charge}[] = [];
    for (let nowMs = 0; nowMs < 600_000; nowMs += 100) {
      if (quota.msUntilRoom(nowMs, 50) > 0) continue;
      sent.push({atMs: nowMs, charge: quota.charge(nowMs, 50)});
      // Two others do the same, so that a quarter of the quota is left.
      const inWindow = sent.filter(({atMs}) => atMs > nowMs - 60_000).length;
      quota.observe({limitTokens: 10_000, remainingTokens: 10_000 - 3 * 50 * inWindow}, sent.at(-1)?.charge);
    }
    const tokens = 50 * sent.filter(({atMs}) => atMs >= 60_000).length;
    expect(tokens / 9).toBeGreaterThan(0.95 * 2_500);
    expect(tokens / 9).toBeLessThanOrEqual(2_500);
  });

  it('keeps to a limit once a reply does say something', () => {
    const quota = createQuota({});
    quota.observe(undefined, quota.charge(0, 1));
    quota.observe({limitTokens: 100}, undefined);
    expect([quota.isKnown, quota.msUntilRoom(0, 99)]).toEqual([true, 0]);
  });

  it('has room for a sixth of the requests a minute in any ten seconds, and a little', () => {
    const quota = known();
    for (let index = 0; index < 10; index++) {
      expect(quota.msUntilRoom(index, 1)).toBe(0);
      quota.charge(index, 1);
    }
    expect(quota.msUntilRoom(10, 1)).toBe(10_090);
    expect([quota.msUntilRoom(10_099, 1), quota.msUntilRoom(10_100, 1)]).toEqual([1, 0]);
  });

  it('has room for the tokens of any minute, and a little', () => {
    const quota = known();
    quota.charge(0, 6_000);
    quota.charge(1_000, 3_000);
    expect([1_000, 1_001, 7_000, 7_001, 10_000].map((tokens) => quota.msUntilRoom(2_000, tokens))).toEqual([
      0, 58_250, 58_250, 59_250, 59_250,
    ]);
  });

  it('lets a call that is larger than the whole quota go when nothing else is in it', () => {
    const quota = known();
    expect(quota.msUntilRoom(0, 50_000)).toBe(0);
    quota.charge(0, 1);
    expect(quota.msUntilRoom(0, 50_000)).toBe(60_250);
  });

  it('keeps to the smaller of what is configured and what the service says, as that falls and rises', () => {
    const quota = createQuota({tokensPerMinute: 5_000});
    const room = (tokens: number) => quota.msUntilRoom(0, tokens) === 0;
    quota.charge(0, 1_000);
    expect([room(4_000), room(4_001)]).toEqual([true, false]);
    quota.observe({limitTokens: 2_000}, undefined);
    expect([room(1_000), room(1_001)]).toEqual([true, false]);
    quota.observe({limitTokens: 9_000}, undefined);
    expect([room(4_000), room(4_001)]).toEqual([true, false]);
  });

  it('takes what the service has counted beyond our calls for the use of others, for a minute', () => {
    const quota = known();
    quota.observe({...limits, remainingTokens: 8_056, remainingRequests: 9}, quota.charge(0, 648));
    expect([quota.msUntilRoom(0, 8_056), quota.msUntilRoom(0, 8_057)]).toEqual([0, 60_250]);
    expect(quota.msUntilRoom(60_250, 10_000)).toBe(0);
  });

  it('takes the use of others off its configured share only where it leaves less than that', () => {
    const quota = createQuota({tokensPerMinute: 5_000});
    quota.observe({limitTokens: 10_000, remainingTokens: 6_000}, quota.charge(0, 1_000));
    expect(quota.msUntilRoom(0, 4_000)).toBe(0);
    quota.observe({limitTokens: 10_000, remainingTokens: 2_000}, quota.charge(1, 1_000));
    expect(quota.msUntilRoom(1, 1_700)).toBe(0);
    expect(quota.msUntilRoom(1, 2_600)).toBeGreaterThan(0);
  });

  it('does not mistake calls that overtook one for the use of others', () => {
    const quota = known();
    const first = quota.charge(0, 1_000);
    quota.charge(300, 4_000);
    quota.observe({...limits, remainingTokens: 5_000}, first);
    expect(quota.msUntilRoom(300, 5_000)).toBe(0);
  });

  it('counts the use of others once, however many replies tell of it', () => {
    const quota = known();
    const charges = [1, 2, 3].map((index) => quota.charge(index, 100));
    for (const [index, charge] of charges.entries())
      quota.observe({...limits, remainingTokens: 7_000 - 100 * (index + 1)}, charge);
    expect(quota.msUntilRoom(4, 6_500)).toBe(0);
    expect(quota.msUntilRoom(4, 6_900)).toBeGreaterThan(0);
  });

  it('believes that others have used less as soon as a reply says so', () => {
    const quota = known();
    quota.observe({...limits, remainingTokens: 4_000}, quota.charge(0, 1_000));
    quota.observe({...limits, remainingTokens: 8_000}, quota.charge(20_000, 1_000));
    expect(quota.msUntilRoom(20_000, 7_500)).toBe(0);
  });

  it('learns little by little that calls cost less than estimated, and forgets it at a refusal', () => {
    const quota = known({});
    let used = 0;
    const fits = () => quota.msUntilRoom(60_000, 7_000) === 0;
    for (let second = 0; second < 50; second += 5) {
      used += 250;
      quota.observe({...limits, remainingTokens: 10_000 - used}, quota.charge(second * 1_000, 500));
    }
    expect(fits()).toBe(true);
    quota.refuse(quota.charge(59_000, 1), 0, 59_000);
    expect(fits()).toBe(false);
  });

  it('learns that calls cost more than estimated', () => {
    const quota = known();
    let [sent, used] = [0, 0];
    for (; quota.msUntilRoom(sent * 1_100, 100) === 0 && sent < 90; sent++) {
      used += 400;
      quota.observe({...limits, remainingTokens: 10_000 - used}, quota.charge(sent * 1_100, 100));
    }
    expect(sent).toBeGreaterThanOrEqual(20);
    expect(used).toBeLessThanOrEqual(10_000);
  });

  it('ignores a remainder that is more than the limit', () => {
    const quota = known();
    quota.observe({...limits, remainingRequests: 59}, quota.charge(0, 1));
    for (let index = 0; index < 9; index++) quota.charge(0, 1);
    expect(quota.msUntilRoom(0, 1)).toBe(10_100);
  });

  it('gives a refused call its tokens back, but not its place among the requests', () => {
    const quota = createQuota({requestsPerMinute: 12});
    quota.refuse(quota.charge(0, 1), 0, 0);
    quota.charge(0, 1);
    expect(quota.msUntilRoom(0, 1)).toBe(10_100);
    const tokens = createQuota({tokensPerMinute: 1_000});
    tokens.charge(0, 900);
    tokens.refuse(tokens.charge(0, 100), 0, 0);
    expect(tokens.msUntilRoom(0, 100)).toBe(0);
  });

  it('is full until the wait of a refusal is over, and then opens step by step', () => {
    const quota = known();
    quota.refuse(quota.charge(0, 500), 75_000, 0);
    expect(quota.msUntilRoom(1_000, 250)).toBe(74_000);
    const openAt = [75_000, 80_000, 100_000, 135_000].map((atMs) =>
      [500, 1_000, 3_000, 9_000].filter((tokens) => quota.msUntilRoom(atMs, tokens / 2) === 0),
    );
    expect(openAt).toEqual([[500], [500, 1_000], [500, 1_000, 3_000], [500, 1_000, 3_000, 9_000]]);
  });

  it('lets one call go when the wait is over, not each of those that were refused together', () => {
    const quota = known();
    const charges = Array.from({length: 8}, () => quota.charge(0, 1_000));
    for (const charge of charges) quota.refuse(charge, 30_000, 50);
    expect(quota.msUntilRoom(30_050, 500)).toBe(0);
    quota.charge(30_050, 1_000);
    expect(quota.msUntilRoom(30_050, 500)).toBeGreaterThan(0);
  });

  it('never has room beyond its limits, whatever is sent when it says so', () => {
    const calls = fc.array(fc.record({gapMs: fc.nat(4_000), tokens: fc.integer({min: 1, max: 4_000})}), {
      maxLength: 120,
    });
    fc.assert(
      fc.property(calls, (list) => {
        const quota = known();
        const sent: {atMs: number; tokens: number}[] = [];
        let nowMs = 0;
        for (const {gapMs, tokens} of list) {
          nowMs += gapMs;
          const waitMs = quota.msUntilRoom(nowMs, tokens);
          nowMs += waitMs;
          expect(quota.msUntilRoom(nowMs, tokens)).toBe(0);
          quota.charge(nowMs, tokens);
          sent.push({atMs: nowMs, tokens});
          const within = (ms: number) => sent.filter(({atMs}) => nowMs - atMs < ms);
          expect(within(60_250).reduce((sum, each) => sum + each.tokens, 0)).toBeLessThanOrEqual(10_000);
          expect(within(10_100).length).toBeLessThanOrEqual(10);
        }
      }),
    );
  });
});

describe('a quota that throughput stands in for', () => {
  const provisioned = (utilization: number, usedTokens?: number) => ({utilization, usedTokens});

  it('is found out by the first reply that tells a utilisation, unless configuration says otherwise', () => {
    const detected = createQuota({});
    detected.observe(provisioned(0.5), detected.charge(0, 100));
    detected.observe(provisioned(0.5), detected.charge(0, 100));
    const refuse = (waitMs: number) => detected.refuse(detected.charge(0, 1), waitMs, 0);
    expect([detected.isKnown, refuse(500), refuse(30_000)]).toEqual([true, true, false]);
    const told = createQuota({isProvisioned: false});
    told.observe(provisioned(0.5), told.charge(0, 100));
    expect([told.isKnown, told.refuse(told.charge(0, 1), 500, 0)]).toEqual([false, false]);
  });

  it('has room until the utilisation would pass what is kept free, and again when so much is worked off', () => {
    const quota = createQuota({isProvisioned: true});
    expect([quota.isKnown, quota.msUntilRoom(0, 1e6)]).toEqual([false, 0]);
    quota.observe(provisioned(0.5), quota.charge(0, 5_000));
    // 10,000 tokens are all, and a minute's work, as long as nothing else is known.
    expect(quota.msUntilRoom(8_000, 4_000)).toBe(0);
    quota.charge(8_000, 3_000);
    // And no faster than four times what is worked off: 5,000 tokens in 30 seconds.
    expect(quota.msUntilRoom(9_000, 1)).toBeCloseTo(6_500);
    expect(quota.msUntilRoom(18_000, 3_500)).toBe(0);
  });

  it('takes back what a call was guessed too high', () => {
    const quota = createQuota({isProvisioned: true});
    const first = quota.charge(0, 5_000);
    const second = quota.charge(0, 4_000);
    quota.observe(provisioned(0.9), second);
    expect(quota.msUntilRoom(9_000, 4_000)).toBeGreaterThan(0);
    quota.observe(provisioned(0.5, 500), first);
    expect(quota.msUntilRoom(9_000, 4_000)).toBe(0);
  });

  it('waits after a refusal as long as it says, to the millisecond, and a moment', () => {
    const quota = createQuota({isProvisioned: true});
    for (let index = 1; index <= 9; index++)
      quota.observe(provisioned(index / 10), quota.charge(index * 1_000, 1_000));
    quota.refuse(quota.charge(10_000, 1), 120, 10_050);
    const waitMs = quota.msUntilRoom(10_050, 1);
    expect(waitMs).toBeGreaterThanOrEqual(120);
    expect(waitMs).toBeLessThan(9_000);
  });

  it('lets a call go now and then, however full it seems', () => {
    const quota = createQuota({isProvisioned: true});
    quota.observe(provisioned(40), quota.charge(0, 1_000));
    expect(quota.msUntilRoom(1_000, 1_000)).toBe(9_000);
    expect(quota.msUntilRoom(10_000, 1_000)).toBe(0);
  });

  it('learns nothing of its limits from replies of the deployment that calls spill over to', () => {
    const quota = createQuota({});
    quota.observe({isSpilledOver: true}, quota.charge(0, 100));
    expect(quota.isKnown).toBe(false);
    quota.observe(provisioned(0.4), quota.charge(1_000, 100));
    quota.observe(provisioned(0.5), quota.charge(2_000, 1_000));
    const before = quota.msUntilRoom(9_600, 100);
    quota.observe({isSpilledOver: true}, quota.charge(9_600, 100));
    expect([before, quota.msUntilRoom(9_600, 100) > 0]).toEqual([0, true]);
  });

  it('says how many calls it lets through in the long run', () => {
    const requests = createQuota({requestsPerMinute: 600});
    expect(requests.callsPerMs()).toBeCloseTo(0.0099, 4);
    const tokens = createQuota({requestsPerMinute: 600, tokensPerMinute: 60_000});
    tokens.charge(0, 1_000);
    expect(tokens.callsPerMs()).toBeCloseTo(0.001, 4);
    expect(createQuota({}).callsPerMs()).toBeUndefined();
  });
});

interface MeasuredCase {
  readonly tpm: number;
  readonly cost: number;
  readonly t: readonly number[];
  readonly status: readonly number[];
  readonly remaining_tokens: readonly (number | null)[];
  readonly remaining_requests: readonly (number | null)[];
}

const {cases} = JSON.parse(
  readFileSync(new URL('../fixtures/simulator/ratelimit-measured.json', import.meta.url), 'utf8'),
) as {cases: MeasuredCase[]};

describe('a quota beside calls made to real deployments', () => {
  /** What we would have done before each call of a series, knowing what its replies had said so far. */
  function decisions({tpm, cost, t, ...seen}: MeasuredCase) {
    const quota = createQuota({});
    return t.map((seconds, index) => {
      const nowMs = seconds * 1_000;
      const isSent = quota.msUntilRoom(nowMs, cost) === 0;
      const charge: Charge = quota.charge(nowMs, cost);
      const isServed = seen.status[index] === 200;
      const remainingTokens = seen.remaining_tokens[index] ?? undefined;
      const remainingRequests = seen.remaining_requests[index] ?? undefined;
      const limitRequests = (tpm / 1_000) * 6;
      if (isServed)
        quota.observe({limitRequests, limitTokens: tpm, remainingTokens, remainingRequests}, charge);
      else quota.refuse(charge, 0, nowMs);
      return {isSent, isServed};
    });
  }

  const all = cases.flatMap(decisions);

  it('would have sent none of those that were refused', () => {
    expect(all.filter(({isServed}) => !isServed)).toHaveLength(17);
    expect(all.filter(({isSent, isServed}) => isSent && !isServed)).toEqual([]);
  });

  it('would have sent nearly all of those that were answered', () => {
    expect(all.filter(({isSent, isServed}) => !isSent && isServed).length).toBeLessThanOrEqual(5);
  });
});
