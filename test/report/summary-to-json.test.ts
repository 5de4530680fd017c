import {describe, expect, it} from 'vitest';
import {summaryToJson} from '../../src/report/summary-to-json.ts';
import {busySummary, summaryOf} from './summary-example.ts';

describe('summaryToJson', () => {
  it('has every number of a busy run', () => {
    expect(summaryToJson(busySummary)).toEqual({
      completed: 1940,
      completed_earlier: 48,
      failed: 12,
      judged: 1988,
      passed: 1610,
      mean_reward: 0.81234,
      mean_reward_standard_error: 0.0123,
      mean_reward_interval_95: [0.78817, 0.83651],
      unparsed_verdicts: 3,
      failures: [
        {
          code: 'ERR_MODEL_CONTENT_FILTER',
          fault: 'model',
          count: 9,
          message: busySummary.failures[0]?.message,
          hint: busySummary.failures[0]?.hint,
        },
        {
          code: 'ERR_JUDGE_CALL',
          fault: 'judge',
          count: 3,
          message: busySummary.failures[1]?.message,
          hint: null,
        },
      ],
      policy: {
        calls: 1961,
        input_tokens: 1_204_332,
        cached_tokens: 400_000,
        output_tokens: 388_120,
        reasoning_tokens: 12_000,
        latency_ms: {p50: 812, p95: 2410, p99: 5200, max: 9000},
        cost_usd: 7.39203,
      },
      judge: {
        calls: 2310,
        input_tokens: 901_220,
        cached_tokens: 0,
        output_tokens: 40_100,
        reasoning_tokens: 0,
        latency_ms: {p50: 401, p95: 950, p99: 1800, max: 4000},
        cost_usd: 0.15925,
      },
      cost_usd: 7.55128,
      cost_usd_earlier: 0.18123,
      hedged: {
        ...{copies: 1021, input_tokens: 20_400},
        ...{output_tokens_if_answered: 9_010, cost_usd_if_answered: 0.14111},
      },
      truncated: 4,
      content_filtered: 2,
      wall_ms: 245_000,
      simulated: true,
      deployments: [],
    });
  });

  it('has null for what there is not', () => {
    expect(summaryToJson(summaryOf())).toMatchObject({
      mean_reward: null,
      mean_reward_standard_error: null,
      mean_reward_interval_95: null,
      judged: 0,
      policy: {latency_ms: null, cost_usd: null},
      cost_usd: null,
    });
  });

  it('has no cost in all where the price of one role is not known', () => {
    const tokens = {input: 10, cached: 0, output: 5, reasoning: 0};
    const summary = summaryOf({policyTokens: tokens, judgeTokens: tokens, policyCostUsd: 0.5});
    expect(summaryToJson(summary)).toMatchObject({
      policy: {cost_usd: 0.5},
      judge: {cost_usd: null},
      cost_usd: null,
    });
    expect(summaryToJson(summaryOf({policyTokens: tokens, policyCostUsd: 0.5}))).toMatchObject({
      cost_usd: 0.5,
    });
  });
});
