import type {JsonObject} from '../core/json.ts';

/** Translates a Responses object into a chat completion. */
export function toChatCompletion(response: JsonObject): JsonObject {
  return response;
}
