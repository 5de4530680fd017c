/** The classes that NeMo Gym sorts failed attempts by (`_ng_failure_class`). */
export const failureClasses = ['judge_failed', 'agent_request_failed', 'agent_run_error'] as const;

/** NeMo Gym's `_ng_failure_class`. */
export type FailureClass = (typeof failureClasses)[number];

/** The codes that a failed attempt can have (`_ng_failure.code`). */
export const failureCodes: readonly string[] = [
  'ERR_ROLLOUT_TIMEOUT',
  'ERR_ROLLOUT_SIZE',
  'ERR_JUDGE_CALL',
  'ERR_JUDGE_UNPARSED',
  'ERR_AGENT_RUN',
  'ERR_AGENT_REQUEST',
  'ERR_CONVERSION',
  'ERR_MODEL_PARAMETER',
  'ERR_MODEL_CONVERSATION',
  'ERR_MODEL_NOT_FOUND',
  'ERR_MODEL_UNEXPECTED',
  'ERR_MODEL_RATE_LIMIT',
  'ERR_MODEL_OVERLOADED',
  'ERR_MODEL_QUOTA_EXHAUSTED',
  'ERR_MODEL_SERVER',
  'ERR_MODEL_TIMEOUT',
  'ERR_MODEL_NETWORK',
  'ERR_MODEL_TRUNCATED',
  'ERR_MODEL_MALFORMED',
];

/** Whether failed attempts can be told apart by this word: a class, or a code. */
export function isFailureKind(word: string): boolean {
  return (failureClasses as readonly string[]).includes(word) || failureCodes.includes(word);
}
