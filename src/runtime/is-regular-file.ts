import {stat} from 'node:fs/promises';

/** Whether a file that holds what was written to it is at `path`: no folder, pipe or device, which nobody may rename or remove. */
export async function isRegularFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
