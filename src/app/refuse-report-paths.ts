import {RollcallError} from '../core/errors.ts';

/** Fails with `ERR_USAGE` where a report would take the place of what the command reads or writes. Paths are absolute. */
export function refuseReportPaths(reports: readonly string[], taken: Iterable<string>): void {
  const files = new Set(taken);
  const problems = reports
    .filter((path) => files.has(path))
    .map((file) => ({file, message: 'is a file that this command reads or writes'}));
  if (problems.length === 0) return;
  throw new RollcallError('a report would take the place of other files', {
    code: 'ERR_USAGE',
    fault: 'usage',
    hint: 'Give reports paths of their own.',
    problems,
  });
}
