import type {CallError} from '../core/errors.ts';

/** NeMo Gym's `_ng_failure_class`. */
export type FailureClass = 'judge_failed' | 'agent_request_failed' | 'agent_run_error';

// A gateway's or limiter's word, not that of the model behind it.
const deliveryStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/**
 * Sorts a failure as NeMo Gym does: the judge's (`answered`: the policy's answer was there), a request that never got
 * a usable reply, or an error that was the reply.
 */
export function failureClass(error: CallError, answered: boolean): FailureClass {
  if (answered || error.fault === 'judge') return 'judge_failed';
  const {httpStatus, unreachable, throttled, effect} = error;
  if (unreachable || throttled || deliveryStatuses.has(httpStatus ?? 0)) return 'agent_request_failed';
  const noUsableReply = effect === 'retry' && (httpStatus === undefined || httpStatus < 300);
  return noUsableReply ? 'agent_request_failed' : 'agent_run_error';
}

/** Whether another attempt at the same rollout would fail alike (`_ng_failure_terminal`): resuming leaves it alone. */
export function isTerminal({effect}: CallError): boolean {
  return effect === 'rollout' || effect === 'settings';
}
