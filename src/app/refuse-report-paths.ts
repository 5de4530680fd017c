import {RollcallError} from '../core/errors.ts';
import {placeOf} from '../runtime/place-of.ts';

/**
 * Fails with `ERR_USAGE` where a report would take the place of what the command reads or writes, through links too. Paths are
 * absolute.
 */
export async function refuseReportPaths(reports: readonly string[], taken: readonly string[]): Promise<void> {
  if (reports.length === 0) return;
  const places = new Set(await Promise.all(taken.map(placeOf)));
  const ofReports = await Promise.all(reports.map(placeOf));
  const problems = reports
    .filter((_, index) => places.has(ofReports[index] ?? ''))
    .map((file) => ({file, message: 'is a file that this command reads or writes'}));
  if (problems.length === 0) return;
  throw new RollcallError('a report would take the place of other files', {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'Give reports paths of their own.',
    problems,
  });
}
