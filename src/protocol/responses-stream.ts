import {asJsonArray, asJsonObject, asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import {truncatedReply} from './model-reply-errors.ts';
import {without} from './mutable-json.ts';
import {OutputAssembly} from './output-assembly.ts';
import type {ServerSentEvent} from './server-sent-events.ts';
import {StreamError} from './stream-error.ts';
import {parseFrame} from './stream-frame.ts';

/**
 * Puts the events of a Responses stream together to the object that the same call without streaming gives.
 * `add` throws a `StreamError` for a failure that says why and `ERR_MODEL_MALFORMED` for what is no frame.
 */
export class ResponsesStreamAccumulator {
  readonly #output = new OutputAssembly();
  #final: JsonObject | undefined;
  #failed: JsonObject | undefined;
  #lastSequence = -1;

  add(event: ServerSentEvent): void {
    const parsed = parseResponsesEvent(event);
    if (parsed !== undefined) this.addParsed(parsed);
  }

  /** The same for an event that is parsed already. False when it only repeats what has been before. */
  addParsed({type, frame}: ResponsesEvent): boolean {
    if (type === 'error') throw new StreamError(errorOfResponsesEvent(frame), this.#failed);
    if (type === 'response.failed') {
      this.#fail(asJsonObject(frame['response']) ?? {});
      return true;
    }
    return this.#take(type, frame);
  }

  /**
   * The response, with the output put together from its items where the last event does not repeat it.
   * A stream without a last event is `ERR_MODEL_TRUNCATED`, even if all text had arrived.
   */
  finish(): JsonObject {
    if (this.#final !== undefined) {
      if (asJsonArray(this.#final['output']).length > 0) return this.#final;
      return {...this.#final, output: this.#output.finish(this.#final['status'])};
    }
    if (this.#failed !== undefined) throw new StreamError({}, this.#failed);
    throw truncatedReply('it ended before the answer did');
  }

  #take(type: string, frame: JsonObject): boolean {
    const status = finalStatuses.get(type);
    if (status !== undefined) {
      this.#final = {status, ...asJsonObject(frame['response'])};
      return true;
    }
    if (this.#isRepeated(frame)) return false;
    this.#output.add(type, frame);
    return true;
  }

  /** Azure fails a response without a reason and gives the reason in the next frame; OpenAI the other way round. */
  #fail(response: JsonObject): void {
    this.#failed = response;
    if (isJsonObject(response['error'])) throw new StreamError(response['error'], response);
  }

  #isRepeated(frame: JsonObject): boolean {
    const sequence = asNumber(frame['sequence_number']);
    // Some servers number no event, or all of them -1.
    if (sequence === undefined || sequence < 0) return false;
    if (sequence <= this.#lastSequence) return true;
    this.#lastSequence = sequence;
    return false;
  }
}

/** An event of a Responses stream with its kind. */
export interface ResponsesEvent {
  readonly type: string;
  readonly frame: JsonObject;
}

/** Reads an event; its kind is the frame's own, or that of the line above it. Undefined for `[DONE]` and events without data. */
export function parseResponsesEvent(event: ServerSentEvent): ResponsesEvent | undefined {
  const frame = parseFrame(event);
  if (frame === undefined) return undefined;
  const type = asString(frame['type']) ?? event.event ?? (frame['error'] == null ? '' : 'error');
  return {type, frame};
}

/** The error of an `error` event: Azure nests it, the published event is flat. */
export function errorOfResponsesEvent(frame: JsonObject): JsonObject {
  const {error} = frame;
  if (typeof error === 'string') return {message: error};
  return asJsonObject(error) ?? without(frame, 'type', 'sequence_number');
}

const finalStatuses: ReadonlyMap<string, string> = new Map([
  ['response.completed', 'completed'],
  ['response.incomplete', 'incomplete'],
]);
