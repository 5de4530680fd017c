import type {Clock} from '../core/clock.ts';
import {type CallEffect, CallError, type Fault} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {type ErrorReply, readErrorReply} from './error-reply.ts';
import {isOwnCode, meaningOf} from './failure-codes.ts';
import type {GymReply, ReplyHeaders} from './http-exchange.ts';
import {plainExcerpt} from './plain-excerpt.ts';
import {type RemoteFault, requestFailed, runFailed} from './remote-failure.ts';
import {retryAfterMs} from './retry-after.ts';

export interface ReplyContext {
  readonly fault: RemoteFault;
  /** Who answered, for people: a name and an address. */
  readonly peer: string;
  readonly clock: Clock;
  readonly redact: Redact;
}

/**
 * A reply that is no success, as a failure: NeMo Gym's two classes (its change #2017) tell a gateway's or limiter's word from
 * the server's own error. A code of ours in the body is kept, for it says what to do. Never throws.
 */
export function toReplyFailure(reply: GymReply, context: ReplyContext): CallError {
  const {status, headers} = reply;
  const error = readErrorReply(context.redact(reply.text.slice(0, longestBody)));
  const meaning = meaningOf(error.code);
  const effect = meaning.effect ?? effectOfStatus(status, error);
  const options = {
    effect,
    hint: hintFor(status, error),
    httpStatus: status,
    requestId: requestIdOf(headers),
    body: error.json,
    retryAfterMs: effect === 'retry' ? retryAfterMs(headers, context.clock.now()) : undefined,
    unreachable: meaning.unreachable,
    throttled: meaning.throttled || status === 429,
  };
  const message = describe(status, error, context.peer);
  if (isOwnCode(error.code) && (context.fault === 'agent' || effect === 'run' || effect === 'settings')) {
    return new CallError(message, {...options, code: error.code, fault: faultOf(error.code, context.fault)});
  }
  const make = deliveryStatuses.has(status) ? requestFailed : runFailed;
  return make(context.fault, message, options);
}

/** Whose fault an error of ours is, met behind a server of the given kind. */
export function faultOf(code: string, fault: RemoteFault): Fault {
  return fault === 'agent' && code.startsWith('ERR_MODEL_') ? 'model' : fault;
}

/** The service's own id of the exchange behind it, where a server of ours passes it on. */
function requestIdOf(headers: ReplyHeaders): string | undefined {
  const id = [headers['x-request-id'] ?? []].flat()[0];
  return id === undefined ? undefined : plainExcerpt(id.slice(0, 200));
}

// Beyond this an error has nothing more to say.
const longestBody = 65_536;
const deliveryStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const credentialStatuses: ReadonlySet<number> = new Set([401, 407, 511]);
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

function effectOfStatus(status: number, error: ErrorReply): CallEffect {
  if (status < 400 || credentialStatuses.has(status)) return 'run';
  if (status === 403) return error.code === undefined ? 'run' : 'rollout';
  if (isWrongAddress(status, error)) return 'run';
  return status >= 500 || passingStatuses.has(status) ? 'retry' : 'rollout';
}

/** Nothing of the kind is there: no route of that name, or a page of some other server. */
function isWrongAddress(status: number, {shape, message, code, json}: ErrorReply): boolean {
  if (status !== 404 && status !== 405) return false;
  if (shape === 'detail') return /^(not found|method not allowed)$/i.test(message);
  return json === undefined || (shape === 'error' && missingRoutes.has(code ?? ''));
}

// What our own servers say where they have no such route.
const missingRoutes: ReadonlySet<string> = new Set([
  'not_found',
  'method_not_allowed',
  'route_not_found',
  'path_not_served',
]);

function hintFor(status: number, error: ErrorReply): string | undefined {
  if (credentialStatuses.has(status) && (error.code === 'invalid_server_token' || error.shape !== 'error')) {
    return 'The server wants a bearer token: set `server_token`.';
  }
  if (isWrongAddress(status, error)) return 'Is that the URL of a server of this kind? Give its base URL.';
  if (status < 400) return 'Redirects are not followed: give the URL that it leads to.';
  return undefined;
}

function describe(status: number, {code, message, shape}: ErrorReply, peer: string): string {
  const what = code === undefined || code === String(status) ? String(status) : `${status}, ${code}`;
  const said = shape === 'empty' ? 'the reply has no body' : message;
  return `${plainExcerpt(peer)} answered with an error (${plainExcerpt(what)}): ${plainExcerpt(said)}`;
}
