import {asString, type JsonObject, type JsonValue} from '../../src/core/json.ts';
import {EventDecoder} from '../../src/protocol/server-sent-events.ts';
import {parseObject} from './event-stream.ts';

/** A source whose reading and leaving can be watched. */
export class ByteSource implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #chunks: Uint8Array[];
  readonly #end: Error | undefined;
  read = 0;
  left = 0;

  /** Gives the chunks and then ends, or fails with `end`. */
  constructor(chunks: readonly (Uint8Array | string)[], end?: Error) {
    this.#chunks = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
    this.#end = end;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#chunks[this.read];
    if (chunk === undefined) {
      return this.#end === undefined
        ? Promise.resolve({done: true, value: undefined})
        : Promise.reject(this.#end);
    }
    this.read += 1;
    return Promise.resolve({done: false, value: chunk});
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.left += 1;
    return Promise.resolve({done: true, value: undefined});
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The bytes in pieces of `size`. */
export function inPieces(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({length: count}, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

/** All that comes, as text. */
export async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

export interface WireEvent {
  readonly name: string | undefined;
  /** Undefined for `[DONE]`. */
  readonly frame: JsonObject | undefined;
}

/** The events of a text, which must be whole. */
export function eventsIn(text: string): readonly WireEvent[] {
  return new EventDecoder()
    .push(Buffer.from(text))
    .map(({event, data}) => ({name: event, frame: data === '[DONE]' ? undefined : parseObject(data)}));
}

/** The types of the events, in a row. */
export function typesIn(text: string): readonly string[] {
  return eventsIn(text).map(({frame}) => asString(frame?.['type']) ?? '');
}

/** The frame of the text's last event. */
export function lastFrame(text: string): JsonObject {
  const frame = eventsIn(text).at(-1)?.frame;
  if (frame === undefined) throw new Error('the last event is no frame');
  return frame;
}

/** Chat's frames around a delta of choice 0. */
export function chunk(delta: JsonObject, reason: JsonValue = null, more: JsonObject = {}): JsonObject {
  return {...chunkHead, choices: [{index: 0, delta, finish_reason: reason, logprobs: null}], ...more};
}

export const chunkHead: JsonObject = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1762317021,
  model: 'gpt-5',
};

export function usageChunk(): JsonObject {
  return {
    ...chunkHead,
    choices: [],
    usage: {
      prompt_tokens: 15,
      completion_tokens: 78,
      total_tokens: 93,
      prompt_tokens_details: {cached_tokens: 3},
      completion_tokens_details: {reasoning_tokens: 64},
    },
  };
}
