import type {Problem} from '../core/errors.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';

/** A problem for each path that no file is at. */
export async function missingFiles(paths: readonly string[]): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const file of paths) if (!(await isRegularFile(file))) problems.push({file, message: 'is no file'});
  return problems;
}
