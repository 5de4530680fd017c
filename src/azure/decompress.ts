import {pipeline, Readable, type Transform} from 'node:stream';
import {createBrotliDecompress, createGunzip, createInflate} from 'node:zlib';
import {CallError} from '../core/errors.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';

/** Makes what undoes the compression of one body. */
export type DecoderFactory = () => Transform;

const decoders: ReadonlyMap<string, DecoderFactory> = new Map<string, DecoderFactory>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

/** What a reply's body has to go through first: some proxies compress though they are asked not to. Undefined as a rule. */
export function decoderFor(headers: ReplyHeaders): DecoderFactory | undefined {
  const encoding = headerOf(headers, 'content-encoding');
  return encoding === undefined ? undefined : decoders.get(encoding.trim().toLowerCase());
}

export interface DecompressLimits {
  readonly origin: string;
  /** Of the body as it was meant: a few bytes may unfold to gigabytes. */
  readonly maxBodyBytes: number;
}

/** The pieces as they were before. Fails as `chunks` does, or with `ERR_MODEL_MALFORMED`; leaving early closes the connection. */
export async function* decompress(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  createDecoder: DecoderFactory,
  {origin, maxBodyBytes}: DecompressLimits,
): AsyncGenerator<Buffer, undefined> {
  const source = Readable.from(chunks, {objectMode: false});
  let sourceError: Error | undefined;
  source.on('error', (error) => (sourceError = error));
  const decoder = createDecoder();
  pipeline(source, decoder, () => undefined);
  let bytes = 0;
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) throw tooLargeReply(origin, maxBodyBytes);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof CallError) throw error;
    throw sourceError ?? damaged(origin, error);
  }
}

/** A reply beyond the limit: a longer one next time would be no better. */
export function tooLargeReply(origin: string, maxBodyBytes: number): CallError {
  return new CallError(`The reply of ${origin} is larger than ${maxBodyBytes} bytes`, {
    code: 'ERR_MODEL_MALFORMED',
    fault: 'model',
    effect: 'rollout',
  });
}

function damaged(origin: string, cause: unknown): CallError {
  return new CallError(`The compressed reply of ${origin} is damaged or cut off`, {
    code: 'ERR_MODEL_TRUNCATED',
    fault: 'model',
    effect: 'retry',
    cause,
  });
}
