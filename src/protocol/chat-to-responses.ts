import type {JsonObject} from '../core/json.ts';

/** What a Responses object holds that a chat completion does not. */
export interface ToResponseOptions {
  /** The Responses parameters that were asked with; echoed. */
  readonly request: JsonObject;
  readonly id: string;
  /** Makes an id for an output item: `createId('msg')` gives `msg_…`. */
  readonly createId: (prefix: string) => string;
  /** Unix seconds, for replies that do not say when they were made. */
  readonly createdAt: number;
}

/** Translates a chat completion into a Responses object. */
export function toResponse(completion: JsonObject, options: ToResponseOptions): JsonObject {
  return {...completion, id: options.id};
}

/** The Responses object for a prompt that the content filter refused. */
export function promptFilteredResponse(error: JsonObject, options: ToResponseOptions): JsonObject {
  return {...error, id: options.id};
}
