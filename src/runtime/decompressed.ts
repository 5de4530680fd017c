import {pipeline, Readable} from 'node:stream';
import {createGunzip} from 'node:zlib';
import {RollcallError} from '../core/errors.ts';

/**
 * Takes gzip off a stream that has it on, told by its first two bytes; other streams pass through. A `path` that
 * ends in `.gz` promises gzip: other content there is an error, `ERR_DATASET`, as is a damaged or cut file.
 */
export async function* decompressed(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  const {head, rest} = await splitHead(chunks);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(withHead(head, rest), path);
  else if (path.endsWith('.gz') && head.length > 0)
    throw gzipError(path, 'it is not gzip, though its name says so');
  else yield* withHead(head, rest);
}

/** Reads until the first two bytes are there; a pipe may give them one at a time. */
async function splitHead(
  chunks: AsyncIterable<Buffer>,
): Promise<{readonly head: Buffer; readonly rest: AsyncIterator<Buffer>}> {
  const rest = chunks[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await rest.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  return {head, rest};
}

async function* withHead(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* gunzipped(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  let sourceError: Error | undefined;
  const source = Readable.from(chunks, {objectMode: false});
  source.on('error', (error) => (sourceError = error));
  const gunzip = createGunzip({chunkSize: 256 * 1024});
  pipeline(source, gunzip, () => undefined);
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    throw sourceError ?? gzipError(path, 'its gzip data is damaged or cut off', error);
  }
}

function gzipError(path: string, reason: string, cause?: unknown): RollcallError {
  return new RollcallError(`cannot read the input ${path}: ${reason}`, {
    code: 'ERR_DATASET',
    fault: 'dataset',
    hint: 'Check the file with gzip -t, or give it uncompressed.',
    cause,
  });
}
