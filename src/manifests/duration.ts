const units: Readonly<Record<string, number>> = {h: 3_600_000, m: 60_000, s: 1000, ms: 1};

/** Milliseconds of a Gateway API duration (`10s`, `1m30s`, `500ms`); undefined if it is none. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,5}(?:h|ms|m|s)){1,4}$/.test(text)) return undefined;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+)(h|ms|m|s)/g)) {
    total += Number(count) * (units[unit] ?? 0);
  }
  return total;
}
