import {writeExactJson} from '../core/exact-json.ts';
import type {JsonObject} from '../core/json.ts';
import {renderEvent} from './render-event.ts';

/** Writes the events of one Responses stream, numbered from 0 without gaps. */
export class ResponseEventWriter {
  #sequence = 0;
  #text = '';

  /** `type` is the event's name, such as `response.created`. Bigints, which a client's own request may hold, are integers. */
  write(type: string, members: JsonObject): void {
    const event = {type, sequence_number: this.#sequence, ...members};
    this.#text += renderEvent(writeExactJson(event), type);
    this.#sequence += 1;
  }

  /** What was written since the last time. */
  takeText(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
