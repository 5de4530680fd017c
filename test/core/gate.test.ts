import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type Gate, misfitOf, parseGate} from '../../src/core/gate.ts';

function gateOf(text: string): Gate {
  const gate = parseGate(text);
  if (typeof gate === 'string') throw new Error(gate);
  return gate;
}

describe('parseGate', () => {
  it.each([
    ['mean/reward>=0.8', {metric: {kind: 'statistic', statistic: 'mean', column: 'reward'}, bound: 0.8}],
    [' mean/reward >= 80% ', {text: 'mean/reward >= 80%', operator: '>=', bound: 0.8}],
    ['p95/model_ms<2e4', {metric: {kind: 'statistic', statistic: 'p95', column: 'model_ms'}, bound: 20_000}],
    ['pass@4>50%', {metric: {kind: 'pass', of: 'any', k: 4}, operator: '>', bound: 0.5}],
    ['pass^4>=.5', {metric: {kind: 'pass', of: 'all', k: 4}, bound: 0.5}],
    ['failure_rate==0', {metric: {kind: 'figure', name: 'failure_rate'}, operator: '==', bound: 0}],
    ['cost_usd<=2.50', {metric: {kind: 'figure', name: 'cost_usd'}, operator: '<=', bound: 2.5}],
    ['math:mean/reward>=-1', {agentName: 'math', bound: -1}],
    ['a:b: pass_rate>=1', {agentName: 'a:b', metric: {kind: 'figure', name: 'pass_rate'}}],
  ])('reads %s', (text, expected) => {
    expect(parseGate(text)).toMatchObject(expected);
  });

  it.each([
    ['mean/rewrad>=0.8', /no metric "mean\/rewrad"; did you mean mean\/reward\? There are: .*pass@K/],
    ['Mean-Reward>=0.8', /no metric/],
    ['pas_rate>=0.8', /did you mean pass_rate\?/],
    ['pass@0>=0.8', /no metric "pass@0"; did you mean pass@1\?/],
    ['mean/reward', /compares nothing: a gate is METRIC OP NUMBER/],
    ['', /compares nothing/],
    ['>=1', /no metric is named/],
    ['mean/reward=>0.8', /"=>" compares nothing in .*; there are >= <= == > </],
    ['mean/reward=0.8', /"=" compares nothing/],
    ['mean/reward>=high', /"high" is no number/],
    ['mean/reward>=', /"" is no number/],
    ['mean/reward>=1e999', /larger than numbers are/],
    ['pass_rate>=80', /"80" is no share, which is from 0 to 1; did you mean 80%\?/],
    ['pass_rate>=-1', /no share/],
    ['p95/model_ms<=80%', /only shares and rewards have per cent/],
  ])('says what is wrong with %j', (text, message) => {
    expect(parseGate(text)).toMatch(message);
  });

  it('reads or refuses any text, and never throws', () => {
    fc.assert(fc.property(fc.string({unit: 'binary'}), (text) => void parseGate(text)));
  });
});

describe('misfitOf', () => {
  it('refuses an equality with an interval, and nothing else', () => {
    expect(misfitOf(gateOf('mean/reward==1'), 'lower-bound')).toMatch(/an interval equals no number/);
    expect(misfitOf(gateOf('mean/reward==1'), 'point')).toBeUndefined();
    expect(misfitOf(gateOf('failure_rate==0'), 'lower-bound')).toBeUndefined();
    expect(misfitOf(gateOf('mean/reward>=1'), 'lower-bound')).toBeUndefined();
  });
});
