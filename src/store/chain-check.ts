import type {Hash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {readLines} from '../runtime/jsonl.ts';
import {storeError} from '../runtime/store-error.ts';
import {beginBlock, type Checkpoint, chainStart, decodeCheckpoint} from './line-chain.ts';

/** Lines between two checkpoints, from 1, both included. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

/** A block whose bytes are not those that its checkpoint was made of. */
export interface BrokenBlock extends LineRange {
  /** Where it ends, in bytes of the checked file. */
  readonly endByte: number;
}

/** How a file stands to the checkpoints that were made of it. */
export interface ChainStanding {
  /** There are checkpoints, or a file for them. */
  readonly exists: boolean;
  /** The last checkpoint up to which everything fits. */
  readonly good: Checkpoint;
  /** Where the line of that checkpoint ends in its own file, in bytes. */
  readonly goodEnd: number;
  /** The last checkpoint that lies within the file. */
  readonly covered: Checkpoint;
  /** The last checkpoint of all; it may lie beyond the end of the file. */
  readonly last: Checkpoint;
  readonly broken: readonly BrokenBlock[];
  /** Blocks that fit since a run found them changed and went on with them. */
  readonly changedBefore: readonly LineRange[];
  /** Lines of the checkpoints' own file that hold none, though others follow. */
  readonly damagedLines: readonly number[];
}

export interface ChainCheckOptions {
  /** Told of each checkpoint once the bytes until there have come by; `fits`: they are those that it was made of. */
  readonly onCheckpoint?: ((checkpoint: Checkpoint, fits: boolean) => void) | undefined;
}

// More are counted as the last of them.
const mostBroken = 1_000;

/** Checks the bytes of a file, chunk by chunk as it is read, against its checkpoints, which are read along with it. */
export class ChainCheck {
  readonly #checkpoints: CheckpointFile;
  readonly #options: ChainCheckOptions;
  readonly #broken: BrokenBlock[] = [];
  readonly #changedBefore: LineRange[] = [];
  #hash: Hash = beginBlock(chainStart);
  #position = 0;
  #before: Checkpoint = chainStart;
  #good: Checkpoint = chainStart;
  #goodEnd = 0;
  #isUnbroken = true;

  /** `path`: of the checkpoints; there need not be any. */
  constructor(path: string, options: ChainCheckOptions = {}) {
    this.#checkpoints = new CheckpointFile(path);
    this.#options = options;
  }

  /** Takes the next bytes of the file. Fails with `ERR_STORE_READ` if the checkpoints cannot be read. */
  async take(chunk: Buffer): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      const next = this.#checkpoints.current ?? (await this.#checkpoints.next());
      if (next === undefined) return;
      const end = Math.min(chunk.length, at + next.bytes - this.#position);
      this.#hash.update(chunk.subarray(at, end));
      this.#position += end - at;
      at = end;
      if (this.#position === next.bytes) this.#close(next);
    }
  }

  /** Call it when the file has ended. */
  async finish(): Promise<ChainStanding> {
    let last = this.#before;
    const file = this.#checkpoints;
    for (let next = file.current ?? (await file.next()); next !== undefined; next = await file.next())
      last = next;
    return {
      exists: file.exists,
      good: this.#good,
      goodEnd: this.#goodEnd,
      covered: this.#before,
      last,
      broken: this.#broken,
      changedBefore: this.#changedBefore,
      damagedLines: file.damagedLines,
    };
  }

  #close(checkpoint: Checkpoint): void {
    const fits = this.#hash.digest('hex') === checkpoint.sha256;
    if (!fits) {
      this.#isUnbroken = false;
      this.#addBroken({from: this.#before.lines + 1, to: checkpoint.lines, endByte: checkpoint.bytes});
    }
    if (checkpoint.changed === true && this.#changedBefore.length < mostBroken)
      this.#changedBefore.push({from: this.#before.lines + 1, to: checkpoint.lines});
    if (this.#isUnbroken) {
      this.#good = checkpoint;
      this.#goodEnd = this.#checkpoints.currentEnd;
    }
    // Its own word, so that what follows a change is checked for itself.
    this.#before = checkpoint;
    this.#hash = beginBlock(checkpoint);
    this.#checkpoints.drop();
    this.#options.onCheckpoint?.(checkpoint, fits);
  }

  #addBroken(block: BrokenBlock): void {
    const last = this.#broken.at(-1);
    if (last !== undefined && this.#broken.length >= mostBroken)
      this.#broken[mostBroken - 1] = {...last, to: block.to};
    else this.#broken.push(block);
  }
}

/** Checkpoints one after another, each further on than the one before. Torn ends and a missing file are no checkpoints. */
class CheckpointFile {
  exists = false;
  readonly damagedLines: number[] = [];
  /** The next to be reached. */
  current: Checkpoint | undefined;
  /** Where its line ends. */
  currentEnd = 0;
  readonly #path: string;
  readonly #entries: AsyncGenerator<Entry>;
  #bad: number[] = [];
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
    this.#entries = entriesOf(path);
  }

  async next(): Promise<Checkpoint | undefined> {
    this.current = undefined;
    try {
      for (let each = await this.#entries.next(); each.done !== true; each = await this.#entries.next()) {
        this.exists = true;
        const {line, end, checkpoint} = each.value;
        if (checkpoint === undefined || checkpoint.bytes <= this.#bytes) {
          this.#bad.push(line);
          continue;
        }
        this.damagedLines.push(...this.#bad.splice(0));
        this.#bytes = checkpoint.bytes;
        this.currentEnd = end;
        this.current = checkpoint;
        return checkpoint;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storeError(this.#path, error, 'read');
    }
    return undefined;
  }

  drop(): void {
    this.current = undefined;
  }
}

interface Entry {
  readonly line: number;
  readonly end: number;
  readonly checkpoint: Checkpoint | undefined;
}

async function* entriesOf(path: string): AsyncGenerator<Entry> {
  // A pipe would be waited for without end.
  if (!(await stat(path)).isFile()) throw new Error('it is no file');
  const chunks = createReadStream(path, {highWaterMark: 64 * 1024}) as AsyncIterable<Buffer>;
  for await (const lines of readLines(chunks, {file: path, fault: 'store'})) {
    for (const {line, bytes, offset, ended} of lines) {
      const checkpoint = ended ? decodeCheckpoint(bytes.toString('utf8')) : undefined;
      yield {line, end: offset + bytes.length + 1, checkpoint};
    }
  }
}
