import {isDeeperThan, isJsonObject, type JsonObject} from '../core/json.ts';
import {malformedReply} from './model-reply-errors.ts';
import type {ServerSentEvent} from './server-sent-events.ts';

/** The JSON object of a frame; undefined for `[DONE]` and for frames without data. Fails with `ERR_MODEL_MALFORMED`. */
export function parseFrame({data}: ServerSentEvent): JsonObject | undefined {
  const text = data.trim();
  if (text === '' || text === '[DONE]') return undefined;
  const frame = parseJson(text);
  if (!isJsonObject(frame)) throw malformedReply('a frame of the stream is no JSON object');
  return frame;
}

/** Fails with `ERR_MODEL_MALFORMED` for a frame that can be parsed but not written again. */
export function assertWritable(frame: JsonObject): void {
  if (!isWritable(frame)) throw malformedReply('a frame of the stream is nested without end');
}

/** Whether a value that was parsed can be written again: not if it is nested without end. */
export function isWritable(value: JsonObject): boolean {
  return !isDeeperThan(value, deepestValue);
}

// No frame has a tenth of it; several times as much overflows the stack of whoever writes it.
const deepestValue = 1000;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is the model's and stays out of errors.
    throw malformedReply('a frame of the stream is not JSON');
  }
}
