import {describe, expect, it} from 'vitest';
import {UnrecordedRollouts} from '../../src/app/unrecorded-rollouts.ts';
import type {AgentTerms} from '../../src/budget/agent-terms.ts';

const price = {input: 1, cachedInput: 0.5, output: 10};
const judge = {price, promptTokens: 100, maxOutputTokens: 50, mostCalls: 1};
const local: AgentTerms = {price, isRemote: false, judge: undefined};

const rowOf = (taskIndex: number) => ({
  id: {taskIndex, rolloutIndex: 0},
  agentName: 'solver',
  text: `{"responses_create_params":{"input":"${'x'.repeat(400)}","max_output_tokens":1000}}`,
});
const attemptAt = (taskIndex: number) => ({id: {taskIndex, rolloutIndex: 0}, attempt: 1});

function unrecordedOf(terms: AgentTerms, tasks: readonly number[]): UnrecordedRollouts {
  const unrecorded = new UnrecordedRollouts(tasks.map(attemptAt), () => terms);
  for (const task of [0, 1, ...tasks]) unrecorded.add(rowOf(task));
  return unrecorded;
}

describe('rollouts that were begun and have no record', () => {
  it('are nothing to tell where there are none', () => {
    const none = unrecordedOf(local, []);
    expect([none.notice(), none.toJson()]).toEqual([undefined, undefined]);
  });

  it('cost their prompts and the most that their answers may have, each rollout once', () => {
    const found = unrecordedOf(local, [3, 4]);
    // 107 estimated tokens and a quarter more.
    expect(found.toJson()).toEqual({
      rollouts: 2,
      ids: ['3:0', '4:0'],
      tokens_at_most: 2 * 1134,
      cost_usd_at_most: 0.0202675,
      is_guess: false,
    });
    expect(found.notice()).toMatch(/^2 rollout\(s\) had begun .* 2,268 tokens, \$0\.03\): 3:0, 4:0$/);
  });

  it('cost their judge too', () => {
    const {tokens_at_most: alone} = unrecordedOf(local, [3]).toJson() ?? {};
    const {tokens_at_most: judged} = unrecordedOf({...local, judge}, [3]).toJson() ?? {};
    expect(Number(judged)).toBeGreaterThan(Number(alone) + judge.promptTokens + judge.maxOutputTokens);
  });

  it('have no price where one is not known', () => {
    const unpriced = unrecordedOf({...local, judge: {...judge, price: undefined}}, [3]);
    expect(unpriced.toJson()).toMatchObject({cost_usd_at_most: null});
    expect(unpriced.notice()).not.toContain('$');
  });

  it('cost nobody knows what where their rows are not there any more', () => {
    const found = new UnrecordedRollouts([attemptAt(3), attemptAt(4)], () => local);
    found.add(rowOf(3));
    expect(found.notice()).toMatch(/may be billed twice: 3:0, 4:0$/);
    expect(found.toJson()).toMatchObject({rollouts: 2, tokens_at_most: null, cost_usd_at_most: null});
  });

  it('are named to people to the tenth, and kept to the hundredth', () => {
    const many = unrecordedOf(
      local,
      Array.from({length: 120}, (_, task) => task + 10),
    );
    expect(many.notice()).toMatch(/19:0 and 110 more$/);
    expect(many.toJson()).toMatchObject({rollouts: 120});
    expect(many.toJson()?.['ids']).toHaveLength(100);
  });
});
