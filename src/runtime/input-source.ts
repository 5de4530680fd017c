import {randomUUID} from 'node:crypto';
import {constants, createReadStream, openSync, type Stats} from 'node:fs';
import {type FileHandle, open, stat, unlink} from 'node:fs/promises';
import {Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {type Cancellation, throwIfCancelled} from '../core/cancellation.ts';
import {CancelledError, RollcallError} from '../core/errors.ts';
import {decompressed} from './decompressed.ts';
import {storeError} from './store-error.ts';

/** Bytes that can be read more than once: a file, or a stream that is kept while it is read for the first time. */
export interface InputSource extends AsyncDisposable {
  /** As it is named to people: the path, or `<stdin>`. */
  readonly path: string;
  /** The size of a file, packed if it is packed. */
  readonly bytes?: number | undefined;
  /** The bytes from the start, gzip taken off. One pass ends before the next begins. */
  open(): AsyncIterable<Buffer>;
}

export interface InputOptions {
  /** What `-` reads. */
  readonly stdin: Readable;
  /** Where a stream is kept for the second pass: a folder with room. If no file can be made there, the system's temporary one is taken. */
  readonly spoolFolder: string;
  /** Ends the reading with its reason, even where a pipe has nothing to say. */
  readonly cancellation: Cancellation;
}

const chunkBytes = 256 * 1024;

/**
 * Opens the input at `path`, or standard input for `-`. Pipes and devices are taken as streams too.
 * Fails with `ERR_DATASET` when there is nothing to read there.
 */
export async function openInput(path: string, options: InputOptions): Promise<InputSource> {
  if (path === '-') return spooledInput('<stdin>', () => options.stdin, options);
  const stats = await stat(path).catch((error: unknown) => {
    throw inputError(path, error);
  });
  if (stats.isDirectory()) throw inputError(path, {code: 'EISDIR'});
  return stats.isFile()
    ? fileInput(path, stats, options)
    : spooledInput(path, () => openDevice(path, stats), options);
}

function fileInput(path: string, first: Stats, {cancellation}: InputOptions): InputSource {
  return {
    path,
    bytes: first.size,
    open: () => untilCancelled(decompressed(readUnchanged(path, first), path), cancellation),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function* readUnchanged(path: string, first: Stats): AsyncGenerator<Buffer> {
  try {
    const now = await stat(path);
    if (now.size !== first.size || now.mtimeMs !== first.mtimeMs || now.ino !== first.ino) {
      throw changedError(path);
    }
    yield* createReadStream(path, {highWaterMark: chunkBytes}) as AsyncIterable<Buffer>;
  } catch (error) {
    throw inputError(path, error);
  }
}

async function* untilCancelled(
  chunks: AsyncIterable<Buffer>,
  cancellation: Cancellation,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    throwIfCancelled(cancellation);
    yield chunk;
  }
}

function openDevice(path: string, stats: Stats): Readable {
  if (!stats.isFIFO()) return createReadStream(path, {highWaterMark: chunkBytes});
  // A read from a file can be called off by nobody, not even by the end of the process; one from a socket can.
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({fd, readable: true, writable: false});
  } catch (error) {
    throw inputError(path, error);
  }
}

/** The first pass hands the stream on and keeps what it took; later passes read what was kept. */
function spooledInput(
  path: string,
  openStream: () => Readable,
  {spoolFolder, cancellation}: InputOptions,
): InputSource {
  let spool: Promise<FileHandle> | undefined;
  return {
    path,
    open() {
      if (spool !== undefined) return untilCancelled(decompressed(readSpool(spool), path), cancellation);
      spool = createSpool(spoolFolder);
      // Whoever reads is told; nobody may be reading yet.
      spool.catch(() => undefined);
      const stream = openStream();
      const stopListening = cancellation.onCancel((reason) => stream.destroy(reason));
      stream.once('close', stopListening);
      // Whoever reads is told of it.
      stream.on('error', () => undefined);
      return decompressed(keepWhileReading(stream, spool, path), path);
    },
    async [Symbol.asyncDispose]() {
      const handle = await spool?.catch(() => undefined);
      await handle?.close();
    },
  };
}

/** A file without a name: whatever ends this process, nothing is left behind. */
async function createSpool(folder: string): Promise<FileHandle> {
  const name = `.rollcall-input-${randomUUID()}`;
  return createNameless(join(folder, name)).catch(() => createNameless(join(tmpdir(), name)));
}

async function createNameless(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, 'wx+', 0o600);
    await unlink(path);
    return handle;
  } catch (error) {
    throw storeError(path, error);
  }
}

async function* keepWhileReading(
  stream: Readable,
  spool: Promise<FileHandle>,
  path: string,
): AsyncGenerator<Buffer> {
  const handle = await spool;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      await keep(handle, bytes);
      yield bytes;
    }
  } catch (error) {
    throw inputError(path, error);
  }
}

async function keep(handle: FileHandle, bytes: Buffer): Promise<void> {
  try {
    await handle.writeFile(bytes);
  } catch (error) {
    throw storeError('the copy of the input', error);
  }
}

async function* readSpool(spool: Promise<FileHandle>): AsyncGenerator<Buffer> {
  const handle = await spool;
  yield* handle.createReadStream({
    start: 0,
    autoClose: false,
    highWaterMark: chunkBytes,
  }) as AsyncIterable<Buffer>;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not allowed',
  EPERM: 'reading it is not allowed',
};

function inputError(path: string, error: unknown): RollcallError | CancelledError {
  if (error instanceof RollcallError || error instanceof CancelledError) return error;
  const {code = '', message = code} = error as Partial<NodeJS.ErrnoException>;
  return new RollcallError(`cannot read the input ${path}: ${reasons[code] ?? message}`, {
    code: 'ERR_DATASET',
    fault: 'dataset',
    hint: 'Give a .jsonl or .jsonl.gz file with --input, or - for standard input.',
    cause: error,
  });
}

function changedError(path: string): RollcallError {
  return new RollcallError(`the input ${path} changed while it was read`, {
    code: 'ERR_DATASET',
    fault: 'dataset',
    hint: 'Run again when nothing writes to it any more.',
  });
}
