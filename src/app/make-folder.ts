import {mkdir} from 'node:fs/promises';
import {storeError} from '../runtime/store-error.ts';

/** Makes a folder, with those above it, where there is none. Fails with `ERR_STORE_WRITE`. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true});
  } catch (error) {
    throw storeError(folder, error);
  }
}
