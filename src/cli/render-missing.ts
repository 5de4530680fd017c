import type {MissingRollouts} from '../app/census-report.ts';
import type {AbsentShards} from '../app/join-shards.ts';
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

/** The shards that are missing of a whole, and what to do about them; nothing if none is. */
export function describeAbsent({shards, rollouts}: AbsentShards, isAllowed: boolean): readonly string[] {
  if (rollouts === 0) return [];
  const named = shards.slice(0, mostShards).join(', ') + (shards.length > mostShards ? ', …' : '');
  const name = shards.length === 0 ? 'of the whole' : `shard${shards.length === 1 ? '' : 's'} ${named}`;
  const absent = `Missing: ${name}, ${formatCounted(rollouts, 'rollout')}.`;
  if (isAllowed) return [absent];
  return [absent, '→ Name the outputs of all shards, or add --allow-partial. Nothing was written.'];
}

const mostShards = 20;
