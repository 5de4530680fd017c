import type {JsonObject} from './json.ts';
import type {CallTrace, CompletedOutcome} from './rollout.ts';

/** A record's `_rollcall`: how its answer and its reward were come by. Milliseconds to a tenth. */
export function provenanceOf({rollout, trace, verification, judgeMs}: CompletedOutcome): JsonObject {
  const traces: readonly CallTrace[] = [trace, ...(verification?.traces ?? [])];
  const simulated = traces.some((each) => each.simulated === true);
  return {
    attempt: rollout.attempt,
    calls: traces.reduce((sum, {calls}) => sum + calls, 0),
    deployment: trace.deployment,
    request_id: trace.requestId ?? null,
    queued_ms: tenths(trace.queuedMs),
    model_ms: tenths(trace.callMs),
    judge_ms: tenths(judgeMs),
    ...(simulated ? {simulated} : {}),
  };
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
