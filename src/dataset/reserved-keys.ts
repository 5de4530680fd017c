/**
 * Whether a row's key is one that records give their own meaning to. An input row that has it (the output of another
 * run, say) would pass off an old answer or reward as this run's: it is left out of the materialised row.
 */
export function isReservedKey(key: string): boolean {
  return reservedKeys.has(key) || key.startsWith('_ng_failure');
}

const reservedKeys: ReadonlySet<string> = new Set([
  'response',
  'reward',
  'judge_evaluations',
  'verification_skipped',
  '_rollcall',
  '_ng_attempt_index',
  '_ng_no_persist',
]);
