import {stat} from 'node:fs/promises';
import {storeError} from './store-error.ts';

/**
 * Bytes of the file at `path`; 0 where there is none, and for a pipe or a device, which keeps nothing. Fails with `ERR_STORE_READ` or
 * `ERR_STORE_WRITE`, by what the file is wanted for, where it cannot be seen or is a folder.
 */
export async function fileSize(path: string, wantedTo: 'read' | 'write'): Promise<number> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw Object.assign(new Error('EISDIR: it is a folder'), {code: 'EISDIR'});
    return stats.isFile() ? stats.size : 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw storeError(path, error, wantedTo);
  }
}
