import {createHash} from 'node:crypto';
import type {Batches} from '../core/batches.ts';
import type {Clock} from '../core/clock.ts';
import {openLineWriter, type WriteObserver} from '../runtime/line-writer.ts';
import {replaceFile} from '../runtime/replace-file.ts';

export interface WrittenLines {
  readonly count: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/**
 * Writes lines to `path`, which appears only when all of them are in it and safe. Returns how many there were, and the
 * file's SHA-256; `observer` learns what is written, as it is. Fails with `ERR_STORE_WRITE`, or as `lines` fails, and leaves nothing behind then.
 */
export function writeLines(
  path: string,
  lines: Batches<string>,
  clock: Clock,
  observer?: WriteObserver,
): Promise<WrittenLines> {
  return replaceFile(path, (place) => writeAll(place, lines, clock, observer));
}

async function writeAll(
  path: string,
  lines: Batches<string>,
  clock: Clock,
  also: WriteObserver | undefined,
): Promise<WrittenLines> {
  const hash = createHash('sha256');
  const observer: WriteObserver = {
    appended(bytes, count) {
      hash.update(bytes);
      also?.appended(bytes, count);
    },
    synced: () => also?.synced(),
  };
  const writer = await openLineWriter(path, {clock, append: false, observer});
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
  return {count, sha256: hash.digest('hex')};
}
