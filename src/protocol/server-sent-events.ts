import {createParser} from 'eventsource-parser';
import {isJsonObject} from '../core/json.ts';
import {malformedReply} from './model-reply-errors.ts';

/** One dispatched event of a stream. */
export interface ServerSentEvent {
  readonly event?: string | undefined;
  readonly data: string;
}

// No frame of a model comes near this; a peer that never ends a frame must not fill the memory.
const maxBufferedCharacters = 64 * 1024 * 1024;

// A model may well say the same twice, but no two frames have the same number or the same random filler. Without
// either a repeated frame cannot be told from a repeated word.
const cannotRecur = /"sequence_number":\s?\d|"obfuscation":\s?"[^"]{6}/;

/**
 * Decodes server-sent events from bytes, however they are cut: inside a character, inside a line ending.
 * A frame that came twice is passed on once, if it is certain that it did (see `cannotRecur`).
 * Fails with `ERR_MODEL_MALFORMED` when a frame does not end within 64 Mi characters.
 */
export class EventDecoder {
  readonly #text = new TextDecoder();
  readonly #parser = createParser({
    maxBufferSize: maxBufferedCharacters,
    onEvent: ({event, data}) => {
      if (data === this.#lastData && cannotRecur.test(data)) return;
      this.#lastData = data;
      this.#ready.push(event === undefined ? {data} : {event, data});
    },
    onError: ({type}) => {
      this.#overflowed ||= type === 'max-buffer-size-exceeded';
    },
  });
  #ready: ServerSentEvent[] = [];
  #lastData: string | undefined;
  #overflowed = false;
  #endsInCarriageReturn = false;

  /** The events that this chunk completes. */
  push(chunk: Uint8Array): readonly ServerSentEvent[] {
    return this.#feed(this.#text.decode(chunk, {stream: true}));
  }

  /**
   * What the end of the stream completes: a last frame counts without its empty line if it is whole, that is
   * `[DONE]` or a JSON object. A frame cut in half is dropped, as the standard has it.
   */
  end(): readonly ServerSentEvent[] {
    const ended = this.#feed(this.#text.decode());
    // The parser holds a last CR back, as it may be half of a CRLF.
    const held = this.#endsInCarriageReturn ? this.#feed('\n') : [];
    const cut = this.#feed('\n\n').filter(({data}) => isWhole(data));
    return [...ended, ...held, ...cut];
  }

  #feed(text: string): readonly ServerSentEvent[] {
    if (text === '') return [];
    this.#parser.feed(text);
    this.#endsInCarriageReturn = text.endsWith('\r');
    if (this.#overflowed) throw malformedReply('a frame of the stream does not end');
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }
}

/** Decodes a whole body as it arrives. */
export async function* decodeEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new EventDecoder();
  for await (const chunk of chunks) yield* decoder.push(chunk);
  yield* decoder.end();
}

function isWhole(data: string): boolean {
  if (data === '[DONE]') return true;
  try {
    return isJsonObject(JSON.parse(data));
  } catch {
    return false;
  }
}
