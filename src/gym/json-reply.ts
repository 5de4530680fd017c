import {parseExactJson} from '../core/exact-json.ts';
import {isDeeperThan, isJsonObject, type JsonObject} from '../core/json.ts';
import {type ErrorReply, readErrorReply} from './error-reply.ts';
import type {GymReply} from './http-exchange.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {runFailed} from './remote-failure.ts';
import {type ReplyContext, toReplyFailure} from './reply-failure.ts';

// Deeper ones could not be written again; no answer of a model has a tenth of it.
const deepestReply = 1_000;

/** The object in a success's body, with large integers as they are. Fails as `toReplyFailure` says, or for what is no JSON object. */
export function readJsonReply(reply: GymReply, context: ReplyContext): JsonObject {
  if (reply.status < 200 || reply.status > 299) throw toReplyFailure(reply, context);
  const parsed = tryParse(reply.text);
  if (isJsonObject(parsed) && !isDeeperThan(parsed, deepestReply)) return parsed;
  const what = isJsonObject(parsed)
    ? `nested deeper than ${deepestReply} levels`
    : `no JSON object: ${sayBody(readErrorReply(context.redact(reply.text.slice(0, 65_536))))}`;
  throw runFailed(context.fault, `${plainExcerpt(context.peer)} gave a reply that is ${what}`, {
    httpStatus: reply.status,
  });
}

function sayBody({shape, message}: ErrorReply): string {
  return shape === 'empty' ? 'it is empty' : plainExcerpt(message);
}

function tryParse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    // A body nested without end overflows the stack of what looks through it.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
