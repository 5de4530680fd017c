import {closeSync, openSync, readSync, statSync} from 'node:fs';
import {NumberColumn} from '../core/number-column.ts';
import {storeError} from '../runtime/store-error.ts';

/** Remembers where lines stand in files, 16 bytes a line, and reads them again in any order. */
export class LineIndex implements Disposable {
  readonly #files: {readonly path: string; readonly descriptor: number}[] = [];
  readonly #file = new NumberColumn('uint32');
  readonly #offset = new NumberColumn('float64');
  readonly #length = new NumberColumn('uint32');

  /** How many lines there are. */
  get size(): number {
    return this.#length.length;
  }

  /** Opens a file whose lines are to be added. Fails with `ERR_STORE_READ`. */
  addFile(path: string): void {
    try {
      // A pipe would be waited for without end.
      if (!statSync(path).isFile()) throw new Error('it is no file');
      this.#files.push({path, descriptor: openSync(path, 'r')});
    } catch (error) {
      throw storeError(path, error, 'read');
    }
  }

  /** Adds a line of the file that was opened last; returns its number, from 0. */
  add({offset, bytes}: {readonly offset: number; readonly bytes: Buffer}): number {
    this.#file.push(this.#files.length - 1);
    this.#offset.push(offset);
    this.#length.push(bytes.length);
    return this.size - 1;
  }

  /** The text of a line. Fails with `ERR_STORE_READ`, also where the file has become shorter. */
  read(line: number): string {
    const file = this.#files[this.#file.get(line)];
    if (file === undefined) throw new RangeError(`there is no line ${line}`);
    const bytes = Buffer.allocUnsafe(this.#length.get(line));
    try {
      const read = readSync(file.descriptor, bytes, 0, bytes.length, this.#offset.get(line));
      if (read < bytes.length) throw new Error('the file became shorter while it was read');
    } catch (error) {
      throw storeError(file.path, error, 'read');
    }
    return bytes.toString('utf8');
  }

  /** The texts of all lines, in the order in which they were added. */
  *all(): Generator<string> {
    for (let line = 0; line < this.size; line++) yield this.read(line);
  }

  [Symbol.dispose](): void {
    for (const {descriptor} of this.#files) closeSync(descriptor);
  }
}
