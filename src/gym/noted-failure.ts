import {type CallEffect, CallError} from '../core/errors.ts';
import {asJsonObject, asNumber, asString, type JsonObject} from '../core/json.ts';
import type {Redact} from '../core/ports.ts';
import {isOwnCode, meaningOf} from './failure-codes.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {type RemoteFault, requestFailed, runFailed} from './remote-failure.ts';
import {faultOf, type ReplyContext} from './reply-failure.ts';

/**
 * The failure that a success's body tells of by `_ng_failure_class`, as the error that it was where it happened: by our own
 * `_ng_failure` if it is there, else by the class. Undefined for a reply that tells of none.
 */
export function notedFailure(reply: JsonObject, context: ReplyContext): CallError | undefined {
  const failureClass = reply['_ng_failure_class'];
  if (failureClass === undefined || failureClass === null) return undefined;
  const fault: RemoteFault = failureClass === 'judge_failed' ? 'judge' : context.fault;
  const failure = asJsonObject(reply['_ng_failure']) ?? {};
  const code = asString(failure['code']);
  const meaning = meaningOf(code);
  const message = describe(reply, failure, context);
  const hint = asString(failure['hint']);
  const options = {
    effect: meaning.effect ?? effectOf(reply),
    hint: hint === undefined ? undefined : plainExcerpt(context.redact(hint)),
    httpStatus: asNumber(failure['http_status']),
    requestId: excerptOf(failure['request_id'], context.redact),
    unreachable: meaning.unreachable,
    throttled: meaning.throttled,
  };
  if (isOwnCode(code)) return new CallError(message, {...options, code, fault: faultOf(code, fault)});
  return (failureClass === 'agent_request_failed' ? requestFailed : runFailed)(fault, message, options);
}

function effectOf(reply: JsonObject): CallEffect {
  return Boolean(reply['_ng_failure_terminal']) ? 'rollout' : 'retry';
}

function describe(reply: JsonObject, failure: JsonObject, {peer, redact}: ReplyContext): string {
  const message = excerptOf(failure['message'], redact);
  if (message !== undefined && message !== '') return message;
  const said = Object.entries(reply)
    .filter(
      ([key, value]) =>
        key.startsWith('_ng_failure_') && key !== '_ng_failure_class' && typeof value === 'string',
    )
    .map(([, value]) => excerptOf(value, redact) ?? '');
  const failureClass = excerptOf(reply['_ng_failure_class'], redact) ?? 'no class';
  const rest = said.length === 0 ? 'it does not say why' : said.join(': ');
  return plainExcerpt(`${peer} says that the rollout failed (${failureClass}): ${rest}`);
}

function excerptOf(value: unknown, redact: Redact): string | undefined {
  const text = asString(value);
  return text === undefined ? undefined : plainExcerpt(redact(text));
}
