import type {JsonObject} from '../core/json.ts';

/** Translates a Chat Completions body into the parameters of a Responses request. */
export function toResponsesRequest(chatBody: JsonObject): JsonObject {
  return chatBody;
}
