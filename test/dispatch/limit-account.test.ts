import {describe, expect, it} from 'vitest';
import type {RateLimits} from '../../src/core/rate-limits.ts';
import {createAdmission} from '../../src/dispatch/admission.ts';
import {type AccountedCall, LimitAccount} from '../../src/dispatch/limit-account.ts';
import {createQuota} from '../../src/dispatch/quota.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {createLimitedService, seeded, startCollector} from './limited-service.ts';

const minute = 60_000;

function accountOf(places = 10) {
  const account = new LimitAccount(1_000);
  account.opened(places);
  return account;
}

const call = (limits: RateLimits | undefined, more: Partial<AccountedCall> = {}): AccountedCall => ({
  limits,
  charge: undefined,
  places: 10,
  isSaturated: true,
  ...more,
});

describe('the account of a deployment’s limits', () => {
  it('has every change of the limits that replies tell, and nothing while they stay', () => {
    const account = accountOf();
    for (let second = 1; second <= 9; second++)
      account.answered(call({limitTokens: second < 5 ? 1_000 : 500}), 1_000 * (second + 1));
    expect(account.describe('gpt')).toMatchObject({
      ...{name: 'gpt', limitTokens: 500, answered: 9, changesLeftOut: 0},
      changes: [
        {atMs: 0, limitTokens: undefined, places: 10},
        {atMs: 1_000, limitTokens: 1_000, places: 10},
        {atMs: 5_000, limitTokens: 500, places: 10},
      ],
    });
  });

  it('has the places now and then, and as they are in the end', () => {
    const account = accountOf();
    for (let second = 1; second <= 45; second++)
      account.answered(call(undefined, {places: 10 + second}), 1_000 * (second + 1));
    const places = account
      .describe('gpt')
      .changes.map((change) => [change.atMs, 'places' in change && change.places]);
    expect(places).toEqual([
      [0, 10],
      [10_000, 20],
      [20_000, 30],
      [30_000, 40],
      [40_000, 50],
      [45_000, 55],
    ]);
  });

  it('has cool-downs with their cause, those that run into each other as one', () => {
    const account = accountOf();
    account.paused(20_000, 'ERR_MODEL_RATE_LIMIT', 2_000);
    account.paused(5_000, 'ERR_MODEL_RATE_LIMIT', 3_000);
    account.paused(30_000, 'ERR_MODEL_RATE_LIMIT', 4_000);
    account.paused(1_000, 'ERR_MODEL_OVERLOADED', 5_000);
    account.paused(1_000, 'ERR_MODEL_RATE_LIMIT', 90_000);
    expect(account.describe('gpt').changes.slice(1)).toEqual([
      {atMs: 1_000, coolDownMs: 32_000, because: 'ERR_MODEL_RATE_LIMIT', refusals: 3},
      {atMs: 4_000, coolDownMs: 1_000, because: 'ERR_MODEL_OVERLOADED', refusals: 1},
      {atMs: 89_000, coolDownMs: 1_000, because: 'ERR_MODEL_RATE_LIMIT', refusals: 1},
    ]);
  });

  it('keeps the first and the last changes of many', () => {
    const account = accountOf();
    for (let index = 1; index <= 1_000; index++)
      account.answered(call({limitTokens: index}), 1_000 * (index + 1));
    const {changes, changesLeftOut} = account.describe('gpt');
    expect([changes.length, changesLeftOut]).toEqual([200, 801]);
    expect([changes[49], changes[50], changes.at(-1)]).toMatchObject([
      {limitTokens: 49},
      {limitTokens: 851},
      {limitTokens: 1_000},
    ]);
  });

  it('says what was reserved for each token used, and learns nothing from what spilled over', () => {
    const account = accountOf();
    const charge = {atMs: 1_000, tokens: 900};
    account.answered(call({usedTokens: 300, utilization: 0.5}, {charge}), 2_000);
    account.answered(call({isSpilledOver: true, usedTokens: 1}, {charge}), 2_000);
    account.answered(call({utilization: 0.7}, {charge}), 2_000);
    account.refused();
    expect(account.describe('gpt')).toMatchObject({
      ...{reservedPerUsed: 3, answered: 3, refused: 1},
      meanUtilization: expect.closeTo(0.6) as number,
    });
  });

  it('says how much of the quota was used while calls waited for it', async () => {
    const clock = createFakeClock();
    const random = seeded(1);
    const limits = {requestsPerMinute: 600, tokensPerMinute: 100_000, defaultMaxTokens: undefined};
    const account = new LimitAccount(clock.monotonic());
    const {stop} = startCollector(createLimitedService({limits, random, clock}), {
      ...{limit: 1_024, isAdaptive: true, quota: createQuota({}), account, clock},
      nextTokens: () => Math.round(50 + 1_450 * random() ** 2),
    });
    await clock.advance(5.5 * minute);
    stop();
    const {saturatedMinutes, useAtSaturation, limitTokens, refused} = account.describe('gpt');
    expect([saturatedMinutes, limitTokens, refused]).toEqual([5, 100_000, 0]);
    expect(useAtSaturation).toBeGreaterThanOrEqual(0.97);
    expect(useAtSaturation).toBeLessThanOrEqual(1);
  });

  it('says nothing of a quota that nobody waited for', async () => {
    const clock = createFakeClock();
    const account = new LimitAccount(clock.monotonic());
    const admission = createAdmission({limit: 5, quota: createQuota({}), account, clock});
    for (let index = 0; index < 5; index++) {
      const place = await admission.admit({
        ...{priority: 'new', cancellation: {reason: undefined, onCancel: () => () => undefined}},
        tokens: () => 10,
      });
      place.answered(50, {limitTokens: 1_000});
      place.release();
      await clock.advance(minute);
    }
    expect(account.describe('gpt')).toMatchObject({saturatedMinutes: 0, useAtSaturation: undefined});
  });
});
