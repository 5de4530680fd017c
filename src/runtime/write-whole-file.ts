import {stat, writeFile} from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import {storeError} from './store-error.ts';

/**
 * Writes a file whole or not at all: until it is complete and safe, the one from before stays. A pipe or a device just gets the text.
 * Fails with `ERR_STORE_WRITE`.
 */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  try {
    if (await isReplaceable(path)) await writeFileAtomic(path, text);
    else await writeFile(path, text);
  } catch (error) {
    throw storeError(path, error);
  }
}

async function isReplaceable(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  );
}
