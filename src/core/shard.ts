/** A job's share of a run that several jobs collect together. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  /** How many there are. */
  readonly of: number;
}

/** What a user says of the share: which it is, or that the job's scheduler tells. */
export type ShardSetting =
  | {readonly kind: 'named'; readonly shard: Shard}
  /** `of`: how many there are, where the scheduler does not say. */
  | {readonly kind: 'auto'; readonly of: number | undefined};

/** How a share is written, in words. */
export const shardForm =
  'a share, of eight one from 1/8 to 8/8, or auto, or auto/8 where the scheduler does not say how many there are';

/** Reads `I/N`, `auto` or `auto/N`; undefined for anything else, a share beyond the last included. */
export function parseShard(text: string): ShardSetting | undefined {
  const match = /^\s*(auto|\d+)(?:\s*\/\s*(\d+))?\s*$/.exec(text);
  if (match === null) return undefined;
  const [, first, last] = match;
  const of = last === undefined ? undefined : Number(last);
  if (of !== undefined && (of < 1 || !Number.isSafeInteger(of))) return undefined;
  if (first === 'auto') return {kind: 'auto', of};
  const index = Number(first);
  if (of === undefined || index < 1 || index > of) return undefined;
  return {kind: 'named', shard: {index, of}};
}

/** As it is given with `--shard`. */
export function formatShard({index, of}: Shard): string {
  return `${String(index)}/${String(of)}`;
}

/** Which shard a run was, as its JSON summaries tell; nothing where it was the whole. */
export function shardToJson(shard: Shard | undefined): {readonly shard?: string} {
  return shard === undefined ? {} : {shard: formatShard(shard)};
}
