import {asJsonObject, asNumber, type JsonObject, type JsonValue} from '../core/json.ts';

/**
 * Chat's usage in the Responses shape; null when there is none. A count that nobody gave is null, never 0, and the
 * total is the provider's own. Details beyond the two that Responses names (audio, predictions) stay in their place.
 */
export function toResponsesUsage(value: JsonValue | undefined): JsonObject | null {
  const usage = asJsonObject(value);
  if (usage === undefined) return null;
  const input = asJsonObject(usage['prompt_tokens_details']);
  const output = asJsonObject(usage['completion_tokens_details']);
  const cached = firstNumber(
    input?.['cached_tokens'],
    usage['cached_input_tokens'],
    usage['cache_read_input_tokens'],
  );
  const reasoning = firstNumber(
    output?.['reasoning_tokens'],
    usage['reasoning_output_tokens'],
    usage['reasoning_tokens'],
  );
  return {
    input_tokens: asNumber(usage['prompt_tokens']) ?? null,
    input_tokens_details: detailsOf(input, 'cached_tokens', cached),
    output_tokens: asNumber(usage['completion_tokens']) ?? null,
    output_tokens_details: detailsOf(output, 'reasoning_tokens', reasoning),
    total_tokens: asNumber(usage['total_tokens']) ?? null,
  };
}

/** A Responses object's usage in chat's shape; null when there is none. */
export function toChatUsage(value: JsonValue | undefined): JsonObject | null {
  const usage = asJsonObject(value);
  if (usage === undefined) return null;
  return {
    prompt_tokens: asNumber(usage['input_tokens']) ?? null,
    completion_tokens: asNumber(usage['output_tokens']) ?? null,
    total_tokens: asNumber(usage['total_tokens']) ?? null,
    prompt_tokens_details: asJsonObject(usage['input_tokens_details']) ?? null,
    completion_tokens_details: asJsonObject(usage['output_tokens_details']) ?? null,
  };
}

/** Without details the object is made at once: one with a member added to a spread is slow to write. */
function detailsOf(
  details: JsonObject | undefined,
  name: 'cached_tokens' | 'reasoning_tokens',
  count: number | null,
): JsonObject {
  if (details !== undefined) return {...details, [name]: count};
  return name === 'cached_tokens' ? {cached_tokens: count} : {reasoning_tokens: count};
}

function firstNumber(...values: readonly (JsonValue | undefined)[]): number | null {
  return values.map(asNumber).find((value) => value !== undefined) ?? null;
}
