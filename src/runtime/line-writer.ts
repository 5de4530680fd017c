import {open} from 'node:fs/promises';
import type {Writable} from 'node:stream';
import type {Clock} from '../core/clock.ts';
import {BatchBuffer} from './batch-buffer.ts';
import {storeError} from './store-error.ts';
import {type AppendableFile, DeviceTarget, FileTarget, StreamTarget, type Target} from './write-targets.ts';

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

/** Learns what a file has taken. */
export interface WriteObserver {
  /** Called once a batch of whole lines is in the file. The bytes are valid until it returns. */
  appended(bytes: Buffer, lines: number): void;
  /** Called once all that was appended so far is safe from a loss of power. */
  synced(): void;
}

export interface FileWriterOptions extends LineWriterOptions {
  /** Goes on at the end of what is there; without it the file must be empty or not there. */
  readonly append: boolean;
  readonly observer?: WriteObserver | undefined;
  /** Opens the file for appending; Node's own way if not given. */
  readonly openFile?: ((path: string) => Promise<AppendableFile>) | undefined;
}

const batchLines = 64;
// A kill costs what waits: little, and nobody notices the few writes more.
const batchDelayMs = 10;
const batchBytes = 1024 * 1024;
// Beyond it, those who write wait for the disk.
const queueBytes = 2 * batchBytes;
/** A line is safe from a loss of power so many milliseconds after it is in the file, and what the disk itself takes. */
const syncAfterMs = 1_000;

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
  readonly #options: LineWriterOptions & Pick<FileWriterOptions, 'observer'>;
  #queue: string[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #stopTimer: (() => void) | undefined;
  /** Is set while something written is not safe yet. */
  #stopSyncTimer: (() => void) | undefined;
  #syncIsDue = false;
  #failure: Error | undefined;
  #waiting: (() => void)[] = [];

  constructor(
    target: Target,
    name: string,
    options: LineWriterOptions & Pick<FileWriterOptions, 'observer'>,
  ) {
    this.#target = target;
    this.#name = name;
    this.#options = options;
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
    if (this.#writing === undefined && this.#hasWork) this.#writing = this.#drain();
  }

  get #hasWork(): boolean {
    return this.#failure === undefined && (this.#queue.length > 0 || this.#syncIsDue);
  }

  /** One write in flight; what comes in meanwhile goes with the next. */
  async #drain(): Promise<void> {
    while (this.#hasWork) {
      const bytes = this.#queuedBytes;
      if (this.#queue.length > 0) {
        await this.#guard(() => this.#append());
        this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
        this.#wake();
      }
      if (this.#syncIsDue) await this.#guard(() => this.#sync());
    }
    this.#writing = undefined;
  }

  async #append(): Promise<void> {
    const batch = this.#queue;
    this.#queue = [];
    const bytes = this.#buffer.encode(batch);
    await this.#target.append(bytes);
    this.#options.observer?.appended(bytes, batch.length);
    this.#stopSyncTimer ??= this.#options.clock.setTimer(syncAfterMs, () => {
      this.#syncIsDue = true;
      this.#start();
    });
  }

  async #sync(): Promise<void> {
    this.#forgetSync();
    await this.#target.sync();
    this.#options.observer?.synced();
  }

  #forgetSync(): void {
    this.#stopSyncTimer?.();
    this.#stopSyncTimer = undefined;
    this.#syncIsDue = false;
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (this.#failure !== undefined) return;
      this.#failure = storeError(this.#name, error);
      this.#queue = [];
      this.#queuedBytes = 0;
      this.#forgetSync();
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
