import {createSlidingWindow, type SlidingWindow} from '../../core/sliding-window.ts';
import type {RateLimitSettings} from '../settings/simulator-settings.ts';

export interface Admission {
  readonly admitted: true;
  /** Undefined where there is no limit. */
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
}

export interface Rejection {
  readonly admitted: false;
  readonly exceeded: 'requests' | 'tokens';
  readonly retryAfterMs: number;
}

export interface RateLimiter {
  /** Decides about a request that arrives at `nowMs` (a clock that never goes back) and charges it. */
  admit(nowMs: number, tokens: number): Admission | Rejection;
}

export const requestWindowMs = 10_000;
export const tokenWindowMs = 60_000;
// A single request beyond the whole quota is told to come back in a day.
const neverMs = 86_400_000;

/**
 * The limiter of a pay-as-you-go deployment as measured (stuartleeks/aoai-testing, 2024): a sixth of the requests a
 * minute in any ten seconds, the tokens a minute in any sixty, both charged on arrival. A rejected request costs no
 * tokens, but takes up a request's place.
 */
export function createRateLimiter(settings: RateLimitSettings): RateLimiter {
  const requests = createSlidingWindow(requestWindowMs);
  const tokens = createSlidingWindow(tokenWindowMs);
  return {
    admit(nowMs, cost) {
      // Read each time: a service may change a deployment's limits while it is in use.
      const {requestsPerMinute, tokensPerMinute} = settings;
      const requestLimit =
        requestsPerMinute === undefined ? undefined : Math.max(1, Math.ceil(requestsPerMinute / 6));
      requests.expire(nowMs);
      tokens.expire(nowMs);
      const crowded = requestLimit !== undefined && requests.total >= requestLimit;
      const spent = tokensPerMinute !== undefined && tokens.total + cost > tokensPerMinute;
      if (requestLimit !== undefined) requests.add(nowMs, 1);
      if (crowded || spent) {
        // The wait counts this very rejection, so that a client that honours it is not turned away once more.
        const waits = [
          msUntilRoom(requests, requestLimit, {nowMs, cost: 1}),
          msUntilRoom(tokens, tokensPerMinute, {nowMs, cost}),
        ];
        return {admitted: false, exceeded: crowded ? 'requests' : 'tokens', retryAfterMs: Math.max(...waits)};
      }
      if (tokensPerMinute !== undefined) tokens.add(nowMs, cost);
      return {
        admitted: true,
        remainingRequests: requestLimit === undefined ? undefined : requestLimit - requests.total,
        remainingTokens: tokensPerMinute === undefined ? undefined : tokensPerMinute - tokens.total,
      };
    },
  };
}

function msUntilRoom(
  window: SlidingWindow,
  limit: number | undefined,
  {nowMs, cost}: {readonly nowMs: number; readonly cost: number},
): number {
  return limit === undefined ? 0 : (window.msUntilAtMost(limit - cost, nowMs) ?? neverMs);
}
