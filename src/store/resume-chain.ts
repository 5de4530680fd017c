import {createReadStream} from 'node:fs';
import {type FileHandle, open, truncate} from 'node:fs/promises';
import {fileSize} from '../runtime/file-size.ts';
import {storeError} from '../runtime/store-error.ts';
import type {ChainStanding, LineRange} from './chain-check.ts';
import {type Checkpoint, encodeCheckpoint, LineChain} from './line-chain.ts';
import type {OutputPaths} from './output-paths.ts';

/** Where a chain goes on, and what was found of the file since it was last vouched for. */
export interface ResumedChain {
  readonly head: Checkpoint;
  /** Lines that were in no checkpoint: those of a killed run's last moments, or of a version without checkpoints. */
  readonly foundLines: number;
  /** Lines that had been written and are gone: after a loss of power, or cut off by somebody. */
  readonly lostLines: number;
  /** Lines that lie in blocks whose bytes were changed. */
  readonly changed: readonly LineRange[];
}

const lineFeed = 10;

/**
 * Makes the checkpoints of an output fit its file, whose torn end has been cut: checkpoints beyond the end go, and so does
 * what no longer fits; lines behind the last that fits are hashed as they are found. Fails with `ERR_STORE_READ` or `ERR_STORE_WRITE`.
 */
export async function resumeChain(paths: OutputPaths, standing: ChainStanding): Promise<ResumedChain> {
  const fileBytes = await fileSize(paths.output, 'read');
  // What lies behind a torn end that was cut is no change.
  const broken = standing.broken.filter(({endByte}) => endByte <= fileBytes);
  // A cut may have taken the end of a block that fitted before.
  const {good, goodEnd} = standing;
  if (standing.exists) await cutTo(paths.chain, goodEnd);
  const head = good.bytes < fileBytes ? await sealFound(paths, good, {changed: broken.length > 0}) : good;
  const lostLines = broken.length > 0 ? 0 : Math.max(0, standing.last.lines - head.lines);
  return {
    head,
    foundLines: head.lines - good.lines,
    lostLines,
    changed: broken.map(({from, to}) => ({from, to})),
  };
}

async function sealFound(
  {output, chain: path}: OutputPaths,
  from: Checkpoint,
  {changed}: {readonly changed: boolean},
): Promise<Checkpoint> {
  const chain = new LineChain(from);
  const about = changed ? {found: true, changed} : {found: true};
  const checkpoints = await openToAppend(path);
  try {
    for await (const {bytes, lines} of wholeLines(output, from.bytes)) {
      chain.add(bytes, lines);
      const checkpoint = chain.seal(about);
      if (checkpoint !== undefined) await checkpoints.appendFile(`${encodeCheckpoint(checkpoint)}\n`);
    }
  } catch (error) {
    throw storeError(path, error);
  } finally {
    await checkpoints.close();
  }
  return chain.head;
}

/** The lines of a file from a byte on, those that end in a chunk together. */
async function* wholeLines(
  path: string,
  start: number,
): AsyncGenerator<{readonly bytes: Buffer; readonly lines: number}> {
  let rest: Buffer[] = [];
  const chunks = createReadStream(path, {start, highWaterMark: 256 * 1024}) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) {
      const end = chunk.lastIndexOf(lineFeed) + 1;
      if (end > 0) {
        const bytes = Buffer.concat([...rest, chunk.subarray(0, end)]);
        rest = [];
        yield {bytes, lines: countLines(bytes)};
      }
      if (end < chunk.length) rest.push(chunk.subarray(end));
    }
  } catch (error) {
    throw storeError(path, error, 'read');
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

async function openToAppend(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'a');
  } catch (error) {
    throw storeError(path, error);
  }
}

async function cutTo(path: string, bytes: number): Promise<void> {
  try {
    if ((await fileSize(path, 'write')) > bytes) await truncate(path, bytes);
  } catch (error) {
    throw storeError(path, error);
  }
}
