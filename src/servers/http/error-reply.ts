import {CallError, CancelledError, type Fault, RollcallError} from '../../core/errors.ts';
import {writeExactJson} from '../../core/exact-json.ts';
import {isJsonObject, type JsonObject} from '../../core/json.ts';
import type {Redact} from '../../core/ports.ts';
import {RequestRefusal} from './request-refusal.ts';
import type {ServiceErrorBody} from './service.ts';

/** How a failure is told to a client: always JSON of the contract's error shape, or the service's own body. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, redacted. */
  readonly body: string;
  /** The failure in a word, for the access log and the metrics. */
  readonly code: string;
  /** Nobody expected it: its stack belongs into the log. */
  readonly isBug: boolean;
}

/**
 * The reply to a request that failed. A service's failure keeps its status, its body and the wait that it asks for; undefined
 * for a cancelled request, to which nobody waits for an answer.
 */
export function toErrorReply(error: unknown, redact: Redact): ErrorReply | undefined {
  if (error instanceof CancelledError) return undefined;
  const {text, ...told} = tell(error);
  return {...told, body: redact(text ?? writeExactJson(told.body as unknown as JsonObject))};
}

type Told = Omit<ErrorReply, 'body'> & {
  readonly body: ServiceErrorBody | JsonObject;
  /** The body where it is somebody else's text. */
  readonly text?: string | undefined;
};

function tell(error: unknown): Told {
  if (error instanceof RequestRefusal) {
    const {status, headers, body} = error;
    return {status, headers, body, code: body.error.code ?? 'refused', isBug: false};
  }
  if (error instanceof CallError) return tellCallError(error);
  if (error instanceof RollcallError) return tellFailure(error, statusOfFault[error.fault]);
  const body = {error: {message: internalMessage, type: 'server_error', code: 'internal_error', param: null}};
  return {status: 500, headers: {}, body, code: 'internal_error', isBug: true};
}

const internalMessage = 'The server failed to answer this request; its log says why.';

// What came in with the request is the client's to mend, everything else is not.
const statusOfFault: Readonly<Record<Fault, number>> = {
  usage: 400,
  dataset: 400,
  config: 500,
  model: 502,
  judge: 502,
  agent: 502,
  store: 500,
  internal: 500,
};

function tellCallError(error: CallError): Told {
  const told = tellFailure(error, statusOfCall(error));
  const headers = {...idHeaders(error.requestId), ...error.headers, ...waitHeaders(error.retryAfterMs)};
  if (isJsonObject(error.body?.['error'])) return {...told, headers, body: error.body, text: error.bodyText};
  // A gateway's own shape, which no client of OpenAI's can read: it is kept, beside an error that all can.
  return {...told, headers, body: {...error.body, ...told.body}};
}

/** The service's status where it gave one that is an error's; else what stands for its absence. */
function statusOfCall({code, fault, httpStatus, throttled}: CallError): number {
  if (httpStatus !== undefined && httpStatus >= 400 && httpStatus < 600) return httpStatus;
  if (throttled) return code === 'ERR_MODEL_OVERLOADED' ? 503 : 429;
  if (code.endsWith('_TIMEOUT')) return 504;
  return refusedRequests.has(code) ? 400 : statusOfFault[fault];
}

// Errors that a service tells inside a success, about the request.
const refusedRequests: ReadonlySet<string> = new Set([
  'ERR_MODEL_CONTENT_FILTER',
  'ERR_MODEL_CONTEXT_LENGTH',
  'ERR_MODEL_CONVERSATION',
  'ERR_MODEL_PARAMETER',
]);

function tellFailure({code, message, hint, problems}: RollcallError, status: number): Told {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  const error = {
    message: hint === undefined ? message : `${message}${/[.!?]$/.test(message) ? '' : '.'} ${hint}`,
    type: code.startsWith('ERR_MODEL_') || status >= 502 || status === 429 ? 'upstream_error' : type,
    code,
    param: problems[0]?.path ?? null,
  };
  return {status, headers: {}, body: {error}, code, isBug: false};
}

function waitHeaders(waitMs: number | undefined): Readonly<Record<string, string>> {
  if (waitMs === undefined) return {};
  const ms = Math.max(0, Math.ceil(waitMs));
  return {'retry-after': String(Math.ceil(ms / 1000)), 'retry-after-ms': String(ms)};
}

function idHeaders(requestId: string | undefined): Readonly<Record<string, string>> {
  // A header takes no more than printable ASCII.
  return requestId !== undefined && /^[\x21-\x7e]{1,200}$/.test(requestId) ? {'x-request-id': requestId} : {};
}
