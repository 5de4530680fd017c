import {asJsonArray, asJsonObject, isJsonObject, type JsonObject} from '../core/json.ts';
import type {AzureErrorBody} from './error-body.ts';

/**
 * The filter's findings in an error body, by category, under whichever names this version of the service gave them:
 * `innererror.content_filter_result`, `inner_error.content_filter_results`, or `content_filters[]` of the Responses API.
 */
export function contentFilterOf(body: AzureErrorBody): JsonObject | undefined {
  const error = asJsonObject(body.json?.['error']) ?? body.json;
  for (const place of [body.inner, error]) {
    const found =
      asJsonObject(place?.['content_filter_result']) ?? asJsonObject(place?.['content_filter_results']);
    if (found !== undefined) return found;
  }
  const blocked = asJsonArray(error?.['content_filters']).find(
    (filter) => isJsonObject(filter) && filter['blocked'] === true,
  );
  return asJsonObject(asJsonObject(blocked)?.['content_filter_results']);
}

/** The categories that made the filter act, as in `jailbreak, violence (medium)`. */
export function describeFiltered(findings: JsonObject): string {
  return Object.entries(findings)
    .flatMap(([category, finding]) => {
      if (!isJsonObject(finding) || finding['filtered'] !== true) return [];
      const {severity} = finding;
      return [typeof severity === 'string' ? `${category} (${severity})` : category];
    })
    .join(', ');
}
