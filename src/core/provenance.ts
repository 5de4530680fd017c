import type {JsonObject} from './json.ts';
import type {CallTrace, CompletedOutcome, FailedOutcome} from './rollout.ts';

/** A record's `_rollcall`: how its answer and its reward were come by. Milliseconds to a tenth. */
export function provenanceOf({rollout, trace, verification, judgeMs}: CompletedOutcome): JsonObject {
  const traces: readonly CallTrace[] = [trace, ...(verification?.traces ?? [])];
  const simulated = traces.some((each) => each.simulated === true);
  return {
    attempt: rollout.attempt,
    calls: sumOfCalls(traces),
    deployment: trace.deployment,
    request_id: trace.requestId ?? null,
    queued_ms: tenths(trace.queuedMs),
    model_ms: tenths(trace.callMs),
    judge_ms: tenths(judgeMs),
    ...spillOverOf(trace),
    ...(simulated ? {simulated} : {}),
  };
}

/** The `_rollcall` that goes from an agent's server to its collector: a record's, and how many of its calls were the judge's. */
export function servedProvenanceOf(outcome: CompletedOutcome): JsonObject {
  return {...provenanceOf(outcome), judge_calls: sumOfCalls(outcome.verification?.traces ?? [])};
}

/** The same for a failure: what was called until then, and how long the policy took if it answered. */
export function servedProvenanceOfFailure({rollout, error, trace}: FailedOutcome): JsonObject {
  const {attempt} = rollout;
  if (trace === undefined) return {attempt, calls: error.calls, judge_calls: 0};
  return {
    attempt,
    calls: trace.calls + error.calls,
    judge_calls: error.calls,
    deployment: trace.deployment,
    request_id: trace.requestId ?? null,
    queued_ms: tenths(trace.queuedMs),
    model_ms: tenths(trace.callMs),
    ...(trace.simulated === true ? {simulated: true} : {}),
  };
}

function spillOverOf({spilledOver}: CallTrace): JsonObject {
  if (spilledOver === undefined) return {};
  const {from, to} = spilledOver;
  return to === undefined ? {spilled_from: from} : {spilled_from: from, spilled_to: to};
}

function sumOfCalls(traces: readonly CallTrace[]): number {
  return traces.reduce((sum, {calls}) => sum + calls, 0);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
