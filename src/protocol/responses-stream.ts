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
    const frame = parseFrame(event);
    if (frame === undefined) return;
    const type = asString(frame['type']) ?? event.event ?? (frame['error'] == null ? '' : 'error');
    if (type === 'error') throw new StreamError(errorOf(frame), this.#failed);
    if (type === 'response.failed') this.#fail(asJsonObject(frame['response']) ?? {});
    else this.#take(type, frame);
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

  #take(type: string, frame: JsonObject): void {
    const status = finalStatuses.get(type);
    if (status !== undefined) this.#final = {status, ...asJsonObject(frame['response'])};
    else if (!this.#isRepeated(frame)) this.#output.add(type, frame);
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

const finalStatuses: ReadonlyMap<string, string> = new Map([
  ['response.completed', 'completed'],
  ['response.incomplete', 'incomplete'],
]);

/** Azure nests the error, the published event is flat. */
function errorOf(frame: JsonObject): JsonObject {
  const {error} = frame;
  if (typeof error === 'string') return {message: error};
  return asJsonObject(error) ?? without(frame, 'type', 'sequence_number');
}
