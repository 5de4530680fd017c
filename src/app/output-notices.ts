import type {JsonObject} from '../core/json.ts';
import type {LineRange} from '../store/chain-check.ts';
import type {Journal} from '../store/journal.ts';
import type {ManifestRun} from '../store/manifest.ts';
import type {OpenOutput} from '../store/open-output.ts';
import type {UnrecordedRollouts} from './unrecorded-rollouts.ts';

const adoptedNotice =
  'what is there has no manifest of ours and is gone on with, since its rows are the same; whether model, judge and settings were, nobody can tell';

/** What people are told of an output before it is gone on with, a sentence each. */
export function noticesOf(
  journal: Journal,
  {movedTo, adopted}: Pick<OpenOutput, 'movedTo' | 'adopted'>,
  unrecorded: UnrecordedRollouts,
): readonly string[] {
  return [
    adopted ? adoptedNotice : '',
    movedTo === undefined ? '' : `what was there is now ${movedTo}`,
    ...lineNotices(journal),
    ...recordNotices(journal),
    unrecorded.notice() ?? '',
  ].filter((notice) => notice !== '');
}

function lineNotices({tornLines, chain}: Journal): readonly string[] {
  const changed = chain?.changed ?? [];
  const lost = chain?.lostLines ?? 0;
  return [
    tornLines === 0
      ? ''
      : `${String(tornLines)} line(s) torn by a kill were cut off; their rollouts are owed again`,
    lost === 0
      ? ''
      : `${String(lost)} line(s) that had been written are gone, after a loss of power or by another hand; their rollouts are owed again`,
    changed.length === 0
      ? ''
      : `the output was changed since it was written, within lines ${rangesOf(changed)}: it is gone on with as it is, and verify will say so`,
  ];
}

function recordNotices({duplicates, unidentified}: Journal): readonly string[] {
  return [
    duplicates === 0 ? '' : `${String(duplicates)} record(s) repeat an identity and do not count`,
    unidentified === 0 ? '' : `${String(unidentified)} record(s) have no indices and do not count`,
  ];
}

/**
 * The same of the hash over its lines, for the manifest; undefined where it reached to the end of the output, and no earlier run had
 * written further: lines may be lost together with their checkpoints.
 */
export function goneOnWith(
  {chain}: Journal,
  earlierRuns: readonly Pick<ManifestRun, 'chain'>[],
): JsonObject | undefined {
  if (chain === undefined) return undefined;
  const {foundLines, changed, head} = chain;
  const written = earlierRuns.findLast((run) => run.chain !== undefined)?.chain?.lines ?? 0;
  const lostLines = Math.max(chain.lostLines, written - head.lines);
  if (foundLines === 0 && lostLines === 0 && changed.length === 0) return undefined;
  const ranges = changed.slice(0, keptRanges).map(({from, to}) => [from, to]);
  return {lines_found: foundLines, lines_lost: lostLines, lines_changed: ranges};
}

const keptRanges = 100;

function rangesOf(ranges: readonly LineRange[]): string {
  const named = ranges.slice(0, 5).map(({from, to}) => `${String(from)} to ${String(to)}`);
  return named.join(', ') + (ranges.length > 5 ? ' and others' : '');
}
