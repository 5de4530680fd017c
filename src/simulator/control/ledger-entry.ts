import {authKind} from '../checks/authorize.ts';
import type {Exchange} from '../exchange.ts';
import type {Reply} from '../wire/reply.ts';
import type {LedgerEntry} from './ledger.ts';

export interface EntryContext {
  readonly reply: Reply;
  /** Name of the layer that replied. */
  readonly layer: string;
  /** Unix milliseconds. */
  readonly arrivedAt: number;
  readonly requestId: string;
}

const longestText = 200;

/** The ledger's line for an exchange that has its reply, not yet sent. */
export function toLedgerEntry(
  exchange: Exchange,
  {reply, layer, arrivedAt, requestId}: EntryContext,
): LedgerEntry {
  const {call, admission, generation, fault, headers} = exchange;
  const clientRequestId = headers['x-ms-client-request-id'];
  return {
    sequence: exchange.sequence,
    arrived_at: arrivedAt,
    method: exchange.method,
    path: exchange.path.slice(0, longestText),
    deployment: call?.deployment.name ?? null,
    operation: exchange.route?.operation ?? null,
    api_version: exchange.apiVersion?.slice(0, longestText) ?? null,
    auth: authKind(headers),
    client_request_id: typeof clientRequestId === 'string' ? clientRequestId.slice(0, longestText) : null,
    request_id: requestId,
    stream: call?.stream ?? false,
    decision: layer,
    status: reply.kind === 'whole' || reply.kind === 'stream' ? reply.status : null,
    fault: fault?.kind ?? null,
    cost: exchange.cost ?? null,
    remaining_requests: admission?.remainingRequests ?? null,
    remaining_tokens: admission?.remainingTokens ?? null,
    prompt_tokens: generation?.promptTokens ?? null,
    completion_tokens: generation?.completionTokens ?? null,
    ended: null,
    duration_ms: null,
  };
}
