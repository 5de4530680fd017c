import {asJsonObject, asNumber, asString, type JsonObject, type JsonValue} from '../core/json.ts';
import type {CallTrace, Outcome, Rollout, Verification} from '../core/rollout.ts';
import {type Spending} from '../core/spending.ts';
import {spendingInRecord} from '../core/spending-in-record.ts';
import {notedFailure} from './noted-failure.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {runFailed} from './remote-failure.ts';
import type {ReplyContext} from './reply-failure.ts';
import {verificationFields} from './verification-fields.ts';

/** How long a request to `/run` took, in milliseconds. */
export interface RunTimes {
  /** Waiting before it was sent for the last time. */
  readonly queuedMs: number;
  readonly callMs: number;
}

/** What became of a rollout, by the object that its agent's `/run` answered with (nemo-gym.md §6.4). */
export function toOutcome(
  reply: JsonObject,
  rollout: Rollout,
  times: RunTimes,
  context: ReplyContext,
): Outcome {
  const response = asJsonObject(reply['response']);
  const provenance = asJsonObject(reply['_rollcall']);
  const calls = countCalls(provenance);
  const spent = spendingInRecord(reply);
  const known = {agentName: rollout.agentName, calls: calls.policy, times, spent: spent.policy};
  const trace = traceOf(provenance, known);
  const noted = notedFailure(reply, context);
  if (noted !== undefined) {
    // An answer beside a failure that is not the judge's is none: the record would blame the judge.
    const answer = noted.fault === 'judge' ? response : undefined;
    noted.calls = answer === undefined ? calls.policy + calls.judge : calls.judge;
    return {status: 'failed', rollout, error: noted, response: answer, trace: answer && trace};
  }
  const refused = refusalOf(reply, response, context);
  if (refused !== undefined || response === undefined) {
    const error = runFailed('agent', `${plainExcerpt(context.peer)} ${refused ?? 'gave no answer'}`);
    error.calls = calls.policy + calls.judge;
    return {status: 'failed', rollout, error, response: undefined};
  }
  const judgeMs = milliseconds(provenance?.['judge_ms']) ?? 0;
  const verification = verificationOf(reply, rollout.row, {calls: calls.judge, spent: spent.judge});
  return {status: 'completed', rollout, response, trace, verification, judgeMs};
}

function refusalOf(
  reply: JsonObject,
  response: JsonObject | undefined,
  context: ReplyContext,
): string | undefined {
  if (Boolean(reply['_ng_no_persist'])) {
    return 'says that this result is not to be kept: the rollout was cut off there';
  }
  const {reward} = reply;
  if (reward !== undefined && reward !== null && asNumber(reward) === undefined) {
    return `gave a reward that is no number but ${describeKind(reward)}`;
  }
  if (response !== undefined) return undefined;
  const keys = plainExcerpt(context.redact(Object.keys(reply).join(', '))).slice(0, 200);
  return `answered without a \`response\`; ${keys === '' ? 'its reply is empty' : `its reply has: ${keys}`}`;
}

function describeKind(value: JsonValue): string {
  if (typeof value === 'bigint') return 'an integer beyond what a number holds';
  return typeof value === 'object' ? 'a list or an object' : `a ${typeof value}`;
}

function verificationOf(
  reply: JsonObject,
  row: JsonObject,
  {calls, spent}: {readonly calls: number; readonly spent: Spending | undefined},
): Verification | undefined {
  const reward = asNumber(reply['reward']);
  if (reward === undefined) return undefined;
  // Only their sums came over the wire: their time is in `judge_ms`.
  const isAsked = calls > 0 || spent !== undefined;
  const traces = isAsked ? [{deployment: '', calls, queuedMs: 0, callMs: 0, spent}] : [];
  return {reward, fields: verificationFields(reply, row), traces};
}

/** Exchanges with models behind a reply. Others than our own agents do not say; there it is the one with the agent. */
function countCalls(provenance: JsonObject | undefined): {readonly policy: number; readonly judge: number} {
  const all = countOf(provenance?.['calls']) ?? 1;
  const judge = Math.min(all, countOf(provenance?.['judge_calls']) ?? 0);
  return {policy: all - judge, judge};
}

function countOf(value: unknown): number | undefined {
  const count = asNumber(value);
  return count !== undefined && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

interface KnownOfTrace {
  readonly agentName: string;
  readonly calls: number;
  readonly times: RunTimes;
  readonly spent: Spending | undefined;
}

/** Our own agents say how the answer was come by; of others only the time is known. */
function traceOf(
  provenance: JsonObject | undefined,
  {agentName, calls, times, spent}: KnownOfTrace,
): CallTrace {
  if (provenance === undefined) return {deployment: agentName, calls, ...times, spent};
  const requestId = asString(provenance['request_id']);
  return {
    deployment: shortened(asString(provenance['deployment'])) ?? agentName,
    calls,
    queuedMs: milliseconds(provenance['queued_ms']) ?? times.queuedMs,
    callMs: milliseconds(provenance['model_ms']) ?? times.callMs,
    requestId: shortened(requestId),
    simulated: provenance['simulated'] === true ? true : undefined,
    spent,
  };
}

function shortened(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainExcerpt(text);
}

function milliseconds(value: unknown): number | undefined {
  const ms = asNumber(value);
  return ms !== undefined && ms >= 0 ? ms : undefined;
}
