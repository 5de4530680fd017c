import {parseExactJson} from '../core/exact-json.ts';
import {isJsonObject, type JsonObject, type JsonValue} from '../core/json.ts';

/** `metadata` of a Responses request, taken apart. `problem` says why `extra_body` could not be read. */
export interface MetadataParts {
  /** What is metadata proper; undefined when nothing is left. */
  readonly metadata: JsonObject | undefined;
  /** Members for the request body itself. */
  readonly extraBody: JsonObject | undefined;
  readonly problem: string | undefined;
}

/**
 * Takes NeMo Gym's `metadata.extra_body` out of the metadata: a JSON text whose members belong into the request body
 * (this is how the seeds of repeats travel).
 */
export function splitMetadata(value: JsonValue | undefined): MetadataParts {
  if (!isJsonObject(value)) return {metadata: undefined, extraBody: undefined, problem: undefined};
  const {extra_body: extra, ...rest} = value;
  const metadata = Object.keys(rest).length === 0 ? undefined : rest;
  if (extra == null) return {metadata, extraBody: undefined, problem: undefined};
  const extraBody = isJsonObject(extra) ? extra : parseObject(extra);
  const problem = extraBody === undefined ? 'extra_body that is not the text of a JSON object' : undefined;
  return {metadata, extraBody, problem};
}

function parseObject(text: JsonValue): JsonObject | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const value = parseExactJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
