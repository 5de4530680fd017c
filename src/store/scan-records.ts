import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {isJsonObject, type JsonObject} from '../core/json.ts';
import {type Line, readLines} from '../runtime/jsonl.ts';
import {storeError} from '../runtime/store-error.ts';

/** What a reading of a records file found besides its records. */
export interface Scan {
  /** Lines that are no records, though records follow: somebody else wrote or changed the file. */
  readonly damagedLines: readonly number[];
  /** Where a torn tail begins, in bytes: everything from there on is no record. Undefined when the end is sound. */
  readonly tornFrom: number | undefined;
  /** Lines in the torn tail. */
  readonly tornLines: number;
  /** The last record is whole but for its newline. */
  readonly unended: boolean;
}

/**
 * Reads the records of a JSONL file in order, each with its line; one that does not exist, a pipe or a device has none. `watch` gets
 * the file's bytes before their records are told. Fails with `ERR_STORE_READ`.
 */
export async function scanRecords(
  path: string,
  onRecord: (record: JsonObject, line: Line) => void,
  watch?: (chunk: Buffer) => Promise<void>,
): Promise<Scan> {
  const damagedLines: number[] = [];
  let bad: {line: number; offset: number}[] = [];
  let unended = false;
  try {
    const isFile = (await stat(path)).isFile();
    const chunks: AsyncIterable<Buffer> | Buffer[] = isFile
      ? createReadStream(path, {highWaterMark: 256 * 1024})
      : [];
    const watched = watch === undefined ? chunks : passing(chunks, watch);
    for await (const lines of readLines(watched, {file: path, fault: 'store'})) {
      for (const each of lines) {
        const {line, bytes, offset, ended} = each;
        const record = parseRecord(bytes);
        if (record === undefined) {
          // A blank line between records harms nobody; one without an end is the start of something.
          if (bytes.length > 0 || !ended) bad.push({line, offset});
          continue;
        }
        damagedLines.push(...bad.map((each) => each.line));
        bad = [];
        unended = !ended;
        onRecord(record, each);
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw storeError(path, error, 'read');
  }
  return {damagedLines, tornFrom: bad[0]?.offset, tornLines: bad.length, unended};
}

async function* passing(
  chunks: AsyncIterable<Buffer> | Buffer[],
  watch: (chunk: Buffer) => Promise<void>,
): AsyncGenerator<Buffer> {
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
