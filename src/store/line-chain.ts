import {createHash, type Hash} from 'node:crypto';
import {isJsonObject} from '../core/json.ts';

/** A place in a file of lines up to which its content is vouched for. */
export interface Checkpoint {
  /** Lines of the file until here. */
  readonly lines: number;
  /** Bytes until here; a line ends there. */
  readonly bytes: number;
  /** Hexadecimal SHA-256 of the digest of the checkpoint before (its 32 bytes) and the bytes since then. */
  readonly sha256: string;
  /** The bytes were not hashed as they were written, but found when a run went on with the file. */
  readonly found?: boolean | undefined;
  /** They were found where an earlier checkpoint no longer fitted: somebody else had changed the file. */
  readonly changed?: boolean | undefined;
}

/** The head of a chain without lines. */
export const chainStart: Checkpoint = {lines: 0, bytes: 0, sha256: '0'.repeat(64)};

/** The hash of the bytes behind a checkpoint, begun. */
export function beginBlock({sha256}: Checkpoint): Hash {
  return createHash('sha256').update(sha256, 'hex');
}

/** A running hash over lines as they are appended to a file: one hash for a block of them, chained to the block before. */
export class LineChain {
  #head: Checkpoint;
  #hash: Hash | undefined;
  #lines: number;
  #bytes: number;

  /** Goes on behind `head`. */
  constructor(head: Checkpoint) {
    this.#head = head;
    this.#lines = head.lines;
    this.#bytes = head.bytes;
  }

  get head(): Checkpoint {
    return this.#head;
  }

  /** Lines since the last checkpoint. */
  get openLines(): number {
    return this.#lines - this.#head.lines;
  }

  /** Adds whole lines. */
  add(bytes: Buffer, lines: number): void {
    this.#hash = (this.#hash ?? beginBlock(this.#head)).update(bytes);
    this.#lines += lines;
    this.#bytes += bytes.length;
  }

  /** Ends the block with a checkpoint; undefined where nothing was added since the last. */
  seal(about: Pick<Checkpoint, 'found' | 'changed'> = {}): Checkpoint | undefined {
    if (this.#hash === undefined) return undefined;
    const sha256 = this.#hash.digest('hex');
    this.#hash = undefined;
    this.#head = {lines: this.#lines, bytes: this.#bytes, sha256, ...about};
    return this.#head;
  }
}

/** A checkpoint as its line, without the newline. */
export function encodeCheckpoint({lines, bytes, sha256, found, changed}: Checkpoint): string {
  return JSON.stringify({lines, bytes, sha256, found, changed});
}

/** A line's checkpoint; undefined if it holds none. */
export function decodeCheckpoint(text: string): Checkpoint | undefined {
  const value = parse(text);
  if (!isJsonObject(value)) return undefined;
  const {lines, bytes, sha256, found, changed} = value;
  if (!isCount(lines) || !isCount(bytes) || typeof sha256 !== 'string') return undefined;
  if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  return {
    ...{lines, bytes, sha256},
    ...(found === true ? {found} : {}),
    ...(changed === true ? {changed} : {}),
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
