import {CallError} from '../core/errors.ts';
import {asJsonArray, asJsonObject, asString} from '../core/json.ts';
import type {CallOptions} from '../core/ports.ts';
import type {ModelReply} from '../core/rollout.ts';

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

/**
 * The failure that a reply is in truth: one that the service cut off before the judge said anything, as it does with a prompt
 * that its content filter refuses or that is too long. Undefined for every reply that says something, be it no verdict.
 */
export function judgeRefusal({response, trace}: ModelReply): CallError | undefined {
  if (response['status'] !== 'incomplete' || asJsonArray(response['output']).length > 0) return undefined;
  const reason = asString(asJsonObject(response['incomplete_details'])?.['reason']) ?? 'no reason given';
  const said = asString(asJsonObject(response['error'])?.['message']);
  const refusal = new CallError(
    `the judge could not be asked: it was refused (${reason})${said === undefined ? '' : `: ${said}`}`,
    {
      code: 'ERR_JUDGE_CALL',
      fault: 'judge',
      // Another answer of the policy may be shorter or milder.
      effect: 'retry',
      requestId: trace.requestId,
      hint: hints[reason],
    },
  );
  refusal.calls = trace.calls;
  return refusal;
}

const hints: Readonly<Record<string, string>> = {
  content_filter:
    'What the judge is shown was refused for its content: loosen the content filter of its deployment, or show it less by regex.',
  context_length_exceeded:
    'Show the judge less (question_extract_regex, response_extract_regex), or give it a model that reads more.',
  max_output_tokens: 'Raise max_output_tokens in judge_responses_create_params: reasoning uses it up too.',
};
