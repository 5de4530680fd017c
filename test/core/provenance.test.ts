import {expect, it} from 'vitest';
import {provenanceOf} from '../../src/core/provenance.ts';
import type {CallTrace, CompletedOutcome} from '../../src/core/rollout.ts';

const trace: CallTrace = {deployment: 'west', calls: 1, queuedMs: 0, callMs: 10};
const rollout = {id: {taskIndex: 0, rolloutIndex: 0}, agentName: 'a', attempt: 1, row: {}, text: '{}'};

function outcome(policy: CallTrace, judge: readonly CallTrace[] = []): CompletedOutcome {
  const verification = {reward: 1, fields: {}, traces: judge};
  return {...{status: 'completed', rollout, response: {}, trace: policy}, verification, judgeMs: 0};
}

it('tells the copies that were broken off, of policy and judge, and nothing where there were none', () => {
  const ifAnswered = {inputTokens: 12, outputTokens: 3, costUsd: 0.02};
  const lost = {deployment: 'east', ifAnswered, callMs: 150.04};
  const policy = {...trace, calls: 2, hedged: [lost]};
  const judge = [trace, {...trace, calls: 2, hedged: [{...lost, ifAnswered: undefined}]}];
  expect(provenanceOf(outcome(policy, judge))).toMatchObject({
    calls: 5,
    deployment: 'west',
    hedged: [
      {
        ...{deployment: 'east', input_tokens: 12, output_tokens_if_answered: 3},
        ...{cost_usd_if_answered: 0.02, ms: 150},
      },
      {deployment: 'east', input_tokens: null, output_tokens_if_answered: null, ms: 150},
    ],
  });
  expect(JSON.stringify(provenanceOf(outcome(trace, [trace])))).not.toContain('hedged');
});
