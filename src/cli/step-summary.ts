import type {Stats} from 'node:fs';
import {appendFile, stat} from 'node:fs/promises';
import type {Logger} from '../core/ports.ts';
import {fitMarkdown} from '../report/render-markdown.ts';

// GitHub refuses the whole summary of a step that has more.
const mostBytes = 1_048_576;

/**
 * Appends to the file that GitHub Actions shows on the page of the job, as far as there is room. A summary that cannot be written is a
 * warning: it never changes what came of the run.
 */
export async function appendStepSummary(path: string, markdown: string, logger: Logger): Promise<void> {
  try {
    const stats = await statsOf(path);
    if (stats?.isFile() === false) throw new Error('it is no file');
    const size = stats?.size ?? 0;
    const text = fitMarkdown(`${size > 0 ? '\n' : ''}${markdown}`, mostBytes - size);
    if (text === '') throw new Error('it has 1 MiB already, and GitHub takes no more');
    await appendFile(path, text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    logger.warn(`the step summary (GITHUB_STEP_SUMMARY) is not written to ${path}: ${reason}`);
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
