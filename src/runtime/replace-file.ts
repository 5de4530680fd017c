import type {Stats} from 'node:fs';
import {chmod, open, realpath, rename, rm, stat} from 'node:fs/promises';
import {storeError} from './store-error.ts';

export interface ReplaceOptions {
  /** Tells what this call writes from what others may be writing to the same place; needless where a lock keeps them out. */
  readonly mark?: string | undefined;
}

/**
 * Has `write` fill a file beside `path`, which takes its place once it is whole and safe, with its owner and permissions; where `path`
 * is a link, in that of the file that it leads to. Until then, and if `write` fails, the one from before stays and nothing is left. A
 * pipe or a device is written to itself. Fails as `write` does, or with `ERR_STORE_WRITE`.
 */
export async function replaceFile<T>(
  path: string,
  write: (place: string) => Promise<T>,
  {mark}: ReplaceOptions = {},
): Promise<T> {
  try {
    const before = await statsOf(path);
    if (before?.isFile() === false) return await write(path);
    const target = before === undefined ? path : await realpath(path);
    const beside = `${target}${mark === undefined ? '' : `.${mark}`}.unfinished`;
    return await writeBeside(beside, target, before, write);
  } catch (error) {
    throw isErrno(error) ? storeError(path, error) : error;
  }
}

async function writeBeside<T>(
  beside: string,
  target: string,
  before: Stats | undefined,
  write: (place: string) => Promise<T>,
): Promise<T> {
  try {
    // What a killed process has left.
    await rm(beside, {force: true});
    await create(beside, before);
    const written = await write(beside);
    await sync(beside);
    if (before !== undefined) await chmod(beside, before.mode);
    await rename(beside, target);
    return written;
  } catch (error) {
    await rm(beside, {force: true}).catch(() => undefined);
    throw error;
  }
}

/** Nobody may read it, while it is written, who may not read the one from before. */
async function create(path: string, before: Stats | undefined): Promise<void> {
  const file = await open(path, 'wx', before === undefined ? undefined : (before.mode & 0o777) | 0o600);
  // Only root may give files away.
  if (before !== undefined) await file.chown(before.uid, before.gid).catch(() => undefined);
  await file.close();
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isErrno(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number';
}
