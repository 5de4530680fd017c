import type {CallTrace} from '../core/rollout.ts';
import {requestIdOf} from './errors.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';

/** What a reply's headers tell about the exchange. */
export interface ReplyFacts {
  /** The service's own id of the exchange. */
  readonly requestId: string | undefined;
  /** Where it was answered. */
  readonly region: string | undefined;
  /** The deployment that answered, where the service names it; after a spillover not the one that was asked. */
  readonly servedBy: string | undefined;
  /** The deployment that was full, when this reply came from the one behind it. */
  readonly spilledFrom: string | undefined;
  /** The service's own time, in milliseconds, where it says. */
  readonly processingMs: number | undefined;
  /** A simulator answered. */
  readonly simulated: boolean;
  /** HTTP exchanges it took: two when a token was renewed. */
  readonly exchanges: number;
}

// What somebody may call a deployment.
const longestName = 64;

/** Which deployment could not serve the call, and which one the service had answer in its place. */
export function spillOverOf({spilledFrom, servedBy}: ReplyFacts): CallTrace['spilledOver'] {
  if (spilledFrom === undefined) return undefined;
  return {from: spilledFrom.slice(0, longestName), to: servedBy?.slice(0, longestName)};
}

/** Reads the headers worth recording (azure-openai.md §4.5); the rate limits' own are left to who needs them. */
export function readFacts(headers: ReplyHeaders, exchanges: number): ReplyFacts {
  const processing = headerOf(headers, 'openai-processing-ms');
  return {
    requestId: requestIdOf(headers),
    region: headerOf(headers, 'x-ms-region'),
    servedBy: headerOf(headers, 'x-ms-deployment-name'),
    spilledFrom: headerOf(headers, 'x-ms-spillover-from-deployment'),
    processingMs:
      processing !== undefined && /^\d+(\.\d+)?$/.test(processing) ? Number(processing) : undefined,
    simulated: headerOf(headers, 'x-rollcall-simulated') === 'true',
    exchanges,
  };
}
