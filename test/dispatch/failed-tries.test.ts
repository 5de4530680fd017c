import {describe, expect, it} from 'vitest';
import type {CallErrorOptions} from '../../src/core/errors.ts';
import {FailedTries, type FailureKind, kindOfFailure} from '../../src/dispatch/failed-tries.ts';
import {bodyAnswer, failure} from './wire-answers.ts';

describe('the kind of a failure', () => {
  it.each<[string, Partial<CallErrorOptions>, FailureKind]>([
    ['a refusal for want of quota', {httpStatus: 429, throttled: true}, 'provider'],
    ['a quota gone for long', {effect: 'run', throttled: true, httpStatus: 429}, 'provider'],
    ['a failing server', {httpStatus: 503}, 'provider'],
    ['a failing server that wants no retry', {httpStatus: 500, effect: 'rollout'}, 'provider'],
    ['a timeout', {httpStatus: undefined, code: 'ERR_MODEL_TIMEOUT'}, 'provider'],
    ['a host that nobody finds', {httpStatus: undefined, unreachable: true}, 'provider'],
    ['a wrong key', {httpStatus: 401, effect: 'run'}, 'misconfigured'],
    ['a deployment that is not there', {httpStatus: 404, effect: 'run'}, 'misconfigured'],
    ['a certificate', {httpStatus: undefined, effect: 'run', unreachable: true}, 'misconfigured'],
    ['a bad parameter', {httpStatus: 400, effect: 'settings'}, 'final'],
    ['an operation that the model does not have', {httpStatus: 400, effect: 'run'}, 'misconfigured'],
    ['an answer that the prompt spoilt', {httpStatus: 400, effect: 'retry', mostTries: 2}, 'final'],
    ['a refusal for want of quota that says 400', {httpStatus: 400, throttled: true}, 'provider'],
    ['a filtered prompt', {httpStatus: 400, effect: 'rollout'}, 'final'],
    ['a key of the client’s own', {httpStatus: 401, effect: 'rollout'}, 'final'],
  ])('%s', (_, about, kind) => {
    expect(kindOfFailure(failure(about))).toBe(kind);
  });
});

describe('failed tries', () => {
  it('add their calls and times to the answer that follows', () => {
    const tries = new FailedTries();
    const error = failure();
    error.calls = 2;
    tries.add(error, 'provider', 300);
    expect(tries.addTo(bodyAnswer()).trace).toMatchObject({calls: 3, callMs: 305});
  });

  it('leave an answer alone when there were none', () => {
    const answer = bodyAnswer();
    expect(new FailedTries().addTo(answer)).toBe(answer);
  });

  it('end in the last error, with the wait that is over first and all calls', () => {
    const tries = new FailedTries();
    tries.add(failure({throttled: true, httpStatus: 429, retryAfterMs: 60_000}), 'provider', 1);
    const body = {error: {message: 'busy'}};
    const last = failure({httpStatus: 503, requestId: 'r-9', body, hint: 'wait'});
    tries.add(last, 'provider', 1);
    const error = tries.toError(3_000);
    expect(error).toMatchObject({
      ...{httpStatus: 503, requestId: 'r-9', body, hint: 'wait', message: 'no', effect: 'retry'},
      ...{retryAfterMs: 3_000, calls: 2, cause: last},
    });
  });

  it('hide a provider that is set up wrongly behind one that is only busy, whichever came first', () => {
    const wrong = failure({httpStatus: 401, effect: 'run'});
    const busy = failure({httpStatus: 429, throttled: true});
    for (const order of [
      [wrong, busy],
      [busy, wrong],
    ]) {
      const tries = new FailedTries();
      for (const error of order) tries.add(error, kindOfFailure(error), 1);
      expect(tries.toError(undefined)).toBe(busy);
    }
  });

  it('end in the error of the one set up wrongly if there is no other, without a wait', () => {
    const tries = new FailedTries();
    const wrong = failure({httpStatus: 401, effect: 'run'});
    tries.add(wrong, 'misconfigured', 1);
    expect(tries.toError(5_000)).toBe(wrong);
  });
});
