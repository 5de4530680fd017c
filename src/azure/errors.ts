import {type CallEffect, CallError, type CallErrorOptions} from '../core/errors.ts';
import {asString, type JsonObject} from '../core/json.ts';
import type {Redact} from '../core/ports.ts';
import {contentFilterOf, describeFiltered} from './content-filter.ts';
import {type AzureErrorBody, parseErrorBody} from './error-body.ts';
import {type HintContext, hintFor} from './error-hints.ts';
import {type ErrorRule, findErrorRule} from './error-rules.ts';
import {printable} from './error-text.ts';
import {forwardedHeaders} from './forwarded-headers.ts';
import {isSpilledOver, parseRateLimits} from './rate-limit-headers.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';
import {retryAfterMs} from './retry-after.ts';

/** A failed call with what the service said, for servers that pass it on. */
export class AzureCallError extends CallError {
  static {
    AzureCallError.prototype.name = 'AzureCallError';
  }

  /** The reply says that a simulator gave it. */
  readonly simulated: boolean;

  constructor(message: string, options: AzureCallErrorOptions) {
    super(message, options);
    this.simulated = options.simulated;
  }
}

export interface AzureCallErrorOptions extends CallErrorOptions {
  readonly simulated: boolean;
}

export interface ErrorContext extends HintContext {
  readonly redact: Redact;
  readonly nowMs: number;
}

/** A reply that is no success. */
export interface FailedReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: Buffer;
}

// Beyond this an error page has nothing to say.
const longestBody = 65_536;
// Nobody waits this long for a call: what is short is not the rate but the quota (azure-openai.md §4.4 g).
const longestRateWaitMs = 3_600_000;

/** Names what went wrong from a reply's status, headers and body. Never throws; its text is redacted and printable. */
export function toCallError({status, headers, body}: FailedReply, context: ErrorContext): AzureCallError {
  const text = context.redact(body.subarray(0, longestBody).toString('utf8'));
  return describeFailure({status, httpStatus: status, headers, text, body: parseErrorBody(text)}, context);
}

/** Names an error object that came inside a reply with a success's status: in a stream, or in a Responses object. */
export function toInnerError(
  error: JsonObject,
  headers: ReplyHeaders,
  context: ErrorContext,
): AzureCallError {
  const text = context.redact(JSON.stringify({error}));
  const body = parseErrorBody(text);
  return describeFailure({status: statusOfInner(error), httpStatus: 200, headers, body}, context);
}

/** The service's own id of an exchange. */
export function requestIdOf(headers: ReplyHeaders): string | undefined {
  const id = headerOf(headers, 'apim-request-id') ?? headerOf(headers, 'x-request-id');
  return id === undefined ? undefined : printable(id.slice(0, 200));
}

/** Errors inside a success carry no status: their words stand for one; what they do not tell may pass. */
export function statusOfInner(error: JsonObject): number {
  for (const key of ['code', 'type', 'status'] as const) {
    const value = error[key];
    const text = typeof value === 'number' ? String(value) : (asString(value) ?? '');
    const status = innerStatus[text] ?? Number(text);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return 500;
}

const innerStatus: Readonly<Record<string, number>> = {
  too_many_requests: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  content_filter: 400,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  cyber_policy: 400,
  invalid_request_error: 400,
};

interface Failure {
  /** What the table is asked with. */
  readonly status: number;
  readonly httpStatus: number;
  readonly headers: ReplyHeaders;
  /** The body as it came, if it did not come inside something else. */
  readonly text?: string;
  readonly body: AzureErrorBody;
}

function describeFailure(
  {status, httpStatus, headers, text, body}: Failure,
  context: ErrorContext,
): AzureCallError {
  const found = findErrorRule({status, body});
  const wait = found.effect === 'retry' ? waitOf(found, headers, body, context.nowMs) : undefined;
  const isQuota = found.throttled === true && wait !== undefined && wait >= longestRateWaitMs;
  const code = isQuota ? 'ERR_MODEL_QUOTA_EXHAUSTED' : found.code;
  return new AzureCallError(writeMessage(found, httpStatus, headers, body), {
    code,
    fault: 'model',
    effect: effectOf(found, {status, httpStatus, headers, body}, wait),
    hint: hintFor(code, body, context),
    retryAfterMs: wait,
    httpStatus,
    requestId: requestIdOf(headers),
    headers: tellableHeaders(headers, context.redact),
    throttled: found.throttled,
    mostTries: found.mostTries,
    body: body.json,
    bodyText: body.json && text,
    simulated: headerOf(headers, 'x-rollcall-simulated') === 'true',
  });
}

/** Without the wait in a third spelling: whoever passes them on tells what is left of it. */
function tellableHeaders(headers: ReplyHeaders, redact: Redact): Readonly<Record<string, string>> {
  const told = Object.entries(forwardedHeaders(headers)).filter(([name]) => name !== 'x-ms-retry-after-ms');
  return Object.fromEntries(told.map(([name, value]) => [name, redact(value)]));
}

function effectOf(
  {code, effect}: ErrorRule,
  {status, headers, body}: Failure,
  wait: number | undefined,
): CallEffect {
  if (effect !== 'retry') return effect;
  // A quota that is spent, with no word of when it is renewed: nothing is gained by asking again.
  const isSpent = code === 'ERR_MODEL_QUOTA_EXHAUSTED' && wait === undefined;
  if (isSpent && (status === 403 || body.code === 'insufficient_quota')) return 'run';
  return headerOf(headers, 'x-should-retry') === 'false' ? 'rollout' : effect;
}

function waitOf(
  {throttled = false}: ErrorRule,
  headers: ReplyHeaders,
  {message}: AzureErrorBody,
  nowMs: number,
): number | undefined {
  // How long the deployment behind the one that was asked is full says nothing about that one.
  if (isSpilledOver(headers)) return undefined;
  const rateLimits = throttled ? parseRateLimits(headers, nowMs) : undefined;
  return retryAfterMs({headers, message, rateLimits, nowMs});
}

function writeMessage(
  {title, code}: ErrorRule,
  status: number,
  headers: ReplyHeaders,
  body: AzureErrorBody,
): string {
  const findings = code === 'ERR_MODEL_CONTENT_FILTER' ? contentFilterOf(body) : undefined;
  const filtered = findings === undefined ? '' : describeFiltered(findings);
  const said = [filtered, sayBody(body), code === 'ERR_MODEL_REDIRECT' ? redirectTarget(headers) : ''].filter(
    (part) => part !== '',
  );
  return printable(
    `${title} (${describeStatus(status, body)})${said.length === 0 ? '' : `: ${said.join(': ')}`}`,
  );
}

function describeStatus(status: number, {code}: AzureErrorBody): string {
  // An error that came inside a success has no status of its own.
  const said = status < 300 ? 'inside the reply' : String(status);
  return code === undefined || code === said ? said : `${said}, ${code}`;
}

function sayBody({shape, message}: AzureErrorBody): string {
  if (shape === 'empty') return 'the reply has no body';
  return shape === 'html' ? `an HTML page, "${message}"` : message;
}

/** Where a redirect leads, without its query: that may hold what a sign-in page wants to know. */
function redirectTarget(headers: ReplyHeaders): string {
  const location = headerOf(headers, 'location') ?? '';
  return location === '' ? '' : `to ${location.split(/[?#]/, 1)[0] ?? ''}`;
}
