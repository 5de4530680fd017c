import {quantileOfSorted} from './describe-numbers.ts';
import type {ValueColumn} from './value-column.ts';

/** Milliseconds; exact, linear between neighbours. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Of times in tenths of a millisecond, which as whole numbers take half the room; undefined when there are none. */
export function latencyOf(tenths: ValueColumn): Latency | undefined {
  if (tenths.length === 0) return undefined;
  const sorted = tenths.values().sort();
  const quantile = (q: number): number => quantileOfSorted(sorted, q) / 10;
  return {
    count: sorted.length,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    max: quantile(1),
  };
}
