import type {Batches} from '../core/batches.ts';
import {RollcallError} from '../core/errors.ts';

/** A line of a file: its number, counted from 1, and its bytes without the line end (LF or CRLF). */
export interface Line {
  readonly line: number;
  readonly bytes: Buffer;
  /** Where the line begins, in bytes from the start of the stream. */
  readonly offset: number;
  /** Whether a line end was there; only the last line can be without. */
  readonly ended: boolean;
}

export interface LineOptions {
  /** Named in errors. */
  readonly file: string;
  /** A longer line is an error, so that a file without newlines cannot take all memory; if not given 64 MiB, and 256 MiB for files of ours. */
  readonly maxLineBytes?: number | undefined;
  /** Whose trouble a line is that cannot be read; `dataset` if not given. */
  readonly fault?: 'dataset' | 'store' | undefined;
}

const lineFeed = 10;
const carriageReturn = 13;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts a stream of bytes into lines, those of a chunk at a time, in constant memory. A byte order mark at the start is left out, and an empty
 * piece after the last line end is no line. The bytes are a view into a chunk: decode or copy what must last.
 * Fails with `ERR_DATASET` or `ERR_STORE_READ` on a line that is too long.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: LineOptions,
): Batches<Line> {
  const cutter = new LineCutter(options);
  for await (const chunk of chunks) yield cutter.cut(chunk);
  const last = cutter.rest();
  if (last !== undefined) yield [last];
}

class LineCutter {
  readonly #options: LineOptions;
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #line = 1;
  #offset = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    // A record holds its row twice, when the input is made of it, and the answer.
    this.#maxBytes = options.maxLineBytes ?? (options.fault === 'store' ? 256 : 64) * 1024 * 1024;
  }

  cut(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      lines.push(this.#take(chunk.subarray(start, end), true));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  rest(): Line | undefined {
    return this.#pieceBytes === 0 ? undefined : this.#take(Buffer.alloc(0), false);
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > this.#maxBytes) throw this.#tooLong();
  }

  #take(end: Buffer, ended: boolean): Line {
    let bytes = end;
    if (this.#pieces.length > 0) {
      bytes = Buffer.concat([...this.#pieces, end]);
      this.#pieces = [];
      this.#pieceBytes = 0;
    }
    if (bytes.length > this.#maxBytes) throw this.#tooLong();
    const line = {line: this.#line, bytes: this.#trim(bytes), offset: this.#offset, ended};
    this.#line += 1;
    this.#offset += bytes.length + (ended ? 1 : 0);
    return line;
  }

  #trim(bytes: Buffer): Buffer {
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    const start = this.#line === 1 && bytes.subarray(0, 3).equals(byteOrderMark) ? byteOrderMark.length : 0;
    return bytes.subarray(start, end);
  }

  #tooLong(): RollcallError {
    const {file, fault = 'dataset'} = this.#options;
    const limit = `${Math.round(this.#maxBytes / 1024 / 1024)} MiB`;
    const message = `line ${this.#line} is longer than ${limit}`;
    const hint = 'A row is one line. Is this file JSONL, and does it end its lines with a line feed?';
    return new RollcallError(`${file}: ${message}`, {
      code: fault === 'dataset' ? 'ERR_DATASET' : 'ERR_STORE_READ',
      fault,
      hint,
      problems: [{message, file, line: this.#line, hint}],
    });
  }
}
