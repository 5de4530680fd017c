import {asJsonArray, asJsonObject, isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';

/**
 * What Azure's content filter said about the prompt and the completion of a chat reply, in the shape of Azure's
 * Responses API (`content_filters`); null when it said nothing. Takes the singular and the older spellings as well.
 */
export function contentFiltersOf(completion: JsonObject, choice: JsonObject): readonly JsonObject[] | null {
  const filters: JsonObject[] = [];
  for (const entry of promptResults(completion)) {
    const results = resultsOf(asJsonObject(entry));
    if (results !== undefined) filters.push(filterEntry('prompt', results, isBlocking(results)));
  }
  const results = resultsOf(choice);
  const blocked = choice['finish_reason'] === 'content_filter';
  if (results !== undefined || blocked) {
    const outcome = results ?? {};
    filters.push(filterEntry('completion', outcome, blocked || isBlocking(outcome), choice));
  }
  return filters.length === 0 ? null : filters;
}

/** The same for a prompt that was refused with an error: `error` is the error object, with its inner error or without. */
export function refusedPromptFilters(error: JsonObject): readonly JsonObject[] {
  const {content_filters: filters} = error;
  if (Array.isArray(filters) && filters.length > 0)
    return (filters as readonly JsonValue[]).filter(isJsonObject);
  const inner = asJsonObject(error['innererror']) ?? asJsonObject(error['inner_error']);
  return [filterEntry('prompt', resultsOf(inner) ?? resultsOf(error) ?? {}, true)];
}

/** `content_filters` as chat's `prompt_filter_results`; undefined when there is nothing about the prompt. */
export function toPromptFilterResults(filters: JsonValue | undefined): readonly JsonObject[] | undefined {
  const results = resultsAbout('prompt', filters);
  if (results.length === 0) return undefined;
  return results.map((content_filter_results, prompt_index) => ({prompt_index, content_filter_results}));
}

/** `content_filters` as a chat choice's `content_filter_results`; undefined when there is nothing about the completion. */
export function toChoiceFilterResults(filters: JsonValue | undefined): JsonObject | undefined {
  const results = resultsAbout('completion', filters);
  return results.length === 0 ? undefined : results.reduce(mergeFilterResults);
}

/** Both findings in one; where they differ on a category, the graver one stands. */
export function mergeFilterResults(before: JsonObject, after: JsonObject): JsonObject {
  const merged = {...before, ...after};
  for (const [category, finding] of Object.entries(before)) {
    if (gravity(finding) > gravity(after[category])) merged[category] = finding;
  }
  return merged;
}

/** The filter's findings in whichever spelling; undefined when absent or empty. */
export function resultsOf(holder: JsonObject | undefined): JsonObject | undefined {
  const results = asJsonObject(holder?.['content_filter_results'] ?? holder?.['content_filter_result']);
  return results === undefined || Object.keys(results).length === 0 ? undefined : results;
}

function promptResults(completion: JsonObject): readonly JsonValue[] {
  return asJsonArray(completion['prompt_filter_results'] ?? completion['prompt_annotations']);
}

function filterEntry(
  source: 'prompt' | 'completion',
  results: JsonObject,
  blocked: boolean,
  details: JsonObject = {},
): JsonObject {
  return {
    blocked,
    source_type: source,
    content_filter_raw: details['content_filter_raw'] ?? null,
    content_filter_results: results,
    content_filter_offsets: details['content_filter_offsets'] ?? null,
  };
}

function resultsAbout(
  source: 'prompt' | 'completion',
  filters: JsonValue | undefined,
): readonly JsonObject[] {
  return asJsonArray(filters)
    .filter((entry) => isJsonObject(entry) && entry['source_type'] === source)
    .map((entry) => resultsOf(asJsonObject(entry)))
    .filter((results) => results !== undefined);
}

function isBlocking(results: JsonObject): boolean {
  return Object.values(results).some((finding) => asJsonObject(finding)?.['filtered'] === true);
}

const severities: readonly unknown[] = ['safe', 'low', 'medium', 'high'];

function gravity(finding: JsonValue | undefined): number {
  const {filtered, detected, severity} = asJsonObject(finding) ?? {};
  if (filtered === true) return severities.length + 1;
  return detected === true ? severities.length : severities.indexOf(severity);
}
