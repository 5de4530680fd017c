import {CallError, CancelledError} from '../core/errors.ts';
import {asJsonObject, isDeeperThan, isJsonObject, type JsonObject} from '../core/json.ts';
import type {WireApi, WireFacts} from '../core/wire.ts';
import {chatStreamToResponses} from '../protocol/chat-stream-to-responses.ts';
import {type ToResponseOptions, toResponse} from '../protocol/chat-to-responses.ts';
import {completionToStream} from '../protocol/completion-to-stream.ts';
import {malformedReply} from '../protocol/model-reply-errors.ts';
import {relayChatStream} from '../protocol/relay-chat-stream.ts';
import {relayResponsesStream} from '../protocol/relay-responses-stream.ts';
import {responseToStream} from '../protocol/response-to-stream.ts';
import {responsesStreamToChat} from '../protocol/responses-stream-to-chat.ts';
import {toChatCompletion} from '../protocol/responses-to-chat-completion.ts';
import {StreamError} from '../protocol/stream-error.ts';
import {asksStreamUsage} from './door-request.ts';

/** What turning a deployment's reply into a door's answer takes. */
export interface DoorReplyOptions {
  /** The protocol of the answer. */
  readonly door: WireApi;
  /** The protocol of the reply. */
  readonly upstream: WireApi;
  /** As the client sent it. */
  readonly request: JsonObject;
  readonly deployment: string;
  readonly createId: (prefix: string) => string;
  /** Unix seconds, for replies that do not say when they were made. */
  readonly createdAt: number;
  /** Filled while a stream passes. */
  readonly facts: WireFacts;
  /** Names an error that the reply carries. */
  readonly nameError: (error: JsonObject) => CallError;
  /** Tells a client what ended its stream. */
  readonly describeError: (thrown: unknown) => JsonObject;
}

/** A reply of which all is there. */
interface Whole {
  readonly body: JsonObject;
  readonly bytes: Uint8Array;
}

/**
 * The answer to a whole reply: its own bytes where they are of the door's protocol, a translation otherwise; with the
 * object that they say. Fails with `ERR_MODEL_MALFORMED` for what is no reply, and with the error that it carries:
 * always where it is translated, otherwise if another try may help.
 */
export function wholeReply(
  {body, bytes}: Whole,
  options: DoorReplyOptions,
): {readonly body: JsonObject; readonly bytes: Uint8Array | string} {
  const {door, upstream} = options;
  checkShape(body, options);
  if (door === upstream) return {body, bytes};
  if (isDeeperThan(body, deepestReply)) throw malformedReply('nested without end');
  const translated = door === 'chat' ? toChatCompletion(body) : toResponse(body, responseOptions(options));
  return {body: translated, bytes: JSON.stringify(translated)};
}

/** The answer as a stream to one that is a stream, or to a whole reply: then that of its pieces. */
export function relayReply(
  reply: {readonly chunks: AsyncIterable<Uint8Array>} | Whole,
  options: DoorReplyOptions,
): AsyncIterable<Uint8Array> {
  if ('chunks' in reply) return relay(reply.chunks, options);
  checkShape(reply.body, options);
  if (isDeeperThan(reply.body, deepestReply)) throw malformedReply('nested without end');
  const text = options.upstream === 'chat' ? completionToStream(reply.body) : responseToStream(reply.body);
  return relay(once(Buffer.from(text)), options);
}

/** What a client is told about a stream that ended badly, in the service's own words where there are some. */
export function describeStreamEnd(
  thrown: unknown,
  nameError: (error: JsonObject) => CallError,
  onBug: (text: string) => void,
): JsonObject {
  if (thrown instanceof StreamError) {
    const {body, message, code} = nameError(thrown.error);
    return asJsonObject(body?.['error']) ?? {message, code};
  }
  if (thrown instanceof CallError)
    return {message: thrown.message, type: 'upstream_error', code: thrown.code};
  if (thrown instanceof CancelledError) {
    return {message: 'The stream was called off.', type: 'server_error', code: 'cancelled'};
  }
  onBug(`a stream broke off: ${String(thrown)}`);
  return {message: 'The stream broke off.', type: 'server_error', code: 'internal_error'};
}

// No answer has a tenth of it; several times as much overflows the stack of whoever writes it.
const deepestReply = 1000;

function checkShape(body: JsonObject, {upstream, nameError}: DoorReplyOptions): void {
  if (upstream === 'embeddings') {
    if (!Array.isArray(body['data'])) throw malformedReply('embeddings without data');
  } else if (upstream === 'chat') {
    if (!Array.isArray(body['choices'])) throw malformedReply('a chat completion without choices');
  } else if (isJsonObject(body['error'])) {
    // A response that failed is an answer, unless the next one may not.
    const error = nameError(body['error']);
    if (error.effect === 'retry') throw error;
  } else if (!Array.isArray(body['output'])) {
    throw malformedReply('a Responses object without output');
  }
}

function relay(chunks: AsyncIterable<Uint8Array>, options: DoorReplyOptions): AsyncIterable<Uint8Array> {
  const {door, upstream, facts, describeError} = options;
  const includeUsage = asksStreamUsage(options.request);
  if (door === upstream) {
    return door === 'chat'
      ? relayChatStream(chunks, {facts, includeUsage, describeError})
      : relayResponsesStream(chunks, {facts, describeError});
  }
  if (door === 'responses')
    return chatStreamToResponses(chunks, {...responseOptions(options), facts, describeError});
  const {createId, createdAt, deployment: model} = options;
  return responsesStreamToChat(chunks, {facts, includeUsage, describeError, createId, createdAt, model});
}

/** What a response made out of chat has from its request. */
function responseOptions({request, deployment, createId, createdAt}: DoorReplyOptions): ToResponseOptions {
  return {request: {...request, model: deployment}, id: createId('resp'), createId, createdAt};
}

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(chunk);
}
