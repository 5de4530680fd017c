import type {CallError} from './errors.ts';
import type {FailureClass} from './failure-kinds.ts';
import type {JsonObject} from './json.ts';

/**
 * What a failed attempt's record says about its failure: `_ng_failure_class`, `_ng_failure_terminal`, `_ng_failure`.
 * `answered`: the policy's answer was there, and only the judge failed.
 */
export function failureNotes(error: CallError, answered: boolean): JsonObject {
  return {
    _ng_failure_class: failureClass(error, answered),
    _ng_failure_terminal: isTerminal(error),
    _ng_failure: failureDetails(error),
  };
}

/** What went wrong, as `_ng_failure` says it. */
export function failureDetails({code, message, hint, httpStatus, requestId}: CallError): JsonObject {
  return {
    code,
    message,
    hint: hint ?? null,
    ...(httpStatus === undefined ? {} : {http_status: httpStatus}),
    ...(requestId === undefined ? {} : {request_id: requestId}),
  };
}

// A gateway's or limiter's word, not that of the model behind it.
const deliveryStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

// An agent that runs elsewhere: whoever asked it knows which of the two it was.
const classesOfCodes: Readonly<Record<string, FailureClass>> = {
  ERR_AGENT_RUN: 'agent_run_error',
  ERR_AGENT_REQUEST: 'agent_request_failed',
};

/** As NeMo Gym sorts them: the judge's, a request that never got a usable reply, or an error that was the reply. */
function failureClass(error: CallError, answered: boolean): FailureClass {
  if (answered || error.fault === 'judge') return 'judge_failed';
  const told = classesOfCodes[error.code];
  if (told !== undefined) return told;
  const {httpStatus, unreachable, throttled, effect} = error;
  if (unreachable || throttled || deliveryStatuses.has(httpStatus ?? 0)) return 'agent_request_failed';
  const noUsableReply = effect === 'retry' && (httpStatus === undefined || httpStatus < 300);
  return noUsableReply ? 'agent_request_failed' : 'agent_run_error';
}

/** Whether another attempt at the same rollout would fail alike: resuming leaves it alone. */
function isTerminal({effect}: CallError): boolean {
  return effect === 'rollout' || effect === 'settings';
}
