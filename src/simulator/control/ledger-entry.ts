import {authKind} from '../checks/authorize.ts';
import type {Exchange} from '../exchange.ts';
import type {LedgerEntry} from './ledger.ts';

export interface EntryContext {
  /** Null where no reply is sent. */
  readonly status: number | null;
  /** Name of the layer that replied. */
  readonly layer: string;
  /** Unix milliseconds. */
  readonly arrivedAt: number;
  readonly requestId: string;
  /** Where there is no call that names it. */
  readonly deployment?: string | undefined;
}

const longestText = 200;

/** The ledger's line for an exchange that has its reply, not yet sent whole. */
export function toLedgerEntry(
  exchange: Exchange,
  {status, layer, arrivedAt, requestId, deployment}: EntryContext,
): LedgerEntry {
  const {call, generation, headers} = exchange;
  return {
    sequence: exchange.sequence,
    arrived_at: arrivedAt,
    method: exchange.method,
    path: exchange.path.slice(0, longestText),
    deployment: orNull(call?.deployment.name ?? deployment),
    operation: orNull(exchange.route?.operation),
    api_version: clipped(exchange.apiVersion),
    auth: authKind(headers),
    client_request_id: clipped(headers['x-ms-client-request-id']),
    request_id: requestId,
    stream: call?.stream === true,
    decision: layer,
    status,
    fault: orNull(exchange.fault?.kind),
    cost: orNull(exchange.cost),
    ...roomLeft(exchange),
    prompt_tokens: orNull(generation?.promptTokens),
    completion_tokens: orNull(generation?.completionTokens),
    ended: null,
    duration_ms: null,
  };
}

function roomLeft({admission, utilization, spillOver}: Exchange) {
  return {
    remaining_requests: orNull(admission?.remainingRequests),
    remaining_tokens: orNull(admission?.remainingTokens),
    utilization: utilization === undefined ? null : Math.round(utilization * 1_000) / 1_000,
    spilled_from: orNull(spillOver?.from),
    spillover_error: orNull(spillOver?.status),
  };
}

function orNull<T>(value: T | undefined): T | null {
  return value ?? null;
}

function clipped(text: string | string[] | undefined): string | null {
  return typeof text === 'string' ? text.slice(0, longestText) : null;
}
