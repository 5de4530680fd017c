import {readlink, realpath} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';

/** Where an absolute path leads, through links: two paths of one file lead to one place, also while nothing is there yet. */
export async function placeOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // Links in a circle lead nowhere.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return path;
  }
  const folder = dirname(path);
  const target = await readlink(path).catch(() => undefined);
  if (target !== undefined) return placeOf(resolve(folder, target));
  return folder === path ? path : join(await placeOf(folder), basename(path));
}
