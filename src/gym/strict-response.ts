import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';

/**
 * A Responses object as NeMo Gym's strict model of it takes it: what it requires is filled in, values outside its closed lists
 * are left out. Members that it does not know (our `content_filters`) stay: it allows them.
 */
export function toStrictResponse(response: JsonObject, createdAt: number): JsonObject {
  return {
    ...response,
    id: asString(response['id']) ?? 'resp_unknown',
    created_at: asNumber(response['created_at']) ?? createdAt,
    model: asString(response['model']) ?? '',
    object: 'response',
    output: asJsonArray(response['output']).map(toStrictItem),
    parallel_tool_calls: response['parallel_tool_calls'] ?? true,
    tool_choice: response['tool_choice'] ?? 'auto',
    tools: asJsonArray(response['tools']),
    error: strictError(response['error']),
    incomplete_details: strictDetails(response['incomplete_details']),
    service_tier: oneOf(serviceTiers, response['service_tier']),
    usage: strictUsage(response['usage']),
  };
}

// The lists of the client that NeMo Gym pins (openai 2.7).
const serviceTiers: ReadonlySet<JsonValue | undefined> = new Set([
  'auto',
  'default',
  'flex',
  'scale',
  'priority',
]);
const incompleteReasons: ReadonlySet<JsonValue | undefined> = new Set([
  'max_output_tokens',
  'content_filter',
]);
const errorCodes: ReadonlySet<JsonValue | undefined> = new Set([
  'server_error',
  'rate_limit_exceeded',
  'invalid_prompt',
]);

function oneOf(allowed: ReadonlySet<JsonValue | undefined>, value: JsonValue | undefined): JsonValue {
  return allowed.has(value) ? (value ?? null) : null;
}

function strictError(value: JsonValue | undefined): JsonObject | null {
  const error = asJsonObject(value);
  if (error === undefined) return null;
  const code = oneOf(errorCodes, error['code']) ?? 'server_error';
  return {...error, code, message: asString(error['message']) ?? ''};
}

function strictDetails(value: JsonValue | undefined): JsonObject | null {
  const details = asJsonObject(value);
  return details === undefined ? null : {...details, reason: oneOf(incompleteReasons, details['reason'])};
}

/** Counts that nobody gave cannot be said there. */
function strictUsage(value: JsonValue | undefined): JsonObject | null {
  const usage = asJsonObject(value);
  if (usage === undefined) return null;
  const counts = [usage['input_tokens'], usage['output_tokens'], usage['total_tokens']];
  if (counts.some((count) => !Number.isSafeInteger(count))) return null;
  return {
    ...usage,
    input_tokens_details: {cached_tokens: null, ...asJsonObject(usage['input_tokens_details'])},
    output_tokens_details: {reasoning_tokens: null, ...asJsonObject(usage['output_tokens_details'])},
  };
}

function toStrictItem(item: JsonValue, index: number): JsonValue {
  if (!isJsonObject(item)) return item;
  if (item['type'] === 'message') {
    const id = asString(item['id']) ?? `msg_${index}`;
    const content = asJsonArray(item['content']).map(toStrictPart);
    return {...item, id, role: item['role'] ?? 'assistant', status: item['status'] ?? 'completed', content};
  }
  if (item['type'] === 'reasoning') {
    return {...item, id: asString(item['id']) ?? `rs_${index}`, summary: asJsonArray(item['summary'])};
  }
  return item;
}

function toStrictPart(part: JsonValue): JsonValue {
  return isJsonObject(part) && part['type'] === 'output_text'
    ? {...part, annotations: asJsonArray(part['annotations'])}
    : part;
}
