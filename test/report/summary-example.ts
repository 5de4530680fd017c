import type {RunSummary} from '../../src/metrics/run-summary.ts';

const noTokens = {input: 0, cached: 0, output: 0, reasoning: 0};

/** A run that did nothing, with `changes`. */
export function summaryOf(changes: Partial<RunSummary> = {}): RunSummary {
  return {
    completed: 0,
    earlier: 0,
    failed: 0,
    reward: undefined,
    passed: 0,
    unparsedVerdicts: 0,
    failures: [],
    failedRollouts: [],
    policyTokens: noTokens,
    judgeTokens: noTokens,
    policyCalls: 0,
    judgeCalls: 0,
    policyCostUsd: undefined,
    judgeCostUsd: undefined,
    earlierCostUsd: 0,
    hedgedCopies: 0,
    spentOnCopies: undefined,
    modelLatency: undefined,
    judgeLatency: undefined,
    truncated: 0,
    contentFiltered: 0,
    wallMs: 0,
    isSimulated: false,
    deployments: [],
    ...changes,
  };
}

/** A run in which everything happened. */
export const busySummary: RunSummary = summaryOf({
  completed: 1940,
  earlier: 48,
  failed: 12,
  reward: {count: 1988, mean: 0.81234, clusters: 500, standardError: 0.0123, interval95: [0.78817, 0.83651]},
  passed: 1610,
  unparsedVerdicts: 3,
  failures: [
    {
      code: 'ERR_MODEL_CONTENT_FILTER',
      fault: 'model',
      count: 9,
      message: 'HTTP 400: the prompt was refused by the content filter (violence: medium)',
      hint: 'Look at the rows in the failures file; the filter is set in the Azure portal.',
    },
    {
      code: 'ERR_JUDGE_CALL',
      fault: 'judge',
      count: 3,
      message: 'the judge could not be asked: \u001b[31mHTTP 500\u001b[0m\r\nInternal',
      hint: undefined,
    },
  ],
  policyTokens: {input: 1_204_332, cached: 400_000, output: 388_120, reasoning: 12_000},
  judgeTokens: {input: 901_220, cached: 0, output: 40_100, reasoning: 0},
  policyCalls: 1961,
  judgeCalls: 2310,
  policyCostUsd: 7.39203,
  judgeCostUsd: 0.15925,
  earlierCostUsd: 0.18123,
  hedgedCopies: 1021,
  spentOnCopies: {inputTokens: 20_400, outputTokens: 9_010, costUsd: 0.14111},
  modelLatency: {count: 1940, p50: 812, p95: 2410, p99: 5200, max: 9000},
  judgeLatency: {count: 1940, p50: 401, p95: 950, p99: 1800, max: 4000},
  truncated: 4,
  contentFiltered: 2,
  wallMs: 245_000,
  isSimulated: true,
});
