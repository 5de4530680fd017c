import type {CollectReport} from '../app/collect.ts';
import type {EarlyEnd} from '../app/run-limits.ts';
import type {Standing} from '../app/standing.ts';
import {formatCounted, formatDuration, formatUsd} from '../report/format-quantity.ts';

/** What a run leaves, why, and how to go on; empty when everything is done. */
export function describeWhatIsLeft({
  standing,
  summary,
  failedRollouts,
  files,
  earlyEnd,
}: CollectReport): string {
  const left = standing.wanted - standing.done - summary.completed;
  if (left === 0) return '';
  const failed = failedRollouts === 0 ? '' : `, ${String(failedRollouts)} of them failed`;
  const why = earlyEnd === undefined ? '' : `${describeEarlyEnd(earlyEnd)} `;
  return `${String(left)} of ${String(standing.wanted)} rollouts are not done${failed}. ${why}${howToGoOn(standing, files, earlyEnd)}`;
}

function describeEarlyEnd(end: EarlyEnd): string {
  if (end.kind === 'deadline') return `The deadline (${formatDuration(end.limitMs)}) ended the run early.`;
  const format = end.kind === 'max_cost' ? formatUsd : (tokens: number) => formatCounted(tokens, 'token');
  return `The budget ended the run early: of ${format(end.limit)} (${flagOf[end.kind]}), ${format(end.spent)} are spent, and the next rollout might take more than is left.`;
}

const flagOf = {max_cost: '--max-cost', max_tokens_total: '--max-tokens-total'} as const;

function howToGoOn({owed}: Standing, files: CollectReport['files'], earlyEnd: EarlyEnd | undefined): string {
  if (files.length === 0) return 'Standard output cannot be gone on with; --output FILE could.';
  if (owed === 0) return '--retry-failed tries them again.';
  if (earlyEnd === undefined || earlyEnd.kind === 'deadline') return 'The same command goes on with them.';
  return `The same command with a higher ${flagOf[earlyEnd.kind]} goes on with them.`;
}
