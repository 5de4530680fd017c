import type {RateLimits} from '../core/rate-limits.ts';
import {parseDurationMs} from './duration-text.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';

/** What a reply's headers tell about the deployment's quota. Members that the service did not give are missing. */
export interface RateLimitSnapshot extends RateLimits {
  readonly resetRequestsMs?: number | undefined;
  readonly resetTokensMs?: number | undefined;
}

/** What a success says about the limits and what is left; undefined where it says nothing. */
export function readRateLimits(headers: ReplyHeaders): RateLimits | undefined {
  if (isSpilledOver(headers)) return {isSpilledOver: true};
  const saysNothing =
    headers['azure-openai-deployment-utilization'] === undefined &&
    headers['x-ratelimit-limit-tokens'] === undefined &&
    headers['x-ratelimit-remaining-tokens'] === undefined &&
    headers['x-ratelimit-limit-requests'] === undefined &&
    headers['x-ratelimit-remaining-requests'] === undefined;
  return saysNothing ? undefined : readLimits(headers);
}

/** Whether a reply is that of the deployment behind the one that was asked (azure-openai.md §5.1): its limits are not ours. */
export function isSpilledOver(headers: ReplyHeaders): boolean {
  return headers['x-ms-spillover-from-deployment'] !== undefined;
}

/** Reads `x-ratelimit-*` and the utilisation header, with the service's quirks (azure-openai.md §4.4). */
export function parseRateLimits(headers: ReplyHeaders, nowMs: number): RateLimitSnapshot {
  return {
    ...readLimits(headers),
    resetRequestsMs: parseReset(headers, 'requests', nowMs),
    resetTokensMs: parseReset(headers, 'tokens', nowMs),
  };
}

function readLimits(headers: ReplyHeaders): RateLimits {
  return {
    limitRequests: parseLimit(headerOf(headers, 'x-ratelimit-limit-requests')),
    limitTokens: parseLimit(headerOf(headers, 'x-ratelimit-limit-tokens')),
    remainingRequests: parseRemaining(headers, 'requests'),
    remainingTokens: parseRemaining(headers, 'tokens'),
    utilization: parseUtilization(headerOf(headers, 'azure-openai-deployment-utilization')),
  };
}

function parseLimit(text: string | undefined): number | undefined {
  const value = parseCount(text);
  return value !== undefined && value > 0 ? value : undefined;
}

/** Remaining 0 beside a limit of 0 or −1 is the Responses API's way to say nothing. */
function parseRemaining(headers: ReplyHeaders, kind: 'requests' | 'tokens'): number | undefined {
  const value = parseCount(headerOf(headers, `x-ratelimit-remaining-${kind}`));
  if (value === undefined || value < 0) return undefined;
  const limit = headerOf(headers, `x-ratelimit-limit-${kind}`);
  if (value === 0 && limit !== undefined && parseLimit(limit) === undefined) return undefined;
  return value;
}

function parseReset(headers: ReplyHeaders, kind: 'requests' | 'tokens', nowMs: number): number | undefined {
  const text =
    headerOf(headers, `x-ratelimit-reset-${kind}`) ?? headerOf(headers, `x-rate-limit-reset-${kind}`);
  return text === undefined ? undefined : parseDurationMs(text, nowMs);
}

function parseUtilization(text: string | undefined): number | undefined {
  const match = text === undefined ? null : /^\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(text);
  return match === null ? undefined : Number(match[1]) / 100;
}

function parseCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*-?\d+\s*$/.test(text) ? Number(text) : undefined;
}
