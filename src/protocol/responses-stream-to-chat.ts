import {asJsonObject, asNumber, asString, type JsonObject} from '../core/json.ts';
import type {WireFacts} from '../core/wire.ts';
import {ChatChunkWriter} from './chat-chunk-writer.ts';
import {doneFrame, renderEvent} from './render-event.ts';
import {parseResponsesEvent, type ResponsesEvent, ResponsesStreamAccumulator} from './responses-stream.ts';
import {toChatCompletion} from './responses-to-chat-completion.ts';
import type {ServerSentEvent} from './server-sent-events.ts';
import {StreamError} from './stream-error.ts';
import {type DescribeError, reportFailure} from './stream-failure.ts';
import {assertWritable} from './stream-frame.ts';
import {type StreamTranslator, translateStream} from './stream-translator.ts';
import {StreamedCompletion} from './streamed-completion.ts';
import {noteResponse} from './wire-facts.ts';

export interface ResponsesStreamToChatOptions {
  /** Filled as the stream passes. */
  readonly facts: WireFacts;
  /** Whether the client asked for the usage. */
  readonly includeUsage: boolean;
  /** Makes the completion's id where the response has none. */
  readonly createId: (prefix: string) => string;
  /** Unix seconds, for responses that do not say when they were made. */
  readonly createdAt: number;
  /** For responses that name no model. */
  readonly model: string;
  readonly describeError?: DescribeError | undefined;
}

/**
 * Translates the events of a Responses stream into a chat stream as they come. Its chunks add up to what
 * `toChatCompletion` gives for the last event's response: what the events left out is written at the end. A stream that
 * breaks, ends too soon or fails ends with one error frame instead of `[DONE]`.
 */
export function responsesStreamToChat(
  chunks: AsyncIterable<Uint8Array>,
  options: ResponsesStreamToChatOptions,
): AsyncGenerator<Uint8Array, undefined> {
  return translateStream(chunks, new ResponsesToChat(options));
}

class ResponsesToChat implements StreamTranslator {
  readonly #options: ResponsesStreamToChatOptions;
  readonly #response = new ResponsesStreamAccumulator();
  #writer: ChatChunkWriter | undefined;
  #completion: StreamedCompletion | undefined;
  isOver = false;

  constructor(options: ResponsesStreamToChatOptions) {
    this.#options = options;
  }

  take(event: ServerSentEvent): string {
    const parsed = parseResponsesEvent(event);
    if (parsed === undefined) return '';
    const {type, frame} = parsed;
    assertWritable(frame);
    const response = type.startsWith('response.') ? asJsonObject(frame['response']) : undefined;
    if (response !== undefined) noteResponse(this.#options.facts, response);
    const isTaken = this.#response.addParsed(parsed);
    if (type === 'response.completed' || type === 'response.incomplete') return this.end();
    // An error event may follow, which says why.
    if (!isTaken || type === 'response.failed') return '';
    return this.#say(parsed, response ?? {});
  }

  end(): string {
    const response = this.#response.finish();
    const completion = toChatCompletion(response);
    this.#begun(response).finish(completion);
    this.isOver = true;
    return (this.#writer?.takeText() ?? '') + doneFrame;
  }

  fail(thrown: unknown): string {
    const {facts, describeError} = this.#options;
    const response = thrown instanceof StreamError ? thrown.response : undefined;
    if (response !== undefined) noteResponse(facts, response);
    const error = reportFailure(thrown, facts, describeError);
    this.isOver = true;
    return (this.#writer?.takeText() ?? '') + renderEvent(JSON.stringify({error}));
  }

  #say({type, frame}: ResponsesEvent, response: JsonObject): string {
    // What is about no response, such as a keep-alive, does not know the completion's head.
    if (this.#completion === undefined && !type.startsWith('response.')) return '';
    this.#begun(response).add(type, frame);
    return this.#writer?.takeText() ?? '';
  }

  /** The completion, begun with what is known of the response by now. */
  #begun({id, created_at: createdAt, model}: JsonObject): StreamedCompletion {
    if (this.#completion !== undefined) return this.#completion;
    const {includeUsage, createId, ...fallback} = this.#options;
    const ownId = (asString(id) ?? '').replace(/^resp_/, 'chatcmpl-');
    const head = {
      id: ownId || createId('chatcmpl').replace(/^chatcmpl_/, 'chatcmpl-'),
      created: Math.floor(asNumber(createdAt) ?? fallback.createdAt),
      model: asString(model) || fallback.model,
    };
    this.#writer = new ChatChunkWriter(head, includeUsage);
    this.#completion = new StreamedCompletion(this.#writer);
    return this.#completion;
  }
}
