import {EventDecoder, type ServerSentEvent} from './server-sent-events.ts';

/** Turns the events of one stream into the text of another. Whatever it throws ends the stream as failed. */
export interface StreamTranslator {
  /** What to send on for an event; '' for nothing. */
  take(event: ServerSentEvent): string;
  /** What to send when the source has ended. Throws when that was too early. */
  end(): string;
  /** The last words of a stream that failed, after what was taken before; '' when they have been said. */
  fail(thrown: unknown): string;
  /** Whether the last word is said: what follows is not asked for any more. */
  readonly isOver: boolean;
}

// Read on behind the end, so that the connection can serve again; a peer that goes on talking is left.
const maxBytesBehindEnd = 65_536;

/**
 * Runs a stream through a translator: for each chunk at most one, with the text of all events that it completes. A source
 * that fails ends the stream with the translator's last words, never with an exception. Leaving reaches the source at
 * once, before the first chunk as well as while one is waited for, when a generator alone would not hear of it.
 */
export function translateStream(
  chunks: AsyncIterable<Uint8Array>,
  translator: StreamTranslator,
): AsyncGenerator<Uint8Array, undefined> {
  const source = new LeavableSource(chunks);
  const generator = pump(source, translator);
  const finish = generator.return.bind(generator);
  generator.return = async (value) => {
    void source.leave();
    return finish(value);
  };
  return generator;
}

async function* pump(
  source: LeavableSource,
  translator: StreamTranslator,
): AsyncGenerator<Uint8Array, undefined> {
  const translation = new Translation(translator);
  try {
    while (!translator.isOver && !translation.isAtEnd) {
      const text = translation.take(await source.next());
      if (text !== '') yield Buffer.from(text);
    }
    if (!translation.isAtEnd) await readOut(source);
  } catch (thrown) {
    if (translator.isOver || source.isLeft) return;
    const text = translation.takeText() + translator.fail(thrown);
    if (text !== '') yield Buffer.from(text);
  } finally {
    await source.leave();
  }
}

/** What the source has brought so far, translated. */
class Translation {
  readonly #decoder = new EventDecoder();
  readonly #translator: StreamTranslator;
  #text = '';
  isAtEnd = false;

  constructor(translator: StreamTranslator) {
    this.#translator = translator;
  }

  /** Takes the source's next result. What was translated before a failure is kept for `takeText`. */
  take({value, done}: IteratorResult<Uint8Array, undefined>): string {
    this.isAtEnd = done === true;
    for (const event of value === undefined ? this.#decoder.end() : this.#decoder.push(value)) {
      if (this.#translator.isOver) break;
      this.#text += this.#translator.take(event);
    }
    if (this.isAtEnd && !this.#translator.isOver) this.#text += this.#translator.end();
    return this.takeText();
  }

  takeText(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

async function readOut(source: LeavableSource): Promise<void> {
  let bytes = 0;
  while (bytes < maxBytesBehindEnd) {
    const {value, done} = await source.next();
    if (done === true) return;
    bytes += value.length;
  }
}

/** A source that is left once, whoever asks for it, and whose leaving does not fail. */
class LeavableSource {
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  #isRead = false;
  isLeft = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    try {
      const result = await this.#chunks.next();
      if (result.done !== true) return result;
      this.#isRead = true;
      return {value: undefined, done: true};
    } catch (error) {
      this.#isRead = true;
      throw error;
    }
  }

  async leave(): Promise<void> {
    if (this.#isRead || this.isLeft) return;
    this.isLeft = true;
    try {
      await this.#chunks.return?.();
    } catch {
      // Whoever leaves does not want to know.
    }
  }
}
