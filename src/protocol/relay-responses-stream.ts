import {asJsonObject, asNumber, type JsonObject} from '../core/json.ts';
import type {WireFacts} from '../core/wire.ts';
import {truncatedReply} from './model-reply-errors.ts';
import {renderEvent} from './render-event.ts';
import {errorOfResponsesEvent, parseResponsesEvent} from './responses-stream.ts';
import type {ServerSentEvent} from './server-sent-events.ts';
import {StreamError} from './stream-error.ts';
import {type DescribeError, reportFailure} from './stream-failure.ts';
import {type StreamTranslator, translateStream} from './stream-translator.ts';
import {noteResponse} from './wire-facts.ts';

export interface RelayResponsesOptions {
  /** Filled as the stream passes. */
  readonly facts: WireFacts;
  readonly describeError?: DescribeError | undefined;
}

/**
 * Passes a Responses stream on, event by event, each under its name and with its text untouched. Only `error` events are
 * written anew, described by `describeError` and both flat, as published, and nested, as the official client needs it to
 * fail. A stream that breaks or ends without its last event gets such an event as its last.
 */
export function relayResponsesStream(
  chunks: AsyncIterable<Uint8Array>,
  options: RelayResponsesOptions,
): AsyncGenerator<Uint8Array, undefined> {
  return translateStream(chunks, new ResponsesRelay(options));
}

class ResponsesRelay implements StreamTranslator {
  readonly #options: RelayResponsesOptions;
  #lastSequence = -1;
  #hasFailed = false;
  #hasReported = false;
  isOver = false;

  constructor(options: RelayResponsesOptions) {
    this.#options = options;
  }

  take(event: ServerSentEvent): string {
    const parsed = parseResponsesEvent(event);
    if (parsed === undefined) return '';
    const {type, frame} = parsed;
    const sequence = asNumber(frame['sequence_number']) ?? -1;
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
    if (type === 'error') return this.#report(frame, sequence);
    if (this.#hasFailed || (this.#hasReported && type !== 'response.failed')) return '';
    this.#note(type, frame);
    return renderEvent(event.data, plainName.test(type) ? type : event.event);
  }

  /** `[DONE]` is no last event here; some servers send it behind theirs, and nothing is lost without it. */
  end(): string {
    if (!this.#hasFailed && !this.#hasReported) throw truncatedReply('it ended before the answer did');
    this.isOver = true;
    return '';
  }

  fail(thrown: unknown): string {
    this.isOver = true;
    return this.#hasFailed || this.#hasReported ? '' : this.#renderError(thrown, this.#lastSequence + 1);
  }

  #note(type: string, frame: JsonObject): void {
    const response = asJsonObject(frame['response']);
    if (response !== undefined && type.startsWith('response.')) noteResponse(this.#options.facts, response);
    // Azure lets an error event follow, which says why; elsewhere that comes first.
    this.#hasFailed = type === 'response.failed';
    const isLast = type === 'response.completed' || type === 'response.incomplete';
    this.isOver = isLast || (this.#hasFailed && this.#hasReported);
  }

  #report(frame: JsonObject, sequence: number): string {
    if (this.#hasReported) return '';
    this.#hasReported = true;
    this.isOver = this.#hasFailed;
    const number = sequence < 0 ? this.#lastSequence + 1 : sequence;
    return this.#renderError(new StreamError(errorOfResponsesEvent(frame)), number);
  }

  #renderError(thrown: unknown, sequence: number): string {
    const {facts, describeError} = this.#options;
    const error = reportFailure(thrown, facts, describeError);
    const {message, code, param} = error;
    return renderEvent(
      JSON.stringify({type: 'error', sequence_number: sequence, code, message, param, error}),
      'error',
    );
  }
}

const plainName = /^[\w.-]{1,100}$/;
