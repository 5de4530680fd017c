import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {CallError, type CallErrorOptions} from '../../src/core/errors.ts';
import {type CallHistory, decideRetry} from '../../src/dispatch/retry-policy.ts';

const options = {maxTries: 6, baseDelayMs: 1000, maxDelayMs: 60_000, maxWaitMs: 600_000};
const first: CallHistory = {failures: 1, refusals: 0, waitedMs: 0, silentMs: 0};
const half = () => 0.5;

function failure(about: Partial<CallErrorOptions>): CallError {
  return new CallError('no', {code: 'ERR_MODEL_SERVER', fault: 'model', effect: 'retry', ...about});
}

describe('the retry policy', () => {
  it.each([
    {name: 'a first failure waits half a second on average', history: first, delayMs: 500},
    {name: 'a third failure waits two on average', history: {...first, failures: 3}, delayMs: 2000},
    {name: 'no back-off of ours passes the ceiling', history: {...first, failures: 5}, delayMs: 8000},
  ])('$name', ({history, delayMs}) => {
    expect(decideRetry(failure({}), history, options, half)).toEqual({action: 'retry', delayMs});
  });

  it.each([
    {name: 'the last try is the last', error: {}, history: {failures: 6}, because: 'tries'},
    {
      name: 'the last try may be an early one',
      error: {mostTries: 2},
      history: {failures: 2},
      because: 'tries',
    },
    {
      name: 'what cannot succeed is not tried again',
      error: {effect: 'rollout' as const},
      history: {},
      because: 'final',
    },
    {
      name: 'an endpoint never reached is given up after three tries',
      error: {unreachable: true},
      history: {failures: 3, silentMs: undefined},
      because: 'unreachable',
    },
    {
      name: 'an endpoint that fell silent is given up after two minutes',
      error: {unreachable: true},
      history: {silentMs: 120_000},
      because: 'unreachable',
    },
    {
      name: 'a quota that is gone for a day is not waited for',
      error: {throttled: true, retryAfterMs: 86_400_000},
      history: {refusals: 1},
      because: 'quota',
    },
    {
      name: 'refusals that sum up to more than the call may wait end the call',
      error: {throttled: true, retryAfterMs: 60_000},
      history: {refusals: 20, waitedMs: 590_000},
      because: 'tries',
    },
  ])('$name', ({error, history, because}) => {
    expect(decideRetry(failure(error), {...first, ...history}, options, half)).toEqual({
      action: 'stop',
      because,
    });
  });

  it('survives a short outage of an endpoint that has answered before', () => {
    const history = {...first, failures: 30, silentMs: 20_000};
    expect(decideRetry(failure({unreachable: true}), history, options, half).action).toBe('retry');
  });

  it.each([
    {maxTries: 3, history: {failures: 3, silentMs: 0}},
    {maxTries: 1, history: {failures: 1, silentMs: 0}},
    {maxTries: 1, history: {failures: 1, silentMs: undefined}},
  ])('does not wait for the end of an outage where it is told to: %j', ({maxTries, history}) => {
    const brief = {...options, maxTries, outageMs: 0};
    expect(decideRetry(failure({unreachable: true}), {...first, ...history}, brief, half)).toEqual({
      action: 'stop',
      because: 'tries',
    });
  });

  it('keeps the wait that the server asks for in full, also past a minute', () => {
    const refusal = failure({throttled: true, retryAfterMs: 75_000});
    const decision = decideRetry(refusal, {...first, failures: 0, refusals: 1}, options, half);
    expect(decision).toEqual({action: 'retry', delayMs: 75_000});
  });

  it('waits no longer than the server asks for, be it ever so short, until that was wrong three times', () => {
    const refusal = failure({throttled: true, retryAfterMs: 120});
    const waitAfter = (refusals: number) =>
      decideRetry(refusal, {...first, failures: 0, refusals}, options, half);
    expect([1, 2, 3].map(waitAfter)).toEqual([1, 2, 3].map(() => ({action: 'retry', delayMs: 120})));
    expect(waitAfter(4)).toEqual({action: 'retry', delayMs: 4_000});
  });

  it('does not count refusals for want of quota as failures', () => {
    const refusal = failure({throttled: true, retryAfterMs: 100});
    expect(decideRetry(refusal, {...first, failures: 0, refusals: 500}, options, () => 0).action).toBe(
      'retry',
    );
  });

  it('draws every back-off from nothing up to the doubled base, for all failures and chances', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 1, max: 5}),
        fc.double({min: 0, max: 0.999_999, noNaN: true}),
        (failures, chance) => {
          const decision = decideRetry(failure({}), {...first, failures}, options, () => chance);
          expect(decision.action).toBe('retry');
          if (decision.action !== 'retry') return;
          expect(decision.delayMs).toBeGreaterThanOrEqual(0);
          expect(decision.delayMs).toBeLessThan(Math.min(60_000, 1000 * 2 ** (failures - 1)));
        },
      ),
    );
  });
});
