import type {JsonObject} from '../core/json.ts';
import {renderEvent} from './render-event.ts';

/** What every chunk of one completion says. */
export interface ChunkHead {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

/** What a choice may say beside its delta. */
export interface ChunkDetails {
  readonly index?: number | undefined;
  readonly finishReason?: string | undefined;
  readonly logprobs?: JsonObject | undefined;
  /** Further members of the choice. */
  readonly choice?: JsonObject | undefined;
  /** Further members of the chunk. */
  readonly chunk?: JsonObject | undefined;
}

/** Writes the frames of one chat stream. `usage: null` is in each when the client asked for the usage, as OpenAI has it. */
export class ChatChunkWriter {
  readonly #includeUsage: boolean;
  readonly #head: JsonObject;
  #text = '';

  constructor({id, created, model}: ChunkHead, includeUsage: boolean) {
    this.#includeUsage = includeUsage;
    this.#head = {id, object: 'chat.completion.chunk', created, model, system_fingerprint: null};
  }

  write(delta: JsonObject, details: ChunkDetails = {}): void {
    const {index = 0, finishReason = null, logprobs = null, choice, chunk} = details;
    const choices = [{index, delta, finish_reason: finishReason, logprobs, ...choice}];
    const usage = this.#includeUsage ? {usage: null} : {};
    this.#text += renderEvent(JSON.stringify({...this.#head, ...chunk, choices, ...usage}));
  }

  /** The frame that has nothing but the usage. */
  writeUsage(usage: JsonObject): void {
    if (this.#includeUsage) this.#text += renderEvent(JSON.stringify({...this.#head, choices: [], usage}));
  }

  /** What was written since the last time. */
  takeText(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
