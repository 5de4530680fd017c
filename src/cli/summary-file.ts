import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import {dirname} from 'node:path';
import {makeFolder} from '../app/make-folder.ts';
import {RollcallError} from '../core/errors.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {writeWholeFile} from '../runtime/write-whole-file.ts';

/** What is written when a command is over, and the flag that says where. */
export interface SummaryFileName {
  readonly what: string;
  readonly flag: string;
}

/** Fails with `ERR_USAGE` where no file can be written, so that a run is not spent before that comes out. */
export async function checkSummaryPath(path: string, name: SummaryFileName): Promise<void> {
  if (await isFolder(path)) throw unusable(path, name, 'it is a folder');
  const folder = await nearestFolder(dirname(path));
  if (!(await isFolder(folder))) throw unusable(path, name, `${folder} is not a folder`);
  await access(folder, constants.W_OK).catch(() => {
    throw unusable(path, name, `writing to ${folder} is not allowed`);
  });
}

/** Writes the file whole or not at all, and the folders it is in where there are none. Fails with `ERR_STORE_WRITE`. */
export async function writeSummaryFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeWholeFile(path, text);
}

async function nearestFolder(folder: string): Promise<string> {
  if (folder === dirname(folder) || (await pathExists(folder))) return folder;
  return nearestFolder(dirname(folder));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function unusable(path: string, {what, flag}: SummaryFileName, reason: string): RollcallError {
  return new RollcallError(`${what} cannot be written to ${path}: ${reason}`, {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: `Give the path of a file with ${flag}.`,
  });
}
