import type {AgentTerms} from '../budget/agent-terms.ts';
import {itemsOf} from '../core/batches.ts';
import {RollcallError} from '../core/errors.ts';
import type {Logger} from '../core/ports.ts';
import {readMaterialized} from '../dataset/read-materialized.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';
import {readUnrecorded} from '../store/dispatch-journal.ts';
import {readJournal} from '../store/journal.ts';
import type {OutputPaths} from '../store/output-paths.ts';
import {UnrecordedRollouts} from './unrecorded-rollouts.ts';

/**
 * Tells which rollouts of a run that was cut off may be billed twice, before its files are moved aside; they are what is returned. Where
 * that cannot be told, it says so: whoever overwrites an output has a reason, and the files may be it.
 */
export async function tellOverwritten(
  paths: OutputPaths,
  termsOf: (agentName: string) => AgentTerms | undefined,
  logger: Logger,
): Promise<UnrecordedRollouts> {
  if (!(await isRegularFile(paths.dispatched))) return new UnrecordedRollouts([], termsOf);
  try {
    const unrecorded = await unrecordedOf(paths, termsOf);
    const notice = unrecorded.notice();
    if (notice !== undefined) logger.info(notice);
    return unrecorded;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    logger.warn(
      `an earlier run was cut off, and which of its rollouts may be billed twice cannot be told: ${error.message}`,
    );
    return new UnrecordedRollouts([], termsOf);
  }
}

async function unrecordedOf(
  paths: OutputPaths,
  termsOf: (agentName: string) => AgentTerms | undefined,
): Promise<UnrecordedRollouts> {
  const journal = await readJournal(paths, {readOnly: true});
  const unrecorded = new UnrecordedRollouts(await readUnrecorded(paths, journal), termsOf);
  if (await isRegularFile(paths.materialized))
    for await (const row of itemsOf(readMaterialized(paths.materialized))) unrecorded.add(row);
  return unrecorded;
}
