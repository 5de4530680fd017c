import type {MissingRollouts} from '../app/census-report.ts';
import {formatCounted} from '../report/format-quantity.ts';

/** What is missing, and what to do about it; nothing if nothing is. */
export function describeMissing({count, first}: MissingRollouts, isAllowed: boolean): readonly string[] {
  if (count === 0) return [];
  const more = count > first.length ? `, and ${formatCounted(count - first.length, 'more')}` : '';
  const missing = `Missing: ${first.join('; ')}${more}.`;
  if (isAllowed) return [missing];
  return [
    missing,
    '→ Run the same collect-rollouts again to get them, or add --allow-partial. Nothing was written.',
  ];
}
