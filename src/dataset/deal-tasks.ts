import type {Shard} from '../core/shard.ts';

/**
 * Whether a task is the shard's; without a shard all are. `slot`: the task's number in order of first appearance. Tasks are dealt out
 * in rounds, one to each shard, so that shards differ by one task at most; where a round begins differs from round to round, so that
 * neither an order in the input nor a pattern that comes again and again gives one shard what others do not get. The first round
 * begins with the first shard.
 */
export function ownsTask(shard: Shard | undefined, slot: number): boolean {
  if (shard === undefined) return true;
  const {index, of} = shard;
  const turn = scatter(Math.floor(slot / of)) % of;
  return ((slot % of) + turn) % of === index - 1;
}

/** MurmurHash3's finaliser: a number below 2^32 that looks like chance, the same everywhere; 0 for 0. */
function scatter(round: number): number {
  let hash = round ^ (round >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
