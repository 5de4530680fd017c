import {CallError} from '../core/errors.ts';
import {isJsonObject, type JsonObject} from '../core/json.ts';
import {type ErrorContext, requestIdOf, toInnerError} from './errors.ts';
import type {BufferedReply} from './transport.ts';

/** The JSON object of a reply that claims success, or the error that it is in truth. */
export function parseReplyBody(reply: BufferedReply, contextOf: () => ErrorContext): JsonObject {
  const text = reply.body.toString('utf8');
  const parsed = tryParse(text);
  if (!isJsonObject(parsed)) throw notAnAnswer(text, parsed !== undefined, reply);
  const {error} = parsed;
  // Some gateways answer 200 and put the error in the body; a Responses object has an error member of its own.
  if (isJsonObject(error) && parsed['object'] !== 'response')
    throw toInnerError(error, reply.headers, contextOf());
  return parsed;
}

function tryParse(text: string): unknown {
  try {
    // A byte order mark is legal for nobody and sent by some.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as unknown;
  } catch {
    return undefined;
  }
}

function notAnAnswer(text: string, isJson: boolean, {status, headers}: BufferedReply): CallError {
  const start = text.trimStart().slice(0, 1);
  const cut = !isJson && start === '{' && !/\}\s*$/.test(text.slice(-64));
  const what = cut ? 'ends in the middle' : (descriptions[start] ?? 'is no JSON object');
  return new CallError(`The service answered ${status}, but its reply ${what}`, {
    code: cut ? 'ERR_MODEL_TRUNCATED' : 'ERR_MODEL_MALFORMED',
    fault: 'model',
    effect: 'retry',
    hint:
      start === '<'
        ? 'A proxy or sign-in page answered in the place of the model: check `openai_base_url` and the network.'
        : undefined,
    httpStatus: status,
    requestId: requestIdOf(headers),
  });
}

const descriptions: Readonly<Record<string, string>> = {
  '': 'is empty',
  '<': 'is an HTML page',
};
