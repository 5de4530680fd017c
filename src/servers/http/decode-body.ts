import {promisify} from 'node:util';
import {brotliDecompress, gunzip, inflate, inflateRaw} from 'node:zlib';
import {bodyTooLarge} from './read-body.ts';
import {RequestRefusal} from './request-refusal.ts';

export interface DecodeOptions {
  /** A `content-encoding` header: encodings in the order in which they were put on. */
  readonly encoding: string;
  /** No more is unpacked, whatever the packed size. */
  readonly limitBytes: number;
}

/** Takes the encodings off a body. Fails with a `RequestRefusal`: 415 unknown, 413 larger than the limit, 400 damaged. */
export async function decodeBody(body: Buffer, {encoding, limitBytes}: DecodeOptions): Promise<Buffer> {
  const names = encoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  const unknown = names.find((name) => !decoders.has(name));
  if (unknown !== undefined || names.length > mostEncodings) throw unsupported(unknown ?? encoding);
  let decoded = body;
  for (const name of names.reverse()) {
    const decode = decoders.get(name) ?? decodeNothing;
    decoded = await decode(decoded, {maxOutputLength: limitBytes}).catch((error: unknown) => {
      throw refuse(error, name, limitBytes);
    });
  }
  return decoded;
}

type Decode = (body: Buffer, options: {readonly maxOutputLength: number}) => Promise<Buffer>;

const mostEncodings = 3;
const decodeNothing: Decode = (body) => Promise.resolve(body);
const [gunzipped, inflated, inflatedRaw, unbrotlied] = [
  promisify<Buffer, object, Buffer>(gunzip),
  promisify<Buffer, object, Buffer>(inflate),
  promisify<Buffer, object, Buffer>(inflateRaw),
  promisify<Buffer, object, Buffer>(brotliDecompress),
];

const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', gunzipped],
  ['x-gzip', gunzipped],
  ['br', unbrotlied],
  // The name says zlib, but some senders leave its frame away.
  ['deflate', (body, options) => (((body[0] ?? 0) & 0x0f) === 8 ? inflated : inflatedRaw)(body, options)],
]);

function unsupported(encoding: string): RequestRefusal {
  return new RequestRefusal(`The content encoding ${JSON.stringify(encoding)} is not known here.`, {
    status: 415,
    code: 'unsupported_content_encoding',
    headers: {'accept-encoding': 'gzip, deflate, br'},
  });
}

function refuse(error: unknown, encoding: string, limitBytes: number): RequestRefusal {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE') return bodyTooLarge(limitBytes);
  return new RequestRefusal(`The request's body is not ${encoding}, as its content encoding says.`, {
    status: 400,
    code: 'invalid_content_encoding',
  });
}
