import {asJsonObject, type JsonObject} from '../core/json.ts';
import {ChatStreamAccumulator} from '../protocol/chat-stream.ts';
import {type ToResponseOptions, toResponse} from '../protocol/chat-to-responses.ts';
import {malformedReply} from '../protocol/model-reply-errors.ts';
import {ResponsesStreamAccumulator} from '../protocol/responses-stream.ts';
import {decodeEvents} from '../protocol/server-sent-events.ts';
import {StreamError} from '../protocol/stream-error.ts';
import type {UpstreamApi} from './capabilities.ts';

/** The Responses object of a whole reply. Throws a `StreamError` for a response that failed, or `ERR_MODEL_MALFORMED`. */
export function decodeReply(body: JsonObject, api: UpstreamApi, options: ToResponseOptions): JsonObject {
  return api === 'chat' ? toResponse(body, options) : checkResponse(body);
}

/** The same for a streamed reply, read to its end. */
export async function decodeStream(
  chunks: AsyncIterable<Buffer>,
  api: UpstreamApi,
  options: ToResponseOptions,
): Promise<JsonObject> {
  const accumulator = api === 'chat' ? new ChatStreamAccumulator() : new ResponsesStreamAccumulator();
  for await (const event of decodeEvents(chunks)) accumulator.add(event);
  return decodeReply(accumulator.finish(), api, options);
}

function checkResponse(body: JsonObject): JsonObject {
  if (body['status'] === 'failed' || body['status'] === 'cancelled') {
    throw new StreamError(asJsonObject(body['error']) ?? {}, body);
  }
  if (!Array.isArray(body['output'])) throw malformedReply('a Responses object without output');
  if (body['status'] === 'queued' || body['status'] === 'in_progress') {
    throw malformedReply('a response that is not finished');
  }
  return body;
}
