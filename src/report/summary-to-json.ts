import {deploymentUseToJson} from '../core/deployment-use-json.ts';
import type {JsonObject} from '../core/json.ts';
import {roundUsd} from '../core/spending.ts';
import type {Latency, RunSummary, TokenCounts} from '../metrics/run-summary.ts';

/** The closing summary for machines; keys in snake_case, times in milliseconds, null for what there is not. */
export function summaryToJson(summary: RunSummary): JsonObject {
  const {reward} = summary;
  return {
    completed: summary.completed,
    completed_earlier: summary.earlier,
    failed: summary.failed,
    judged: reward?.count ?? 0,
    passed: summary.passed,
    mean_reward: reward?.mean ?? null,
    mean_reward_standard_error: reward?.standardError ?? null,
    mean_reward_interval_95: reward?.interval95 ?? null,
    unparsed_verdicts: summary.unparsedVerdicts,
    failures: summary.failures.map(({code, fault, count, message, hint}) => ({
      code,
      fault,
      count,
      message,
      hint: hint ?? null,
    })),
    policy: {
      ...roleToJson(summary.policyCalls, summary.policyTokens, summary.modelLatency),
      cost_usd: usdOrNull(summary.policyCostUsd),
    },
    judge: {
      ...roleToJson(summary.judgeCalls, summary.judgeTokens, summary.judgeLatency),
      cost_usd: usdOrNull(summary.judgeCostUsd),
    },
    cost_usd: usdOrNull(totalCost(summary)),
    cost_usd_earlier: usdOrNull(summary.earlierCostUsd),
    hedged: hedgedToJson(summary),
    truncated: summary.truncated,
    content_filtered: summary.contentFiltered,
    wall_ms: summary.wallMs,
    simulated: summary.isSimulated,
    deployments: summary.deployments.map(deploymentUseToJson),
  };
}

/** Null where no copy was broken off. */
function hedgedToJson({hedgedCopies, spentOnCopies}: RunSummary): JsonObject | null {
  if (hedgedCopies === 0) return null;
  return {
    copies: hedgedCopies,
    input_tokens: spentOnCopies?.inputTokens ?? null,
    output_tokens_if_answered: spentOnCopies?.outputTokens ?? null,
    cost_usd_if_answered: usdOrNull(spentOnCopies?.costUsd),
  };
}

function roleToJson(calls: number, tokens: TokenCounts, latency: Latency | undefined): JsonObject {
  return {
    calls,
    input_tokens: tokens.input,
    cached_tokens: tokens.cached,
    output_tokens: tokens.output,
    reasoning_tokens: tokens.reasoning,
    latency_ms:
      latency === undefined ? null : {p50: latency.p50, p95: latency.p95, p99: latency.p99, max: latency.max},
  };
}

/** Null where the price of a role that was called is not known. */
function totalCost(summary: RunSummary): number | undefined {
  const {policyCostUsd, judgeCostUsd, policyTokens, judgeTokens} = summary;
  const isUnknown = (usd: number | undefined, {input, output}: TokenCounts): boolean =>
    usd === undefined && input + output > 0;
  if (isUnknown(policyCostUsd, policyTokens) || isUnknown(judgeCostUsd, judgeTokens)) return undefined;
  return policyCostUsd === undefined && judgeCostUsd === undefined
    ? undefined
    : (policyCostUsd ?? 0) + (judgeCostUsd ?? 0);
}

function usdOrNull(usd: number | undefined): number | null {
  return usd === undefined ? null : roundUsd(usd);
}
