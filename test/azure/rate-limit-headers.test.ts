import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parseDurationMs} from '../../src/azure/duration-text.ts';
import {parseRateLimits, readRateLimits} from '../../src/azure/rate-limit-headers.ts';
import {retryAfterMs} from '../../src/azure/retry-after.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

describe('parseDurationMs', () => {
  it.each([
    ['10', 10_000],
    ['0', 0],
    ['0.5', 500],
    [' 7 ', 7_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1h2m3.5s', 3_723_500],
    ['2d', 172_800_000],
    ['2026-03-01T12:00:05Z', 5_000],
    ['2026-03-01T11:00:00Z', 0],
    ['Sun, 01 Mar 2026 12:01:00 GMT', 60_000],
    ['Sun, 01 Mar 2026 11:59:00 GMT', 0],
    ['-1', undefined],
    ['', undefined],
    ['soon', undefined],
    ['5 apples', undefined],
    ['1s later', undefined],
    ['Sun, 99 Mar', undefined],
    ['9'.repeat(400), undefined],
  ])('reads %j as %s ms', (text, ms) => {
    expect(parseDurationMs(text, nowMs)).toBe(ms);
  });

  it('gives undefined or a finite number from 0 on, for all texts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.msdhTZ: -]*$/)), (text) => {
        const ms = parseDurationMs(text, nowMs);
        expect(ms === undefined || (Number.isFinite(ms) && ms >= 0)).toBe(true);
      }),
    );
  });
});

describe('parseRateLimits', () => {
  it('reads all that Azure gives', () => {
    const headers = {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-remaining-tokens': '149000',
      'x-ratelimit-reset-requests': '10',
      'x-ratelimit-reset-tokens': '300ms',
      'azure-openai-deployment-utilization': '89.3%',
    };
    expect(parseRateLimits(headers, nowMs)).toEqual({
      limitRequests: 60,
      limitTokens: 150_000,
      remainingRequests: 59,
      remainingTokens: 149_000,
      resetRequestsMs: 10_000,
      resetTokensMs: 300,
      utilization: expect.closeTo(0.893) as number,
    });
  });

  it.each([
    [
      '-1 and 0, as Responses gives them',
      {'x-ratelimit-limit-tokens': '0', 'x-ratelimit-remaining-tokens': '-1'},
      {},
    ],
    ['0 of 0', {'x-ratelimit-limit-requests': '0', 'x-ratelimit-remaining-requests': '0'}, {}],
    ['0 of -1', {'x-ratelimit-limit-requests': '-1', 'x-ratelimit-remaining-requests': '0'}, {}],
    [
      'a true 0',
      {'x-ratelimit-limit-requests': '6', 'x-ratelimit-remaining-requests': '0'},
      {limitRequests: 6, remainingRequests: 0},
    ],
    ['0 without a limit', {'x-ratelimit-remaining-requests': '0'}, {remainingRequests: 0}],
    ['the misspelt reset', {'x-rate-limit-reset-tokens': '12'}, {resetTokensMs: 12_000}],
    ['a header twice', {'x-ratelimit-limit-tokens': ['7', '8']}, {limitTokens: 7}],
    ['nonsense', {'x-ratelimit-limit-tokens': 'many', 'azure-openai-deployment-utilization': 'high'}, {}],
    ['more than all', {'azure-openai-deployment-utilization': '104%'}, {utilization: 1.04}],
  ])('reads %s', (_, headers, expected) => {
    expect(JSON.parse(JSON.stringify(parseRateLimits(headers, nowMs)))).toEqual(expected);
  });
});

describe('retryAfterMs', () => {
  it.each([
    [
      'retry-after-ms before all',
      {'retry-after-ms': '320', 'x-ms-retry-after-ms': '9', 'retry-after': '1'},
      '',
      320,
    ],
    ['x-ms-retry-after-ms next', {'x-ms-retry-after-ms': '9', 'retry-after': '1'}, '', 9],
    ['Retry-After in seconds', {'retry-after': '33'}, 'retry after 5 seconds', 33_000],
    ['Retry-After as a date', {'retry-after': 'Sun, 01 Mar 2026 12:00:30 GMT'}, '', 30_000],
    [
      'an unusable header is passed over',
      {'retry-after-ms': 'x', 'retry-after': '-1'},
      'Please retry after 45 seconds.',
      45_000,
    ],
    ['the older wording', {}, 'Try again in 2 seconds.', 2_000],
    ['a day', {}, 'Please retry after 86400 seconds.', 86_400_000],
    ['milliseconds in words', {}, 'Please try again in 20ms.', 20],
    ['minutes in words', {}, 'try again in 3 minutes', 180_000],
    ['a gateway’s quota', {}, 'Out of call volume quota. Quota will be replenished in 01:02:03.', 3_723_000],
    ['nothing', {}, 'no idea', undefined],
  ])('takes %s', (_, headers, message, ms) => {
    expect(retryAfterMs({headers, message, nowMs})).toBe(ms);
  });

  it('takes the later reset last', () => {
    const rateLimits = {resetRequestsMs: 5, resetTokensMs: 7};
    expect(retryAfterMs({headers: {}, message: '', rateLimits, nowMs})).toBe(7);
    expect(retryAfterMs({headers: {}, message: '', rateLimits: {resetRequestsMs: 5}, nowMs})).toBe(5);
    expect(retryAfterMs({headers: {'retry-after': '1'}, message: '', rateLimits, nowMs})).toBe(1_000);
  });
});

describe('readRateLimits', () => {
  it('is undefined where the service says nothing', () => {
    expect(readRateLimits({'content-type': 'application/json', 'retry-after': '1'})).toBeUndefined();
  });

  it.each([
    ['limit-tokens', {limitTokens: 99}],
    ['limit-requests', {limitRequests: 99}],
    ['remaining-tokens', {remainingTokens: 99}],
    ['remaining-requests', {remainingRequests: 99}],
  ])('reads %s alone', (name, limits) => {
    expect(readRateLimits({[`x-ratelimit-${name}`]: '99'})).toEqual(limits);
  });

  it('reads the utilisation of provisioned throughput alone', () => {
    expect(readRateLimits({'azure-openai-deployment-utilization': '89.3%'})).toEqual({
      utilization: expect.closeTo(0.893) as number,
    });
  });

  it('takes nothing from the reply of a deployment that the call spilled over to', () => {
    const headers = {
      'x-ms-spillover-from-deployment': 'ptu',
      'x-ratelimit-limit-tokens': '99',
      'azure-openai-deployment-utilization': '1%',
    };
    expect(readRateLimits(headers)).toEqual({isSpilledOver: true});
  });

  it('takes the values of a service that has nothing to say for nothing', () => {
    const headers = {'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '0'};
    expect(readRateLimits(headers)).toEqual({});
  });
});
