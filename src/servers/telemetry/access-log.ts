import type {RequestNotes} from '../http/service.ts';

/** One request that is over, as the access log and the metrics see it: never its content. */
export interface ServedRequest {
  /** The instance's name. */
  readonly server: string;
  readonly kind: string;
  readonly method: string;
  /** Without the query, secrets taken out. */
  readonly path: string;
  /** 499 when it was broken off before its last byte. */
  readonly status: number;
  readonly durationMs: number;
  readonly notes: Readonly<RequestNotes>;
}

export type AccessLogFormat = 'human' | 'json' | 'none';

/** Writes a finished request as one line. `atMs` is wall time. */
export type AccessLine = (request: ServedRequest, atMs: number) => string;

/** A line for people, in local time: `12:00:01 POST /v1/responses 200 431ms policy_model gpt-4o 120→37 tok`. */
export function humanAccessLine(
  {method, path, status, durationMs, server, notes}: ServedRequest,
  atMs: number,
): string {
  const request = `${timeOfDay(atMs)} ${method} ${printable(path)} ${status} ${Math.round(durationMs)}ms`;
  return `${request} ${printable(notes.target ?? server)}${humanNotes(notes)}`;
}

function humanNotes(notes: Readonly<RequestNotes>): string {
  const {calls = 0, queuedMs = 0, error} = notes;
  const model = notes.responseModel ?? notes.requestModel ?? '';
  let text = model === '' ? '' : ` ${printable(model)}`;
  text += humanTokens(notes);
  if (calls > 1) text += ` ${calls} calls`;
  if (queuedMs >= 1) text += ` queued ${Math.round(queuedMs)}ms`;
  return error === undefined ? text : `${text} ${printable(error)}`;
}

function humanTokens({inputTokens, outputTokens}: Readonly<RequestNotes>): string {
  if (inputTokens === undefined && outputTokens === undefined) return '';
  return ` ${inputTokens ?? '?'}→${outputTokens ?? '?'} tok`;
}

/** A line for machines, with OpenTelemetry's names where it has one. */
export function jsonAccessLine(
  {method, path, status, durationMs, server, kind, notes}: ServedRequest,
  atMs: number,
): string {
  return JSON.stringify({
    time: new Date(atMs).toISOString(),
    'http.request.method': method,
    'url.path': printable(path),
    'http.response.status_code': status,
    duration_ms: rounded(durationMs),
    server,
    kind,
    target: printable(notes.target),
    'gen_ai.operation.name': notes.operation,
    'gen_ai.provider.name': notes.deployment === undefined ? undefined : 'azure.ai.openai',
    'gen_ai.request.model': printable(notes.requestModel),
    'gen_ai.response.model': printable(notes.responseModel),
    'gen_ai.usage.input_tokens': notes.inputTokens,
    'gen_ai.usage.output_tokens': notes.outputTokens,
    deployment: printable(notes.deployment),
    calls: notes.calls,
    queued_ms: rounded(notes.queuedMs),
    time_to_first_token_ms: rounded(notes.firstTokenMs),
    upstream_request_id: printable(notes.upstreamRequestId),
    'error.type': printable(notes.error),
  });
}

const longestText = 300;
// Anything else could move a terminal's cursor, hide text or pretend to be another line.
const plain = /^[\x21-\x7e]*$/;
const hidden = /[^\p{L}\p{M}\p{N}\p{P}\p{S}]/gu;

function printable(text: string): string;
function printable(text: string | undefined): string | undefined;
function printable(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const short = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
  return plain.test(short) ? short : short.replace(hidden, escape);
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}

let lastSecond = -1;
let lastTime = '';

/** Formatting a time costs more than the rest of the line: lines of one second share it. */
function timeOfDay(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastTime = new Date(atMs).toTimeString().slice(0, 8);
  }
  return lastTime;
}
