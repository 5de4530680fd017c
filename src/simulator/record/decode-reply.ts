import {brotliDecompressSync, gunzipSync, inflateSync} from 'node:zlib';
import type {RecordedReply} from './exchange-record.ts';
import {filterHeaders, headerOf} from './passed-headers.ts';

type Decoder = (bytes: Buffer, options: {readonly maxOutputLength: number}) => Buffer;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/**
 * The reply as it would have come if the service had not compressed it against our wish: a compressed body could hold
 * secrets unseen. It is then one piece. Undefined where it cannot be decoded.
 */
export function decodeReply(reply: RecordedReply, mostBytes: number): RecordedReply | undefined {
  const encoding = encodingOf(reply);
  const last = reply.chunks.at(-1);
  if (encoding === undefined || last === undefined) return reply;
  const decode = decoders.get(encoding);
  try {
    const whole = Buffer.concat(reply.chunks.map(({bytes}) => bytes));
    const bytes = decode?.(whole, {maxOutputLength: mostBytes});
    if (bytes === undefined) return undefined;
    const headers = filterHeaders(
      reply.headers,
      (name) => name !== 'content-encoding' && name !== 'content-length',
    );
    return {...reply, headers, chunks: [{ms: last.ms, bytes}]};
  } catch {
    return undefined;
  }
}

function encodingOf({headers}: RecordedReply): string | undefined {
  const encoding = (headerOf(headers, 'content-encoding') ?? '').trim().toLowerCase();
  return encoding === 'identity' || encoding === '' ? undefined : encoding;
}
