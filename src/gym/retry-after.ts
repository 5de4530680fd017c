import type {ReplyHeaders} from './http-exchange.ts';

/** Milliseconds that a reply asks to wait: `retry-after-ms`, or `Retry-After` as seconds or as a date. Undefined if it does not ask. */
export function retryAfterMs(headers: ReplyHeaders, nowMs: number): number | undefined {
  const ms = numberIn(headers['retry-after-ms']);
  if (ms !== undefined) return ms;
  const value = firstOf(headers['retry-after']);
  if (value === undefined) return undefined;
  const seconds = numberIn(value);
  if (seconds !== undefined) return seconds * 1_000;
  // Only what looks like an HTTP date: Date.parse accepts a great deal else.
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

function numberIn(value: string | string[] | undefined): number | undefined {
  const text = firstOf(value)?.trim() ?? '';
  return /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : undefined;
}
