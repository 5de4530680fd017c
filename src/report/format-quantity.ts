/** A count with thousands set apart: `12,345`. By hand, because the first use of a locale costs tens of milliseconds. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A count with what it counts: `1 call`, `2 calls`. */
export function formatCounted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A time as people say it: `48 ms`, `3.2 s`, `4 min 05 s`, `2 h 03 min`. Rounded to the unit shown. */
export function formatDuration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${String(Math.round(milliseconds))} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${String(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** A share of a whole in per cent, never rounded to all or nothing when it is neither. */
export function formatShare(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  if (part === whole) return '100 %';
  const percent = Math.min(99.9, Math.max(0.1, (100 * part) / whole));
  return `${percent.toFixed(1)} %`;
}

/** US dollars: cents from a dollar up, three digits that count below. */
export function formatUsd(usd: number): string {
  if (usd >= 1 || usd === 0) return `$${usd.toFixed(2).replaceAll(/\B(?=(?:\d{3})+\.)/g, ',')}`;
  const decimals = Math.min(9, 2 - Math.floor(Math.log10(usd)));
  return `$${usd.toFixed(decimals)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
