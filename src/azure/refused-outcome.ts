import {CallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {promptFilteredResponse, type ToResponseOptions} from '../protocol/chat-to-responses.ts';
import {AzureCallError} from './errors.ts';

/**
 * Refusals that say something about the prompt are outcomes: a Responses object with status `incomplete` and the reason
 * (`content_filter`, `context_length_exceeded`, `max_output_tokens`), made out of the failed response where the service
 * gave one. Undefined for every other error.
 */
export function refusedOutcome(
  error: unknown,
  failed: JsonObject | undefined,
  options: ToResponseOptions,
): JsonObject | undefined {
  if (!(error instanceof CallError)) return undefined;
  const reason = reasons[error.code];
  if (reason === undefined) return undefined;
  const details = {status: 'incomplete', incomplete_details: {reason}};
  const isFilter = reason === 'content_filter';
  if (isFilter && failed !== undefined) return {...failed, ...details, error: null};
  const body = error instanceof AzureCallError ? error.body : undefined;
  const refused = promptFilteredResponse(isFilter ? (body ?? {}) : {}, options);
  if (isFilter) return refused;
  return {
    ...refused,
    ...failed,
    ...details,
    content_filters: failed?.['content_filters'] ?? null,
    error: {code: reason, message: error.message},
  };
}

const reasons: Readonly<Record<string, string>> = {
  ERR_MODEL_CONTENT_FILTER: 'content_filter',
  ERR_MODEL_CONTEXT_LENGTH: 'context_length_exceeded',
  ERR_MODEL_OUTPUT_LIMIT: 'max_output_tokens',
};
