import {closeSync, fdatasync, openSync, writeSync} from 'node:fs';
import type {Clock} from '../core/clock.ts';
import {storeError} from './store-error.ts';

/** Takes notes that must be in a file before what they tell of is done. */
export interface BurstFile {
  /** Resolves when the note is in the file, whatever becomes of this process. Fails with `ERR_STORE_WRITE`. */
  write(note: string): Promise<void>;
  /** Writes what waits and closes the file. Never fails. */
  close(): void;
}

export interface BurstFileOptions {
  readonly clock: Clock;
  /** Makes one line of the notes of a burst, without its newline. */
  readonly lineOf: (notes: string) => string;
}

/** A line is safe from a loss of power so many milliseconds after it is in the file, and what the disk itself takes. */
const syncAfterMs = 1_000;

/**
 * Opens a file for notes, empty. Those that are written within one round of the event loop make one line, joined by commas, and
 * one system call. Fails with `ERR_STORE_WRITE`.
 */
export function openBurstFile(path: string, options: BurstFileOptions): BurstFile {
  try {
    return new Bursts(path, openSync(path, 'w'), options);
  } catch (error) {
    throw storeError(path, error);
  }
}

class Bursts implements BurstFile {
  readonly #path: string;
  readonly #options: BurstFileOptions;
  #fd: number | undefined;
  #notes = '';
  #burst: Promise<void> | undefined;
  #stopSyncTimer: (() => void) | undefined;

  constructor(path: string, fd: number, options: BurstFileOptions) {
    this.#path = path;
    this.#fd = fd;
    this.#options = options;
  }

  write(note: string): Promise<void> {
    this.#notes = this.#burst === undefined ? note : `${this.#notes},${note}`;
    return (this.#burst ??= new Promise((resolve, reject) => {
      // All that ends in this round of the loop lets others begin: they share a write.
      setImmediate(() => {
        try {
          this.#flush();
          resolve();
        } catch (error) {
          reject(storeError(this.#path, error));
        }
      });
    }));
  }

  close(): void {
    this.#stopSyncTimer?.();
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch {
      // What is in the file is in it.
    }
  }

  #flush(): void {
    this.#burst = undefined;
    if (this.#fd === undefined) throw new Error('it is closed');
    const bytes = Buffer.from(`${this.#options.lineOf(this.#notes)}\n`);
    // A disk that is about to be full takes a part.
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#stopSyncTimer ??= this.#options.clock.setTimer(syncAfterMs, () => this.#sync());
  }

  #sync(): void {
    this.#stopSyncTimer = undefined;
    // A file that cannot be made safe still tells of a killed process; the output's own writer says what is wrong with the disk.
    if (this.#fd !== undefined) fdatasync(this.#fd, () => undefined);
  }
}
