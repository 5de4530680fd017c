import type {JsonObject} from './json.ts';
import type {CallOptions} from './ports.ts';
import type {CallTrace} from './rollout.ts';

/** The protocols that a door of ours speaks. */
export type WireApi = 'chat' | 'responses' | 'embeddings';

/** A client's request as it came through a door. */
export interface WireRequest {
  /** The protocol of `body`, and of the answer that is wanted. */
  readonly api: WireApi;
  /** As the client sent it; `stream: true` asks for events. */
  readonly body: JsonObject;
  /** The client's `authorization`, for deployments that pass it on; no other header of a client goes upstream. */
  readonly authorization?: string | undefined;
  /** How long one try at a deployment may take, its last byte included; undefined: no limit of the request's own. */
  readonly tryTimeoutMs?: number | undefined;
}

/** Server-sent events in the protocol that was asked for. Leaving the loop early breaks the upstream call off. */
export interface WireEvents {
  readonly kind: 'events';
  /** Each holds whole events. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A whole JSON body in the protocol that was asked for. */
export interface WireBody {
  readonly kind: 'body';
  readonly bytes: Uint8Array | string;
}

/** What is learnt about an answer while it passes; complete when its last byte has. */
export interface WireFacts {
  /** The model's name as the service gives it. */
  responseModel?: string | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cachedTokens?: number | undefined;
  reasoningTokens?: number | undefined;
  /** Each choice's `finish_reason`, or a response's `status`. */
  finishReasons?: readonly string[] | undefined;
  /** An error that came inside the stream, in a word. */
  errorCode?: string | undefined;
}

/** A deployment's answer to a door: a success. Failures are thrown. */
export interface WireAnswer {
  readonly content: WireEvents | WireBody;
  /** The service's headers that a client may use (ids, rate limits), by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** For events: up to the reply's headers. */
  readonly trace: CallTrace;
  readonly facts: WireFacts;
}

/**
 * Answers a client's request in the client's own protocol. Fails with a `CallError`, whose `body` and `httpStatus` are the
 * service's where there is one, or with the cancellation's reason. A stream that breaks after it began ends with an
 * error event of its protocol, never with an exception.
 */
export type WireModel = (request: WireRequest, options: CallOptions) => Promise<WireAnswer>;
