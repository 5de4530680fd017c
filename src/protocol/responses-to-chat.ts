import type {JsonObject} from '../core/json.ts';

/** Translates the parameters of a Responses request into a Chat Completions body. */
export function toChatRequest(params: JsonObject): JsonObject {
  return params;
}
