import type {Incoming} from '../request-handler.ts';
import type {HeaderList} from '../wire/reply.ts';
import {decodeReply} from './decode-reply.ts';
import type {ExchangeRecord, RecordedReply, RecordedRequest} from './exchange-record.ts';
import {findSecrets} from './find-secrets.ts';
import {headerOf, toRecordedHeaders} from './passed-headers.ts';
import type {RequestIdentity} from './request-key.ts';
import {createScrubber, type Scrubber} from './scrub.ts';

/** A request as it came. */
export interface ArrivedRequest extends RequestIdentity {
  /** Names and values in turn, as they stood on the wire. */
  readonly headers: HeaderList;
}

/** Reads what arrived; a body that is too large counts as none. */
export function arrivedRequest({request, path, query, body}: Incoming): ArrivedRequest {
  return {
    method: request.method ?? 'GET',
    path,
    query,
    headers: request.rawHeaders,
    body: body ?? Buffer.alloc(0),
  };
}

/** The request without its secrets: what it is recorded as, and looked up by. */
export function scrubRequest(request: ArrivedRequest): RecordedRequest {
  return scrubWith(createScrubber(findSecrets(request)), request);
}

/**
 * What is kept of an exchange: without the secrets of either side, wherever they stand. Undefined where the reply is
 * compressed in a way that cannot be looked into.
 */
export function toRecord(
  request: ArrivedRequest,
  reply: RecordedReply | undefined,
  mostBytes: number,
): ExchangeRecord | undefined {
  if (reply === undefined) return {request: scrubRequest(request), reply};
  const decoded = decodeReply(reply, mostBytes);
  if (decoded === undefined) return undefined;
  const {headers, chunks} = decoded;
  const body = Buffer.concat(chunks.map(({bytes}) => bytes));
  const scrubber = createScrubber([...findSecrets(request), ...findSecrets({headers, body})]);
  const kept = toRecordedHeaders(headers).map((text, at) => (at % 2 === 0 ? text : scrubber.text(text)));
  return {
    request: scrubWith(scrubber, request),
    reply: {...decoded, headers: kept, chunks: scrubber.chunks(chunks)},
  };
}

function scrubWith(
  scrubber: Scrubber,
  {method, path, query, headers, body}: ArrivedRequest,
): RecordedRequest {
  const contentType = headerOf(headers, 'content-type');
  return {
    method,
    path: scrubber.text(path),
    query: scrubber.text(query),
    contentType: contentType === undefined ? undefined : scrubber.text(contentType),
    body: scrubber.bytes(body),
  };
}
