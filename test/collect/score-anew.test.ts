import {describe, expect, it} from 'vitest';
import {scoreAnew} from '../../src/collect/score-anew.ts';
import {CallError} from '../../src/core/errors.ts';
import type {Judge} from '../../src/core/ports.ts';
import type {Outcome} from '../../src/core/rollout.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';
import {neverCancelled as cancellation} from '../helpers/never-cancelled.ts';
import {rolloutOf} from '../store/outcomes.ts';

const rollout = rolloutOf(0, 0);
const response = {output: []};
const trace = {deployment: 'd', calls: 1, queuedMs: 0, callMs: 5};
const error = new CallError('no', {code: 'ERR_JUDGE_CALL', fault: 'judge', effect: 'retry'});
const verification = {reward: 0.25, fields: {judge_evaluations: []}, traces: []};
const completed: Outcome = {status: 'completed', rollout, response, trace, verification, judgeMs: 7};

function score(outcome: Outcome, judge?: Judge): Promise<Outcome> {
  const run = (): Promise<Outcome> => Promise.resolve(outcome);
  return scoreAnew(run, judge, createFakeClock())(rollout, {cancellation});
}

const says: Judge = (row, answer) =>
  Promise.resolve({reward: 1, fields: {seen: answer === response && row === rollout.row}, traces: []});

describe('scoreAnew', () => {
  it("puts the judge's reward in place of the one that the answer came with", async () => {
    expect(await score(completed, says)).toMatchObject({
      status: 'completed',
      verification: {reward: 1, fields: {seen: true}},
    });
  });

  it('leaves the reward out without a judge', async () => {
    expect(await score(completed)).toMatchObject({status: 'completed', verification: undefined, judgeMs: 0});
  });

  it('scores an answer whose own judge failed', async () => {
    expect(await score({status: 'failed', rollout, error, response, trace}, says)).toMatchObject({
      status: 'completed',
      verification: {reward: 1},
    });
  });

  it('leaves a failure without an answer as it is', async () => {
    const failed: Outcome = {status: 'failed', rollout, error, response: undefined};
    expect(await score(failed, says)).toBe(failed);
  });

  it('fails with the answer kept where its judge fails, and throws what is no failed call', async () => {
    expect(await score(completed, () => Promise.reject(error))).toEqual({
      status: 'failed',
      rollout,
      error,
      response,
      trace,
    });
    await expect(score(completed, () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });
});
