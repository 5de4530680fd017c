import {randomUUID} from 'node:crypto';
import {writeFile} from 'node:fs/promises';
import {replaceFile} from './replace-file.ts';

/** Writes a text to a file, whole or not at all (see `replaceFile`); several may do so at once. Fails with `ERR_STORE_WRITE`. */
export async function writeWholeFile(path: string, text: string): Promise<void> {
  await replaceFile(path, (place) => writeFile(place, text), {mark: randomUUID()});
}
