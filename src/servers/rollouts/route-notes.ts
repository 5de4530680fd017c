import {asJsonObject, asNumber, asString, type JsonObject} from '../../core/json.ts';
import type {CallTrace} from '../../core/rollout.ts';
import type {RequestNotes} from '../http/service.ts';

/** Notes what calls to models took; several are added up, and the last is named. */
export function noteTraces(notes: RequestNotes, traces: readonly CallTrace[]): void {
  const last = traces.at(-1);
  if (last === undefined) return;
  notes.deployment = last.deployment;
  notes.upstreamRequestId = last.requestId;
  notes.calls = traces.reduce((sum, {calls}) => sum + calls, 0);
  notes.queuedMs = traces.reduce((sum, {queuedMs}) => sum + queuedMs, 0);
}

/** Notes what a model's answer says of itself. */
export function noteResponse(notes: RequestNotes, response: JsonObject): void {
  const usage = asJsonObject(response['usage']);
  notes.responseModel = asString(response['model']);
  notes.inputTokens = asNumber(usage?.['input_tokens']);
  notes.outputTokens = asNumber(usage?.['output_tokens']);
}
