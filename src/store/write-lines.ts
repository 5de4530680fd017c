import {rename, rm} from 'node:fs/promises';
import type {Batches} from '../core/batches.ts';
import type {Clock} from '../core/clock.ts';
import {openLineWriter} from '../runtime/line-writer.ts';
import {storeError} from '../runtime/store-error.ts';

/**
 * Writes lines to `path`, which appears only when all of them are in it and safe. Returns how many there were. Fails with
 * `ERR_STORE_WRITE`, or as `lines` fails, and leaves nothing behind then.
 */
export async function writeLines(path: string, lines: Batches<string>, clock: Clock): Promise<number> {
  const unfinished = `${path}.unfinished`;
  try {
    await rm(unfinished, {force: true});
    const count = await writeAll(unfinished, lines, clock);
    await rename(unfinished, path);
    return count;
  } catch (error) {
    await rm(unfinished, {force: true}).catch(() => undefined);
    throw isErrno(error) ? storeError(path, error) : error;
  }
}

async function writeAll(path: string, lines: Batches<string>, clock: Clock): Promise<number> {
  const writer = await openLineWriter(path, {clock, append: false});
  let count = 0;
  let failed = true;
  try {
    for await (const batch of lines) {
      for (const line of batch) {
        const written = writer.write(line);
        if (written !== undefined) await written;
        count += 1;
      }
    }
    failed = false;
  } finally {
    if (failed) await writer.close().catch(() => undefined);
  }
  await writer.close();
  return count;
}

function isErrno(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number';
}
