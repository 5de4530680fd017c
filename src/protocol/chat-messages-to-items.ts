import type {JsonObject, JsonValue} from '../core/json.ts';

/** Translates chat messages into Responses input items. */
export function chatMessagesToItems(messages: readonly JsonValue[]): readonly JsonObject[] {
  return messages as readonly JsonObject[];
}
