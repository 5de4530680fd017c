import {asJsonObject, type JsonObject} from '../core/json.ts';
import {toStrictResponse} from './strict-response.ts';

/** The body of `/verify`: the row with the answer, in the form that NeMo Gym's strict models take (nemo-gym.md §3.1, §5.1). */
export function toVerifyRequest(row: JsonObject, response: JsonObject, nowMs: number): JsonObject {
  return {
    ...row,
    responses_create_params: strictParams(asJsonObject(row['responses_create_params']) ?? {}),
    response: toStrictResponse(response, Math.floor(nowMs / 1_000)),
  };
}

// It refuses any other, and nulls for some: a `seed` in the row would cost every verdict.
const acceptedParams: ReadonlySet<string> = new Set(
  (
    'background include input instructions max_output_tokens max_tool_calls metadata model parallel_tool_calls ' +
    'previous_response_id prompt reasoning service_tier store temperature text tool_choice tools top_logprobs top_p ' +
    'truncation user'
  ).split(' '),
);

function strictParams(params: JsonObject): JsonObject {
  const kept = Object.entries(params).filter(
    ([key, value]) => acceptedParams.has(key) && value !== null && value !== undefined,
  );
  return {input: [], ...Object.fromEntries(kept)};
}
