import {asJsonObject, asString, type JsonObject} from '../core/json.ts';
import type {ServerSentEvent} from './server-sent-events.ts';

/** The error that a frame of a chat stream is, in any of the shapes that servers give it; undefined for other frames. */
export function errorOfChatFrame(frame: JsonObject, {event}: ServerSentEvent): JsonObject | undefined {
  const {error, type} = frame;
  if (error != null) {
    return isFilterFailure(error) ? undefined : (asJsonObject(error) ?? {message: asString(error) ?? ''});
  }
  return event === 'error' || type === 'error' || frame['statusCode'] != null ? frame : undefined;
}

/**
 * A frame saying that the content filter itself failed, as findings of the choice that it belongs to; undefined for other
 * frames. It looks like an error and is none: the text comes nonetheless.
 */
export function filterFailureOf({error}: JsonObject): JsonObject | undefined {
  return isFilterFailure(error) ? {content_filter_results: {error}} : undefined;
}

function isFilterFailure(error: unknown): boolean {
  return asJsonObject(error)?.['code'] === 'content_filter_error';
}
