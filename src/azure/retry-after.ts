import {parseDurationMs} from './duration-text.ts';
import type {RateLimitSnapshot} from './rate-limit-headers.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';

/** What there is to learn from a refusal about how long to stay away. */
export interface RetryAfterInput {
  readonly headers: ReplyHeaders;
  readonly message: string;
  /** Used last, and only for refusals for want of quota. */
  readonly rateLimits?: RateLimitSnapshot | undefined;
  readonly nowMs: number;
}

/**
 * How long the service asks us to wait, in milliseconds and in full: the first usable of `retry-after-ms`,
 * `x-ms-retry-after-ms`, `Retry-After`, the message's own words, the later of the reset headers (azure-openai.md §4.4).
 */
export function retryAfterMs({headers, message, rateLimits, nowMs}: RetryAfterInput): number | undefined {
  const seconds = headerOf(headers, 'retry-after');
  return (
    parseMilliseconds(headerOf(headers, 'retry-after-ms')) ??
    parseMilliseconds(headerOf(headers, 'x-ms-retry-after-ms')) ??
    (seconds === undefined ? undefined : parseDurationMs(seconds, nowMs)) ??
    waitInWords(message) ??
    laterReset(rateLimits)
  );
}

function parseMilliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function waitInWords(message: string): number | undefined {
  const match =
    /\b(?:retry after|try again in|retry in|replenished in)\s+(\d{1,9}(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|s|minutes?|m)\b/i.exec(
      message,
    );
  if (match !== null) return Number(match[1]) * unitOf(match[2] ?? '');
  // A gateway's quota policy writes the clock time that is left.
  const clock = /\breplenished in (\d{1,6}):(\d{2}):(\d{2})\b/i.exec(message);
  if (clock === null) return undefined;
  return (Number(clock[1]) * 3_600 + Number(clock[2]) * 60 + Number(clock[3])) * 1_000;
}

function unitOf(word: string): number {
  if (/^m(s|illi)/i.test(word)) return 1;
  return /^m/i.test(word) ? 60_000 : 1_000;
}

function laterReset(rateLimits: RateLimitSnapshot | undefined): number | undefined {
  const {resetRequestsMs, resetTokensMs} = rateLimits ?? {};
  if (resetRequestsMs === undefined) return resetTokensMs;
  return resetTokensMs === undefined ? resetRequestsMs : Math.max(resetRequestsMs, resetTokensMs);
}
