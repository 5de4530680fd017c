import {asJsonObject, asNumber, asString, type JsonObject} from '../core/json.ts';
import type {CallTrace, Outcome, Rollout, Verification} from '../core/rollout.ts';
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
  const trace = traceOf(provenance, rollout.agentName, times);
  const noted = notedFailure(reply, context);
  if (noted !== undefined) {
    // An answer beside a failure that is not the judge's is none: the record would blame the judge.
    const answer = noted.fault === 'judge' ? response : undefined;
    return {status: 'failed', rollout, error: noted, response: answer, trace};
  }
  const refused = refusalOf(reply, response, context);
  if (refused !== undefined || response === undefined) {
    const message = `${plainExcerpt(context.peer)} ${refused ?? 'gave no answer'}`;
    return {status: 'failed', rollout, error: runFailed('agent', message), response: undefined, trace};
  }
  const judgeMs = milliseconds(provenance?.['judge_ms']) ?? 0;
  const verification = verificationOf(reply, rollout.row);
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
  if (response !== undefined) return undefined;
  const keys = plainExcerpt(context.redact(Object.keys(reply).join(', '))).slice(0, 200);
  return `answered without a \`response\`; ${keys === '' ? 'its reply is empty' : `its reply has: ${keys}`}`;
}

function verificationOf(reply: JsonObject, row: JsonObject): Verification | undefined {
  const reward = asNumber(reply['reward']);
  return reward === undefined ? undefined : {reward, fields: verificationFields(reply, row), traces: []};
}

/** Our own agents say how the answer was come by; of others only the time is known. */
function traceOf(provenance: JsonObject | undefined, agentName: string, times: RunTimes): CallTrace {
  if (provenance === undefined) return {deployment: agentName, calls: 1, ...times};
  const calls = asNumber(provenance['calls']);
  const requestId = asString(provenance['request_id']);
  return {
    deployment: shortened(asString(provenance['deployment'])) ?? agentName,
    calls: calls !== undefined && Number.isSafeInteger(calls) && calls >= 0 ? calls : 1,
    queuedMs: milliseconds(provenance['queued_ms']) ?? times.queuedMs,
    callMs: milliseconds(provenance['model_ms']) ?? times.callMs,
    requestId: shortened(requestId),
    simulated: provenance['simulated'] === true ? true : undefined,
  };
}

function shortened(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainExcerpt(text);
}

function milliseconds(value: unknown): number | undefined {
  const ms = asNumber(value);
  return ms !== undefined && ms >= 0 ? ms : undefined;
}
