import type {JsonObject} from './json.ts';
import type {CallTrace, CompletedOutcome, FailedOutcome} from './rollout.ts';
import {addSpending, roundUsd, type SpendingByRole, spendingOf} from './spending.ts';

/** A record's `_rollcall`: how its answer and its reward were come by. Milliseconds to a tenth. */
export function provenanceOf(outcome: CompletedOutcome): JsonObject {
  const {rollout, trace, verification, judgeMs} = outcome;
  const traces: readonly CallTrace[] = [trace, ...(verification?.traces ?? [])];
  const simulated = traces.some((each) => each.simulated === true);
  const {cost_usd: costUsd, judge_cost_usd: judgeCostUsd} = costsOf(spendingOf(outcome));
  return {
    attempt: rollout.attempt,
    calls: sumOfCalls(traces),
    deployment: trace.deployment,
    request_id: trace.requestId ?? null,
    queued_ms: tenths(trace.queuedMs),
    model_ms: tenths(trace.callMs),
    judge_ms: tenths(judgeMs),
    // Written out: an object put together from others is slow to write, once for every rollout.
    spilled_from: trace.spilledOver?.from,
    spilled_to: trace.spilledOver?.to,
    cost_usd: costUsd,
    judge_cost_usd: judgeCostUsd,
    simulated: simulated || undefined,
    hedged: hedgedIn(traces),
  };
}

function hedgedIn(traces: readonly CallTrace[]): readonly JsonObject[] | undefined {
  if (traces.every(({hedged}) => hedged === undefined)) return undefined;
  const copies = traces.flatMap(({hedged = []}) => hedged);
  return copies.map(({deployment, ifAnswered, callMs}) => ({
    deployment,
    input_tokens: ifAnswered?.inputTokens ?? null,
    output_tokens_if_answered: ifAnswered?.outputTokens ?? null,
    cost_usd_if_answered: ifAnswered?.costUsd === undefined ? undefined : roundUsd(ifAnswered.costUsd),
    ms: tenths(callMs),
  }));
}

/** The `_rollcall` that goes from an agent's server to its collector: a record's, and how many of its calls were the judge's. */
export function servedProvenanceOf(outcome: CompletedOutcome): JsonObject {
  return {...provenanceOf(outcome), judge_calls: sumOfCalls(outcome.verification?.traces ?? [])};
}

/** The same for a failure: what was called until then, and how long the policy took if it answered. */
export function servedProvenanceOfFailure(outcome: FailedOutcome): JsonObject {
  const {rollout, error, trace} = outcome;
  const {attempt} = rollout;
  const costs = costsOf(spendingOf(outcome));
  if (trace === undefined) return {attempt, calls: error.calls, judge_calls: 0, ...costs};
  return {
    attempt,
    calls: trace.calls + error.calls,
    judge_calls: error.calls,
    deployment: trace.deployment,
    request_id: trace.requestId ?? null,
    queued_ms: tenths(trace.queuedMs),
    model_ms: tenths(trace.callMs),
    ...costs,
    ...(trace.simulated === true ? {simulated: true} : {}),
  };
}

/** A failed attempt's `_rollcall`: what it used although nothing came of it; undefined where that is nothing. */
export function failedProvenanceOf(outcome: FailedOutcome): JsonObject | undefined {
  const spending = spendingOf(outcome);
  const spent = addSpending(spending.policy, spending.judge);
  if (spent === undefined) return undefined;
  const {inputTokens, outputTokens} = spent;
  const {rollout, trace} = outcome;
  return {
    attempt: rollout.attempt,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    ...costsOf(spending),
    hedged: trace && hedgedIn([trace]),
  };
}

/** Left out where nothing was reported or a price is not known: a cost is never a guess. */
function costsOf({policy, judge}: SpendingByRole): JsonObject {
  const all = addSpending(policy, judge)?.costUsd;
  const ofJudge = judge?.costUsd;
  return {
    cost_usd: all === undefined ? undefined : roundUsd(all),
    judge_cost_usd: ofJudge === undefined ? undefined : roundUsd(ofJudge),
  };
}

function sumOfCalls(traces: readonly CallTrace[]): number {
  return traces.reduce((sum, {calls}) => sum + calls, 0);
}

/** Milliseconds as records have them. */
export function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
