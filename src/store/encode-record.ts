import {writeExactJson} from '../core/exact-json.ts';
import type {JsonObject, JsonValue} from '../core/json.ts';
import {joinMembers, splitMembers} from '../core/raw-json.ts';
import type {CallTrace, CompletedOutcome, FailedOutcome, Rollout} from '../core/rollout.ts';
import {failureClass, isTerminal} from './failure-class.ts';

/**
 * A completed rollout as its line, without the newline: the materialised row to the byte but for its closing brace,
 * then `response`, `reward`, what the judge adds, and `_rollcall`. Where the judge adds a key that the row has, the
 * row's own value stays.
 */
export function encodeRollout(outcome: CompletedOutcome): string {
  const {rollout, response, verification} = outcome;
  const members: [string, JsonValue][] = [['response', response]];
  if (verification !== undefined) {
    members.push(['reward', verification.reward]);
    for (const [key, value] of Object.entries(verification.fields)) {
      if (value !== undefined && !isKeptFromRow(rollout, key) && !writtenHere.has(key))
        members.push([key, value]);
    }
  }
  return appendMembers(rollout, [...members, ...attemptIndex(rollout), ['_rollcall', provenance(outcome)]]);
}

/**
 * A failed attempt as its line, without the newline: the materialised row, the policy's `response` if only the judge
 * failed, and what went wrong. Never a reward.
 */
export function encodeFailure({rollout, error, response}: FailedOutcome): string {
  const failure: JsonObject = {
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    ...(error.httpStatus === undefined ? {} : {http_status: error.httpStatus}),
    ...(error.requestId === undefined ? {} : {request_id: error.requestId}),
  };
  return appendMembers(rollout, [
    ...(response === undefined ? [] : [['response', response] as const]),
    ...attemptIndex(rollout),
    ['_ng_failure_class', failureClass(error, response !== undefined)],
    ['_ng_failure_terminal', isTerminal(error)],
    ['_ng_failure', failure],
  ]);
}

const writtenHere: ReadonlySet<string> = new Set(['response', 'reward', '_ng_attempt_index', '_rollcall']);
// Our own materialised rows hold none of these; a file of NeMo Gym's, or one that was edited, may.
const keptOutOfRows: readonly string[] = [
  ...writtenHere,
  'judge_evaluations',
  '_ng_failure_class',
  '_ng_failure_terminal',
  '_ng_failure',
];

function isKeptFromRow({row}: Rollout, key: string): boolean {
  return Object.hasOwn(row, key) && !keptOutOfRows.includes(key);
}

function appendMembers(rollout: Rollout, members: readonly (readonly [string, JsonValue])[]): string {
  let line = rowText(rollout).slice(0, -1);
  for (const [key, value] of members) line += `,${JSON.stringify(key)}:${writeExactJson(value)}`;
  return `${line}}`;
}

function rowText({row, text}: Rollout): string {
  const trimmed = text.trimEnd();
  if (!keptOutOfRows.some((key) => Object.hasOwn(row, key))) return trimmed;
  const members = splitMembers(trimmed);
  for (const key of keptOutOfRows) members.delete(key);
  return joinMembers(members);
}

/** NeMo Gym's count of the attempts before this one; left out of first attempts, as there. */
function attemptIndex({attempt}: Rollout): readonly (readonly [string, JsonValue])[] {
  return attempt > 1 ? [['_ng_attempt_index', attempt - 1]] : [];
}

function provenance({rollout, trace, verification, judgeMs}: CompletedOutcome): JsonObject {
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
