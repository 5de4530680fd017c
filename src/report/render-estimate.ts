import type {JsonObject} from '../core/json.ts';
import {
  type QuotaTime,
  type RoleEstimate,
  type RunEstimate,
  totalCostUsd,
  totalTokens,
  type WorkEstimate,
} from '../core/run-estimate.ts';
import {roundUsd} from '../core/spending.ts';
import {formatCount, formatCounted, formatDuration, formatUsd} from './format-quantity.ts';

const minuteMs = 60_000;
/** Tokens a minute that a time is told for where no quota is known. */
const exampleQuota = 100_000;

/** What a run is expected to take, in a line or two for its start. */
export function renderEstimateLines(estimate: RunEstimate): readonly string[] {
  if (estimate.rollouts === 0) return [];
  const {policy, judge} = estimate;
  const input = policy.inputTokens + (judge?.inputTokens ?? 0);
  const output = policy.outputTokens + (judge?.outputTokens ?? 0);
  const cost = totalCostUsd(estimate);
  const costText = cost === undefined ? '' : `; ${aboutOrAtMost(estimate)} ${formatUsd(cost)}`;
  const tokens = `About ${formatCounted(input, 'token')} in, ${outputText(output, estimate)} out${costText}.`;
  const times = estimate.quota.filter(({minutes}) => minutes !== undefined);
  return times.length === 0 ? [tokens] : [tokens, `${longestText(times)}.`];
}

/** The same at length, for a dry run: one line a role and a deployment. */
export function renderDryRun(estimate: RunEstimate): readonly string[] {
  if (estimate.rollouts === 0) return ['Nothing is owed. Nothing was sent.'];
  const cost = totalCostUsd(estimate);
  return [
    roleLine('policy', estimate.policy, estimate),
    ...(estimate.judge === undefined ? [] : [roleLine('judge', estimate.judge, estimate)]),
    cost === undefined
      ? '  cost    not known: a price is missing (model_family, or prices)'
      : `  cost    ${aboutOrAtMost(estimate)} ${formatUsd(cost)} in all, at list prices or your own`,
    ...estimate.quota.map(quotaLine),
    basisLine(estimate),
    'Nothing was sent, and nothing was written.',
  ];
}

/** The same for machines. */
export function estimateToJson(estimate: RunEstimate): JsonObject {
  const cost = totalCostUsd(estimate);
  return {
    rollouts: estimate.rollouts,
    tokens: Math.round(totalTokens(estimate)),
    cost_usd: cost === undefined ? null : roundUsd(cost),
    policy: roleToJson(estimate.policy),
    judge: estimate.judge === undefined ? null : roleToJson(estimate.judge),
    output_tokens_basis: estimate.basis,
    quota: estimate.quota.map((each) => ({
      name: each.name,
      requests: each.requests,
      charged_tokens: Math.round(each.chargedTokens),
      tpm: each.tokensPerMinute ?? null,
      rpm: each.requestsPerMinute ?? null,
      minutes: each.minutes ?? null,
    })),
    minutes_at_quota: longest(estimate.quota)?.minutes ?? null,
  };
}

function roleLine(
  name: string,
  {inputTokens, outputTokens, costUsd}: RoleEstimate,
  of: WorkEstimate,
): string {
  const cost = costUsd === undefined ? '' : `, ${aboutOrAtMost(of)} ${formatUsd(costUsd)}`;
  return `  ${name.padEnd(7)} about ${formatCounted(inputTokens, 'token')} in, ${outputText(outputTokens, of)} out${cost}`;
}

function outputText(tokens: number, of: WorkEstimate): string {
  return `${aboutOrAtMost(of)} ${formatCount(tokens)}`;
}

function aboutOrAtMost({basis}: WorkEstimate): string {
  return basis === 'max_output_tokens' ? 'at most' : 'about';
}

function basisLine({basis}: WorkEstimate): string {
  if (basis === 'answers') return '  Told from the answers that the output holds.';
  if (basis === 'max_output_tokens')
    return '  Answers are taken to be as long as max_output_tokens lets them be.';
  return '  Answers without max_output_tokens are taken to have 640 tokens: a guess, until some are there.';
}

function quotaLine(time: QuotaTime): string {
  const {name, chargedTokens, requests, minutes} = time;
  const charged = `${formatCounted(chargedTokens, 'token')} and ${formatCounted(requests, 'request')} by Azure's estimate`;
  if (minutes === undefined) {
    const example = formatDuration((chargedTokens / exampleQuota) * minuteMs);
    return `  time    ${name}: ${charged}; no quota is given (--tpm, --rpm): ${example} at ${formatCount(exampleQuota)} tokens a minute`;
  }
  return `  time    ${name}: ${charged}: ${formatDuration(minutes * minuteMs)} at ${limitsText(time)}`;
}

/** Deployments work side by side: the slowest one decides. */
function longest(times: readonly QuotaTime[]): QuotaTime | undefined {
  const known = times.filter(({minutes}) => minutes !== undefined);
  return known.toSorted((a, b) => (b.minutes ?? 0) - (a.minutes ?? 0))[0];
}

function longestText(times: readonly QuotaTime[]): string {
  const time = longest(times);
  if (time === undefined) return '';
  return `About ${formatDuration((time.minutes ?? 0) * minuteMs)} at ${limitsText(time)} of ${time.name}`;
}

function limitsText({tokensPerMinute, requestsPerMinute}: QuotaTime): string {
  const limits = [
    ...(tokensPerMinute === undefined ? [] : [formatCounted(tokensPerMinute, 'token')]),
    ...(requestsPerMinute === undefined ? [] : [formatCounted(requestsPerMinute, 'request')]),
  ];
  return `${limits.join(' and ')} a minute`;
}

function roleToJson({inputTokens, outputTokens, costUsd}: RoleEstimate): JsonObject {
  return {
    input_tokens: Math.round(inputTokens),
    output_tokens: Math.round(outputTokens),
    cost_usd: costUsd === undefined ? null : roundUsd(costUsd),
  };
}
