import {mkdir, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import type {Clock} from '../../core/clock.ts';
import {RollcallError} from '../../core/errors.ts';
import {acquireFileLock, type LockOwner} from '../../runtime/file-lock.ts';
import {writeWholeFile} from '../../runtime/write-whole-file.ts';
import {readRecordName, recordName} from './record-name.ts';

/** A folder that one process writes records into. */
export interface RecordFolder {
  /** The place of one more record of the same request, behind those that are there. */
  reserve(stem: string): string;
  /** Writes the file of that name, whole or not at all. */
  write(name: string, text: string): Promise<void>;
  /** Waits for what is being written, and lets the next process in. */
  close(): Promise<void>;
}

const lockName = '.rollcall.lock';

/** Opens a folder for records, made if it is not there. Fails with `ERR_RECORDS` where nothing can be written. */
export async function openRecordFolder(path: string, clock: Clock): Promise<RecordFolder> {
  const {lock, names} = await takeFolder(path, clock).catch((error: unknown) => {
    throw refusal(`cannot record into ${path}: ${reasonOf(error)}`, error);
  });
  if (!lock.acquired) throw refusal(`cannot record into ${path}: ${describeOwner(lock.owner)}`);
  const last = lastPositions(names);
  const pending = new Set<Promise<void>>();
  return {
    reserve(stem) {
      const position = (last.get(stem) ?? 0) + 1;
      last.set(stem, position);
      return recordName(stem, position);
    },
    async write(name, text) {
      const writing = writeWholeFile(join(path, name), text);
      pending.add(writing);
      try {
        await writing;
      } finally {
        pending.delete(writing);
      }
    },
    async close() {
      await Promise.allSettled(pending);
      await lock.release();
    },
  };
}

async function takeFolder(path: string, clock: Clock) {
  await mkdir(path, {recursive: true});
  return {lock: await acquireFileLock(join(path, lockName), clock), names: await readdir(path)};
}

function lastPositions(names: readonly string[]): Map<string, number> {
  const last = new Map<string, number>();
  for (const name of names) {
    const found = readRecordName(name);
    if (found !== undefined) last.set(found.stem, Math.max(found.position, last.get(found.stem) ?? 0));
  }
  return last;
}

function describeOwner(owner: LockOwner | undefined): string {
  return owner === undefined
    ? 'another process records there'
    : `process ${owner.pid} on ${owner.host} records there`;
}

function reasonOf(error: unknown): string {
  const {cause = error} = error as Error;
  return (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
}

function refusal(message: string, cause?: unknown): RollcallError {
  return new RollcallError(message, {
    code: 'ERR_RECORDS',
    fault: 'usage',
    hint: 'Give --record a folder that can be written and that nothing else records into.',
    cause,
  });
}
