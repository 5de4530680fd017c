const unitMs: Readonly<Record<string, number>> = {d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000};

/** What a duration looks like, for messages. */
export const durationForm = 'a duration such as 90s, 15m, 2h or 1h30m';

/** The milliseconds of `90s`, `15m`, `2h`, `1h30m`: numbers with units, the larger unit first. Undefined for all else, and for nothing at all. */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(
    text.trim().toLowerCase(),
  );
  if (match === null) return undefined;
  const ms = ['d', 'h', 'm', 's'].reduce(
    (sum, unit, index) => sum + Number(match[index + 1] ?? 0) * (unitMs[unit] ?? 0),
    0,
  );
  return ms > 0 ? ms : undefined;
}
