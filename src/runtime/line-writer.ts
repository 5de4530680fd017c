import {open, stat} from 'node:fs/promises';
import type {Writable} from 'node:stream';
import type {Clock} from '../core/clock.ts';
import {BatchBuffer} from './batch-buffer.ts';
import {storeError} from './store-error.ts';

/** Appends lines, whole and in order. After a failure it takes nothing more and every call fails alike. */
export interface LineWriter {
  /**
   * Takes a line (without its newline). Undefined where there is room for the next; else resolves when there is, or fails
   * with `ERR_STORE_WRITE`.
   */
  write(line: string): Promise<void> | undefined;
  /** Resolves when everything taken so far is written and safe from a loss of power. */
  flush(): Promise<void>;
  /** Flushes and closes; also after a failure, which it throws. */
  close(): Promise<void>;
}

export interface LineWriterOptions {
  readonly clock: Clock;
  /** Told once, at the time, when writing fails: what cannot be kept must not be paid for. */
  readonly onFailure?: ((error: Error) => void) | undefined;
}

export interface FileWriterOptions extends LineWriterOptions {
  /** Goes on at the end of what is there; without it the file must be empty or not there. */
  readonly append: boolean;
  /** Opens the file for appending; Node's own way if not given. */
  readonly openFile?: ((path: string) => Promise<AppendableFile>) | undefined;
}

/** What of an open file the writer uses: Node's `FileHandle`. */
export interface AppendableFile {
  stat(): Promise<{readonly size: number; readonly ino: number; isFile(): boolean}>;
  appendFile(bytes: Buffer): Promise<void>;
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** What a writer puts its batches into. */
interface Target {
  append(bytes: Buffer): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

const batchLines = 64;
const batchDelayMs = 50;
const batchBytes = 1024 * 1024;
// Beyond it, those who write wait for the disk.
const queueBytes = 2 * batchBytes;
/** What a loss of power can cost at most: the lines of this time, in milliseconds. */
const syncEveryMs = 1_000;

/** Opens a file for appending lines. Fails with `ERR_STORE_WRITE`. */
export async function openLineWriter(path: string, options: FileWriterOptions): Promise<LineWriter> {
  try {
    const {openFile = openToAppend} = options;
    const handle = await openFile(path);
    const stats = await handle.stat();
    const {size} = stats;
    if (!options.append && size > 0) {
      await handle.close();
      throw Object.assign(new Error('EEXIST: the file is not empty'), {code: 'EEXIST'});
    }
    return new BatchingWriter(
      stats.isFile() ? new FileTarget(path, handle, size) : new DeviceTarget(handle),
      path,
      options,
    );
  } catch (error) {
    throw storeError(path, error);
  }
}

/** The same onto a stream, for example standard output; closing leaves the stream open. */
export function createStreamWriter(stream: Writable, name: string, options: LineWriterOptions): LineWriter {
  return new BatchingWriter(new StreamTarget(stream), name, options);
}

function openToAppend(path: string): Promise<AppendableFile> {
  return open(path, 'a');
}

class BatchingWriter implements LineWriter {
  readonly #target: Target;
  readonly #buffer = new BatchBuffer();
  readonly #name: string;
  readonly #options: LineWriterOptions;
  #queue: string[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #stopTimer: (() => void) | undefined;
  #failure: Error | undefined;
  #lastSyncMs: number;
  #waiting: (() => void)[] = [];

  constructor(target: Target, name: string, options: LineWriterOptions) {
    this.#target = target;
    this.#name = name;
    this.#options = options;
    this.#lastSyncMs = options.clock.monotonic();
  }

  write(line: string): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#queue.push(line);
    this.#queuedBytes += line.length + 1;
    if (this.#queue.length >= batchLines || this.#queuedBytes >= batchBytes) this.#start();
    else this.#stopTimer ??= this.#options.clock.setTimer(batchDelayMs, () => this.#start());
    return this.#queuedBytes > queueBytes ? this.#untilRoom() : undefined;
  }

  async #untilRoom(): Promise<void> {
    while (this.#queuedBytes > queueBytes) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#throwFailure();
  }

  async flush(): Promise<void> {
    while (this.#queue.length > 0 || this.#writing !== undefined) {
      this.#start();
      await this.#writing;
    }
    if (this.#failure === undefined) await this.#guard(() => this.#sync());
    this.#throwFailure();
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#guard(() => this.#target.close());
    }
    this.#throwFailure();
  }

  #start(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#writing === undefined && this.#queue.length > 0) this.#writing = this.#drain();
  }

  /** One write in flight; what comes in meanwhile goes with the next. */
  async #drain(): Promise<void> {
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const batch = this.#queue;
      const bytes = this.#queuedBytes;
      this.#queue = [];
      await this.#guard(async () => {
        await this.#target.append(this.#buffer.encode(batch));
        if (this.#options.clock.monotonic() - this.#lastSyncMs >= syncEveryMs) await this.#sync();
      });
      this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
      this.#wake();
    }
    this.#writing = undefined;
  }

  async #sync(): Promise<void> {
    await this.#target.sync();
    this.#lastSyncMs = this.#options.clock.monotonic();
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#failure !== undefined) return;
      this.#failure = storeError(this.#name, error);
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#wake();
      this.#options.onFailure?.(this.#failure);
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

class FileTarget implements Target {
  readonly #path: string;
  readonly #handle: AppendableFile;
  /** How far the file holds whole batches. */
  #goodBytes: number;

  constructor(path: string, handle: AppendableFile, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#goodBytes = size;
  }

  async append(bytes: Buffer): Promise<void> {
    try {
      await this.#handle.appendFile(bytes);
      this.#goodBytes += bytes.length;
    } catch (error) {
      await this.#cutTornTail(bytes);
      throw error;
    }
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
    // A file whose folder was removed takes writes without complaint; nobody will ever read them.
    const [held, there] = await Promise.all([this.#handle.stat(), stat(this.#path)]);
    if (held.ino !== there.ino) throw Object.assign(new Error('replaced by another file'), {code: 'ESTALE'});
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** A full disk may take part of a batch: keeps its whole lines and gives the rest back. */
  async #cutTornTail(bytes: Buffer): Promise<void> {
    try {
      const {size} = await this.#handle.stat();
      const lastEnd = bytes.subarray(0, size - this.#goodBytes).lastIndexOf(10);
      await this.#handle.truncate(this.#goodBytes + lastEnd + 1);
    } catch {
      // The next run cuts the tail when it reads the file; the first error is the one to tell.
    }
  }
}

/** A pipe or a device: what went in is gone, so there is nothing to make safe or to take back. */
class DeviceTarget implements Target {
  readonly #handle: AppendableFile;

  constructor(handle: AppendableFile) {
    this.#handle = handle;
  }

  async append(bytes: Buffer): Promise<void> {
    await this.#handle.appendFile(bytes);
  }

  sync(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class StreamTarget implements Target {
  readonly #stream: Writable;
  #error: Error | undefined;
  readonly #onError = (error: Error): void => {
    this.#error = error;
  };

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', this.#onError);
  }

  append(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  sync(): Promise<void> {
    return this.#error === undefined ? Promise.resolve() : Promise.reject(this.#error);
  }

  close(): Promise<void> {
    this.#stream.off('error', this.#onError);
    return Promise.resolve();
  }
}
