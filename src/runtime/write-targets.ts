import {stat} from 'node:fs/promises';
import type {Writable} from 'node:stream';

/** What of an open file a writer uses: Node's `FileHandle`. */
export interface AppendableFile {
  stat(): Promise<{readonly size: number; readonly ino: number; isFile(): boolean}>;
  appendFile(bytes: Buffer): Promise<void>;
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** What a writer of lines puts its batches into. */
export interface Target {
  append(bytes: Buffer): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A regular file: what a failed write has torn is given back. */
export class FileTarget implements Target {
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
export class DeviceTarget implements Target {
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

/** A stream; closing leaves it open. */
export class StreamTarget implements Target {
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
