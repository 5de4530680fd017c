import {CallError, callErrorOptions} from '../core/errors.ts';
import type {Place} from './admission.ts';

/**
 * Whether it is the call that is too large for the deployment's whole quota, and not the quota that is used up: then it was
 * told to come back in a day (azure-openai.md §4.4), which concerns nobody else. It is taken off the books.
 */
export function isBeyondQuota(
  {throttled, retryAfterMs = 0}: CallError,
  place: Place,
  maxWaitMs: number,
): boolean {
  if (!throttled || retryAfterMs <= maxWaitMs || !place.isBeyondQuota) return false;
  place.withdraw();
  return true;
}

/** The end of such a call: other rows may fit. */
export function beyondQuota(error: CallError, deployment: string): CallError {
  const beyond = new CallError(
    `the request is larger than all that deployment ${deployment} takes in a minute: ${error.message}`,
    {
      ...callErrorOptions(error),
      code: 'ERR_MODEL_QUOTA_EXHAUSTED',
      effect: 'rollout',
      throttled: false,
      retryAfterMs: undefined,
      hint: 'Its prompt and its maximum are charged on arrival: lower max_output_tokens, or raise the quota.',
    },
  );
  beyond.calls = error.calls;
  return beyond;
}
