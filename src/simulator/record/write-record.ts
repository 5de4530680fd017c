import {isUtf8} from 'node:buffer';
import type {JsonObject} from '../../core/json.ts';
import type {HeaderList} from '../wire/reply.ts';
import {toBodyForm} from './body-form.ts';
import type {Chunk, ExchangeRecord, RecordedReply, RecordedRequest} from './exchange-record.ts';
import {formatJson} from './format-json.ts';
import {headerOf} from './passed-headers.ts';

/** The version of the format, as every record says it. */
export const recordVersion = 1;

/** The text of a record's file; `readRecord` gives the same record back. */
export function writeRecord({request, reply}: ExchangeRecord): string {
  const response = reply === undefined ? null : responseOf(reply);
  return `${formatJson({rollcall_record: recordVersion, request: requestOf(request), response})}\n`;
}

function requestOf({method, path, query, contentType, body}: RecordedRequest): JsonObject {
  return {
    method,
    path,
    query: query === '' ? undefined : query,
    content_type: contentType,
    body: body.length === 0 ? undefined : toBodyForm(body),
  };
}

function responseOf({status, statusText, headers, headersMs, chunks, ending}: RecordedReply): JsonObject {
  return {
    status,
    status_text: statusText,
    headers_ms: headersMs,
    headers: headerLines(headers),
    ...(isEventStream(headers) ? {stream: chunks.map(streamed)} : wholeBody(chunks)),
    ending,
  };
}

function headerLines(headers: HeaderList): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < headers.length; at += 2) lines.push(headers.slice(at, at + 2).join(': '));
  return lines;
}

function isEventStream(headers: HeaderList): boolean {
  return headerOf(headers, 'content-type')?.startsWith('text/event-stream') === true;
}

function streamed({ms, bytes}: Chunk): JsonObject {
  if (!isUtf8(bytes)) return {ms, base64: bytes.toString('base64')};
  // One line an event, as a rule one a chunk.
  const events = bytes.toString().split(/(?<=\n\n)/);
  return {ms, text: events.length > 1 ? events : bytes.toString()};
}

function wholeBody(chunks: readonly Chunk[]): JsonObject {
  const [only, ...others] = chunks;
  if (only === undefined) return {};
  if (others.length === 0) return {body_ms: only.ms, body: toBodyForm(only.bytes)};
  return {
    chunks: chunks.map(({ms, bytes}) => ({ms, bytes: bytes.length})),
    body: toBodyForm(Buffer.concat(chunks.map(({bytes}) => bytes))),
  };
}
