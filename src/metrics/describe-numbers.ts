export interface NumberDescription {
  readonly count: number;
  readonly mean: number;
  readonly max: number;
  readonly min: number;
  /** Of an even count the mean of the two in the middle. */
  readonly median: number;
  /** With n − 1; undefined below two values. */
  readonly std: number | undefined;
}

/**
 * Describes the values that are there (NaN is not), and sorts them; undefined when none is. Sums are compensated, so order and size do
 * no harm.
 */
export function describeNumbers(values: Float64Array): NumberDescription | undefined {
  const count = countPresent(values.sort());
  if (count === 0) return undefined;
  const present = values.subarray(0, count);
  const mean = sum(present) / count;
  return {
    count,
    mean,
    max: present[count - 1] ?? mean,
    min: present[0] ?? mean,
    median: quantileOfSorted(present, 0.5),
    std: count < 2 ? undefined : Math.sqrt(squaredDeviations(present, mean) / (count - 1)),
  };
}

/** Sorting puts what is no number behind. */
function countPresent(sorted: Float64Array): number {
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1])) count--;
  return count;
}

/** The quantile `q` (0 to 1) of sorted values, linear between neighbours, as NumPy's default; NaN of no values. */
export function quantileOfSorted(sorted: Float64Array, q: number): number {
  const place = q * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  const share = place - Math.floor(place);
  return share === 0.5 ? (below + above) / 2 : below + (above - below) * share;
}

/** The sum, with what each addition loses carried along (Neumaier). */
export function sum(values: Iterable<number>): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

function squaredDeviations(values: Float64Array, mean: number): number {
  return sum(squares());
  function* squares(): Generator<number> {
    for (const value of values) yield (value - mean) ** 2;
  }
}
