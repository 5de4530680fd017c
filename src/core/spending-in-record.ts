import {asJsonArray, asJsonObject, asNumber, type JsonObject} from './json.ts';
import {addSpending, type Spending, type SpendingByRole} from './spending.ts';

/**
 * What a completed rollout used, as its record has it: tokens by the usage in its answers, costs by its `_rollcall`, which
 * records of others do not have.
 */
export function spendingInRecord(record: JsonObject): SpendingByRole {
  const {costUsd, judgeCostUsd} = costsInRecord(record);
  let judge: Spending | undefined;
  for (const evaluation of asJsonArray(record['judge_evaluations']))
    judge = addSpending(judge, tokensIn(asJsonObject(evaluation)?.['response']));
  const policy = tokensIn(record['response']);
  const policyCostUsd = costUsd === undefined ? undefined : costUsd - (judgeCostUsd ?? 0);
  return {
    policy: policy && {...policy, costUsd: policyCostUsd},
    judge: judge && {...judge, costUsd: judgeCostUsd},
  };
}

/** What a failed attempt used by its record; undefined where that is nothing that was reported. */
export function spendingInFailure(record: JsonObject): Spending | undefined {
  const provenance = asJsonObject(record['_rollcall']);
  const inputTokens = amountOf(provenance?.['input_tokens']);
  const outputTokens = amountOf(provenance?.['output_tokens']);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {inputTokens, outputTokens, costUsd: amountOf(provenance?.['cost_usd'])};
}

/** What the copies of its calls that were broken off would have used with the answers that were kept, of a completed or a failed rollout. */
export function spendingOnCopiesInRecord(record: JsonObject): Spending | undefined {
  let spent: Spending | undefined;
  for (const copy of asJsonArray(asJsonObject(record['_rollcall'])?.['hedged']).map(asJsonObject)) {
    const inputTokens = amountOf(copy?.['input_tokens']);
    const outputTokens = amountOf(copy?.['output_tokens_if_answered']) ?? 0;
    if (inputTokens === undefined) continue;
    const costUsd = amountOf(copy?.['cost_usd_if_answered']);
    spent = addSpending(spent, {inputTokens, outputTokens, costUsd});
  }
  return spent;
}

/** US dollars by a record's `_rollcall`, the judge's included in the first. */
export function costsInRecord(record: JsonObject): {
  readonly costUsd: number | undefined;
  readonly judgeCostUsd: number | undefined;
} {
  const provenance = asJsonObject(record['_rollcall']);
  return {
    costUsd: amountOf(provenance?.['cost_usd']),
    judgeCostUsd: amountOf(provenance?.['judge_cost_usd']),
  };
}

function tokensIn(response: unknown): Spending | undefined {
  const usage = asJsonObject(asJsonObject(response)?.['usage']);
  const inputTokens = amountOf(usage?.['input_tokens']);
  const outputTokens = amountOf(usage?.['output_tokens']);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {inputTokens, outputTokens, costUsd: undefined};
}

/** Others write records too: what is no amount is none. */
function amountOf(value: unknown): number | undefined {
  const amount = asNumber(value);
  return amount !== undefined && amount >= 0 ? amount : undefined;
}
