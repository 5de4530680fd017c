import {describe, expect, it} from 'vitest';
import type {AgentTerms} from '../../src/budget/agent-terms.ts';
import {estimateWork} from '../../src/budget/estimate-work.ts';
import {totalCostUsd} from '../../src/core/run-estimate.ts';

const price = {input: 1, cachedInput: 0.5, output: 10};
const terms = (more: Partial<AgentTerms> = {}): AgentTerms => ({
  price,
  isRemote: false,
  judge: undefined,
  ...more,
});
const work = (bounded: number) => ({
  rollouts: 10,
  promptTokens: 1000,
  boundedRollouts: bounded,
  boundTokens: 200 * bounded,
});

describe('an estimate before the first answer', () => {
  it('takes answers to be as long as they may be, and says so', () => {
    expect(estimateWork(new Map([['a', work(10)]]), () => terms())).toEqual({
      policy: {inputTokens: 1000, outputTokens: 2000, costUsd: 0.021},
      judge: undefined,
      basis: 'max_output_tokens',
    });
  });

  it('guesses where some request does not say', () => {
    const {policy, basis} = estimateWork(new Map([['a', work(9)]]), () => terms());
    expect({output: policy.outputTokens, basis}).toEqual({output: 1800 + 640, basis: 'guess'});
  });

  it('adds up agents and their judges, each at its own price', () => {
    const judge = {price: {...price, input: 2}, promptTokens: 300, maxOutputTokens: 20, mostCalls: 1};
    const works = new Map([
      ['a', work(10)],
      ['b', work(10)],
    ]);
    const estimate = estimateWork(works, (name) => terms(name === 'a' ? {judge} : {}));
    expect(estimate.policy.inputTokens).toBe(2000);
    expect(estimate.judge).toMatchObject({inputTokens: 1000 + 10 * 364, outputTokens: 200});
    expect(totalCostUsd(estimate)).toBeCloseTo(0.042 + (2 * 4640 + 10 * 200) / 1e6, 9);
  });

  it('knows no cost where one price is not known', () => {
    const judge = {price: undefined, promptTokens: 300, maxOutputTokens: 20, mostCalls: 1};
    const estimate = estimateWork(new Map([['a', work(10)]]), () => terms({judge}));
    expect(estimate.policy.costUsd).toBeGreaterThan(0);
    expect(totalCostUsd(estimate)).toBeUndefined();
  });
});
