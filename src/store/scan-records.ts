import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {isJsonObject, type JsonObject} from '../core/json.ts';
import {type Line, readLines} from '../runtime/jsonl.ts';
import {storeError} from '../runtime/store-error.ts';

/** What a reading of a records file found besides its records. */
export interface Scan {
  /** Lines that are no records, though records follow, or though whole lines are all there is: somebody else wrote or changed the file. */
  readonly damagedLines: readonly number[];
  /** Where a torn tail begins, in bytes: everything from there on is no record. Undefined when the end is sound. */
  readonly tornFrom: number | undefined;
  /** Lines in the torn tail. */
  readonly tornLines: number;
  /** The last line that is to stay is whole but for its newline. */
  readonly unended: boolean;
}

/**
 * Reads the records of a JSONL file in order, each with its line; one that does not exist, a pipe or a device has none. `watch` gets
 * the file's bytes before their records are told. Fails with `ERR_STORE_READ`.
 */
export async function scanRecords(
  path: string,
  onRecord: (record: JsonObject, line: Line) => void,
  watch?: Watch,
): Promise<Scan> {
  const damagedLines: number[] = [];
  let bad: BadLine[] = [];
  let unended = false;
  let hasRecords = false;
  try {
    const chunks = await chunksOf(path, watch);
    for await (const lines of readLines(chunks, {file: path, fault: 'store'})) {
      for (const each of lines) {
        const {line, bytes, offset, ended} = each;
        const record = parseRecord(bytes);
        if (record === undefined) {
          // A blank line between records harms nobody; one without an end is the start of something.
          if (bytes.length > 0 || !ended) bad.push({line, offset, ended, hasZeros: bytes.includes(zeros)});
          continue;
        }
        damagedLines.push(...bad.map((each) => each.line));
        bad = [];
        unended = !ended;
        hasRecords = true;
        onRecord(record, each);
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storeError(path, error, 'read');
  }
  if (!hasRecords && isForeign(bad)) {
    const lines = bad.map(({line}) => line);
    return {damagedLines: lines, tornFrom: undefined, tornLines: 0, unended: bad.at(-1)?.ended === false};
  }
  return {damagedLines, tornFrom: bad[0]?.offset, tornLines: bad.length, unended};
}

/** A kill or a loss of power leaves half a line or zeros: what was never a file of ours is not to be cut away. */
function isForeign(bad: readonly BadLine[]): boolean {
  return bad.some(({ended, hasZeros}) => ended && !hasZeros);
}

type Watch = (chunk: Buffer) => Promise<void>;

// As many as no text has, in whatever encoding.
const zeros = Buffer.alloc(16);

interface BadLine {
  readonly line: number;
  readonly offset: number;
  readonly ended: boolean;
  readonly hasZeros: boolean;
}

async function chunksOf(path: string, watch: Watch | undefined): Promise<AsyncIterable<Buffer> | Buffer[]> {
  if (!(await stat(path)).isFile()) return [];
  const chunks = createReadStream(path, {highWaterMark: 256 * 1024});
  return watch === undefined ? chunks : passing(chunks, watch);
}

async function* passing(chunks: AsyncIterable<Buffer>, watch: Watch): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await watch(chunk);
    yield chunk;
  }
}

function parseRecord(bytes: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
