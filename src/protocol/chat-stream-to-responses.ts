import {asJsonArray, asJsonObject, asNumber, asString, isJsonObject, type JsonObject} from '../core/json.ts';
import type {WireFacts} from '../core/wire.ts';
import {ChatStreamAccumulator} from './chat-stream.ts';
import {failedResponse, pendingResponse, type ToResponseOptions, toResponse} from './chat-to-responses.ts';
import {malformedReply} from './model-reply-errors.ts';
import {ResponseEventWriter} from './response-event-writer.ts';
import type {ServerSentEvent} from './server-sent-events.ts';
import {type DescribeError, reportFailure} from './stream-failure.ts';
import {assertWritable, isWritable, parseFrame} from './stream-frame.ts';
import {type StreamTranslator, translateStream} from './stream-translator.ts';
import {StreamedAnswer} from './streamed-answer.ts';
import {ChatFacts} from './wire-facts.ts';

export interface ChatStreamToResponsesOptions extends ToResponseOptions {
  /** Filled as the stream passes. */
  readonly facts: WireFacts;
  readonly describeError?: DescribeError | undefined;
}

/**
 * Translates a chat stream into the events of a Responses stream as it comes. Its last event holds the response that
 * `toResponse` gives for the whole completion, with the items as the events named them. Deltas go out at once, but for
 * `<think>` blocks, which go when they close, and white space in front of the message; items are closed at the end, as in
 * chat's stream each may go on until then. Where the model speaks in another order than reasoning, message, calls, the
 * items stand in the model's. A stream that breaks, ends too soon or reports an error ends with `response.failed`.
 */
export function chatStreamToResponses(
  chunks: AsyncIterable<Uint8Array>,
  options: ChatStreamToResponsesOptions,
): AsyncGenerator<Uint8Array, undefined> {
  return translateStream(chunks, new ChatToResponses(options));
}

class ChatToResponses implements StreamTranslator {
  readonly #options: ChatStreamToResponsesOptions;
  readonly #facts: ChatFacts;
  readonly #writer = new ResponseEventWriter();
  readonly #answer: StreamedAnswer;
  readonly #completion: ChatStreamAccumulator;
  #hasBegun = false;
  isOver = false;

  constructor(options: ChatStreamToResponsesOptions) {
    this.#options = isWritable(options.request) ? options : {...options, request: {}};
    this.#facts = new ChatFacts(options.facts);
    this.#answer = new StreamedAnswer(this.#writer, options.createId);
    this.#completion = new ChatStreamAccumulator(this.#answer);
  }

  take(event: ServerSentEvent): string {
    const frame = parseFrame(event);
    if (frame === undefined) {
      this.#completion.add(event);
      return event.data.trim() === '[DONE]' ? this.end() : '';
    }
    assertWritable(frame);
    this.#facts.read(frame);
    // Azure's first frame is the prompt filter's and names no model.
    if (!this.#hasBegun && (this.#facts.hasBegun || asString(frame['model']))) this.#begin(frame);
    this.#completion.addFrame(frame, event);
    return this.#writer.takeText();
  }

  end(): string {
    const completion = this.#completion.finish();
    this.#assertIsStreamed(completion);
    const response = toResponse(completion, this.#options);
    if (!this.#hasBegun) this.#begin(completion);
    const output = this.#answer.finish(asJsonArray(response['output']).filter(isJsonObject));
    const type = response['status'] === 'incomplete' ? 'response.incomplete' : 'response.completed';
    this.#writer.write(type, {response: {...response, output}});
    this.isOver = true;
    return this.#writer.takeText();
  }

  fail(thrown: unknown): string {
    const {facts, describeError} = this.#options;
    const {message, code, ...more} = reportFailure(thrown, facts, describeError);
    const {head} = this.#completion;
    if (!this.#hasBegun) this.#begin(head);
    const error = {code: code === null ? 'server_error' : String(code), message, ...more};
    this.#writer.write('response.failed', {response: failedResponse(head, error, this.#options)});
    this.isOver = true;
    return this.#writer.takeText();
  }

  #begin(head: JsonObject): void {
    this.#hasBegun = true;
    const response = pendingResponse(head, this.#options);
    this.#writer.write('response.created', {response});
    this.#writer.write('response.in_progress', {response});
  }

  /** The response is the choice with the lowest index; the one that is streamed is the one with 0. */
  #assertIsStreamed(completion: JsonObject): void {
    const indexes = asJsonArray(completion['choices']).map((choice) =>
      asNumber(asJsonObject(choice)?.['index']),
    );
    if (indexes.includes(0) && indexes.some((index) => index !== undefined && index < 0)) {
      throw malformedReply('a choice with a negative index');
    }
  }
}
