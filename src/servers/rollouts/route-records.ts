import type {CallError} from '../../core/errors.ts';
import {failureDetails} from '../../core/failure-notes.ts';
import type {JsonObject, JsonValue} from '../../core/json.ts';
import type {Verification} from '../../core/rollout.ts';

/** A row without what another record's results left in it: an old reward must not pass for this answer's. */
export function withoutResults(row: JsonObject): JsonObject {
  const isResult = (key: string): boolean => resultKeys.has(key);
  return Object.keys(row).some(isResult)
    ? Object.fromEntries(Object.entries(row).filter(([key]) => !isResult(key)))
    : row;
}

/** A row with its answer and what the judge says of it. A value of the row's own stays, unless it is blank. */
export function scoredRecord(
  row: JsonObject,
  response: JsonObject,
  {reward, fields}: Verification,
): JsonObject {
  const added = Object.entries(fields).filter(([key]) => !resultKeys.has(key) || judgeKeys.has(key));
  const missing = added.filter(([key]) => isBlank(row[key]));
  return {...row, response, reward, ...Object.fromEntries(missing)};
}

/**
 * A row whose judge could not be asked, as NeMo Gym's failsafe writes it: a reward of 0 that its class says not to count.
 * What went wrong is beside it in our own words.
 */
export function unjudgedRecord(row: JsonObject, response: JsonObject, error: CallError): JsonObject {
  return {
    ...row,
    response,
    reward: 0,
    _ng_failure_class: 'judge_failed',
    _ng_failure_judge_error: `${error.code}: ${error.message}`,
    _ng_failure: failureDetails(error),
  };
}

const judgeKeys: ReadonlySet<string> = new Set(['judge_evaluations', 'verification_skipped']);
const resultKeys: ReadonlySet<string> = new Set([
  ...judgeKeys,
  'response',
  'reward',
  '_rollcall',
  '_ng_no_persist',
  '_ng_failure_class',
  '_ng_failure_terminal',
  '_ng_failure_judge_error',
  '_ng_failure',
]);

function isBlank(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === '';
}
