/**
 * Measures each target once, one after the other, and gives the results in the targets' order. The order of measuring
 * turns from round to round, so that nobody always comes first.
 */
export async function inTurns(round, targets, measure) {
  const results = new Map();
  const order = targets.map((_, index) => targets[(index + Math.floor(round / 2)) % targets.length]);
  for (const target of round % 2 === 0 ? order : order.toReversed()) {
    results.set(target, await measure(target));
  }
  return targets.map((target) => results.get(target));
}

/** The middle value; of an even count the mean of the two in the middle; NaN of none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

/** `median 1.02 (0.98 to 1.10)` */
export function show(values) {
  const round = (value) => value.toFixed(2);
  return `median ${round(median(values))} (${round(Math.min(...values))} to ${round(Math.max(...values))})`;
}
