import {describe, expect, it} from 'vitest';
import type {RunEstimate} from '../../src/core/run-estimate.ts';
import {estimateToJson, renderDryRun, renderEstimateLines} from '../../src/report/render-estimate.ts';

const quota = {
  name: 'policy_model',
  chargedTokens: 500_000,
  requests: 1000,
  tokensPerMinute: 50_000,
  requestsPerMinute: undefined,
  minutes: 9,
};
const estimate: RunEstimate = {
  rollouts: 1000,
  policy: {inputTokens: 120_000, outputTokens: 400_000, costUsd: 4.3},
  judge: {inputTokens: 300_000.4, outputTokens: 20_000, costUsd: 0.057},
  basis: 'max_output_tokens',
  quota: [quota, {...quota, name: 'judge_model', tokensPerMinute: undefined, minutes: undefined}],
};

describe('the estimate of a run', () => {
  it('is two lines at its start', () => {
    expect(renderEstimateLines(estimate)).toEqual([
      'About 420,000 tokens in, at most 420,000 out; at most $4.36.',
      'About 9 min 00 s at 50,000 tokens a minute of policy_model.',
    ]);
  });

  it('is one where neither price nor quota is known, and none where nothing is owed', () => {
    const unknown = {...estimate, policy: {...estimate.policy, costUsd: undefined}, quota: []};
    expect(renderEstimateLines(unknown)).toEqual(['About 420,000 tokens in, at most 420,000 out.']);
    expect(renderEstimateLines({...estimate, rollouts: 0})).toEqual([]);
  });

  it('is told at length by a dry run', () => {
    expect(renderDryRun(estimate).join('\n')).toMatchInlineSnapshot(`
      "  policy  about 120,000 tokens in, at most 400,000 out, at most $4.30
        judge   about 300,000 tokens in, at most 20,000 out, at most $0.0570
        cost    at most $4.36 in all, at list prices or your own
        time    policy_model: 500,000 tokens and 1,000 requests by Azure's estimate: 9 min 00 s at 50,000 tokens a minute
        time    judge_model: 500,000 tokens and 1,000 requests by Azure's estimate; no quota is given (--tpm, --rpm): 5 min 00 s at 100,000 tokens a minute
        Answers are taken to be as long as max_output_tokens lets them be.
      Nothing was sent, and nothing was written."
    `);
    expect(renderDryRun({...estimate, rollouts: 0})).toEqual(['Nothing is owed. Nothing was sent.']);
  });

  it('is told to machines', () => {
    expect(estimateToJson(estimate)).toMatchObject({
      rollouts: 1000,
      tokens: 840_000,
      cost_usd: 4.357,
      judge: {input_tokens: 300_000, output_tokens: 20_000, cost_usd: 0.057},
      output_tokens_basis: 'max_output_tokens',
      minutes_at_quota: 9,
      quota: [{name: 'policy_model', minutes: 9, tpm: 50_000, rpm: null}, {minutes: null}],
    });
  });
});
