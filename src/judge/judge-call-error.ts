import {CallError} from '../core/errors.ts';
import type {CallOptions} from '../core/ports.ts';

/**
 * What escaped a judge call, as a failure of the judge. A call that no judge call can survive (credentials, deployment) keeps its
 * own code; any other is `ERR_JUDGE_CALL`. A cancellation, a rollout's time limit among them, and a bug pass unchanged.
 */
export function toJudgeError(error: unknown, {cancellation}: CallOptions): unknown {
  if (!(error instanceof CallError) || error === cancellation.reason) return error;
  const endsMore = error.effect === 'run' || error.effect === 'settings';
  const {effect, hint, retryAfterMs, httpStatus, requestId, unreachable, throttled} = error;
  const judgeError = new CallError(`the judge could not be asked: ${error.message}`, {
    code: endsMore ? error.code : 'ERR_JUDGE_CALL',
    fault: 'judge',
    effect,
    hint,
    retryAfterMs,
    httpStatus,
    requestId,
    unreachable,
    throttled,
    problems: error.problems,
    cause: error,
  });
  judgeError.calls = error.calls;
  return judgeError;
}
