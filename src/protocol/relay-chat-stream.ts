import {asJsonArray, isJsonObject, type JsonObject} from '../core/json.ts';
import type {WireFacts} from '../core/wire.ts';
import {errorOfChatFrame} from './chat-frame-error.ts';
import {mendChatFrame} from './mend-chat-frame.ts';
import {truncatedReply} from './model-reply-errors.ts';
import {doneFrame, renderEvent} from './render-event.ts';
import type {ServerSentEvent} from './server-sent-events.ts';
import {StreamError} from './stream-error.ts';
import {type DescribeError, reportFailure} from './stream-failure.ts';
import {assertWritable, parseFrame} from './stream-frame.ts';
import {type StreamTranslator, translateStream} from './stream-translator.ts';
import {ChatFacts} from './wire-facts.ts';

export interface RelayChatOptions {
  /** Filled as the stream passes. */
  readonly facts: WireFacts;
  /** Whether the client asked for the usage; the service always was. */
  readonly includeUsage: boolean;
  readonly describeError?: DescribeError | undefined;
}

/**
 * Passes a chat stream on, frame by frame as each is complete, its text untouched unless a client would stumble over it
 * (see `mendChatFrame`). Azure's first frame, which holds nothing but the filter's findings, goes out together with the
 * next, so that the stream begins with a real id and model. What ends without `[DONE]` after every choice has ended gets
 * one; what ends sooner, breaks or reports an error ends with one error frame instead.
 */
export function relayChatStream(
  chunks: AsyncIterable<Uint8Array>,
  options: RelayChatOptions,
): AsyncGenerator<Uint8Array, undefined> {
  return translateStream(chunks, new ChatRelay(options));
}

class ChatRelay implements StreamTranslator {
  readonly #options: RelayChatOptions;
  readonly #facts: ChatFacts;
  readonly #roles = new Set<number>();
  #head: JsonObject | undefined;
  /** A frame that waits for the stream's head. */
  #waiting: JsonObject | undefined;
  isOver = false;

  constructor(options: RelayChatOptions) {
    this.#options = options;
    this.#facts = new ChatFacts(options.facts);
  }

  take(event: ServerSentEvent): string {
    if (event.data.trim() === '[DONE]') return this.end();
    const frame = parseFrame(event);
    if (frame === undefined) return '';
    const error = errorOfChatFrame(frame, event);
    if (error !== undefined) throw new StreamError(error);
    this.#facts.read(frame);
    if (this.#head === undefined && hasHead(frame)) this.#head = headOf(frame);
    if (this.#isHeldBack(frame)) return '';
    const mustWait = this.#head === undefined && this.#waiting === undefined && !this.#facts.hasBegun;
    if (mustWait) {
      assertWritable(frame);
      this.#waiting = frame;
      return '';
    }
    return this.#takeWaiting() + this.#render(frame, event.data);
  }

  end(): string {
    if (!this.#facts.isFinished) throw truncatedReply('it ended before the answer did');
    const text = this.#takeWaiting() + doneFrame;
    this.isOver = true;
    return text;
  }

  fail(thrown: unknown): string {
    const {facts, describeError} = this.#options;
    this.isOver = true;
    const error = reportFailure(thrown, facts, describeError);
    return this.#takeWaiting() + renderEvent(JSON.stringify({error}));
  }

  #takeWaiting(): string {
    const frame = this.#waiting;
    this.#waiting = undefined;
    return frame === undefined ? '' : this.#render(frame, undefined);
  }

  #render(frame: JsonObject, text: string | undefined): string {
    const mended = mendChatFrame(frame, this.#head, this.#roles);
    return renderEvent(mended === frame && text !== undefined ? text : JSON.stringify(mended));
  }

  /** The frame with nothing but the usage, which only `include_usage` brings. */
  #isHeldBack(frame: JsonObject): boolean {
    if (this.#options.includeUsage || !isJsonObject(frame['usage'])) return false;
    return asJsonArray(frame['choices']).length === 0 && frame['prompt_filter_results'] == null;
  }
}

function hasHead({id, model}: JsonObject): boolean {
  return typeof id === 'string' && id !== '' && typeof model === 'string' && model !== '';
}

function headOf({id, model, created}: JsonObject): JsonObject {
  return {id, model, created, object: 'chat.completion.chunk'};
}
