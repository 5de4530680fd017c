import type {IncomingHttpHeaders} from 'node:http';
import type {Cancellation} from '../../core/cancellation.ts';
import type {JsonObject, JsonValue} from '../../core/json.ts';

/** What a route learns about a request while it works on it: for the access log and the metrics, never content. */
export interface RequestNotes {
  /** `chat`, `responses`, `embeddings`, `verify`, `run`, … */
  operation?: string | undefined;
  /** The instance, route or backend that served it. */
  target?: string | undefined;
  deployment?: string | undefined;
  requestModel?: string | undefined;
  responseModel?: string | undefined;
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  /** Exchanges with the service, failed ones included. */
  calls?: number | undefined;
  queuedMs?: number | undefined;
  /** From the request's arrival to the first byte of the answer's stream. */
  firstTokenMs?: number | undefined;
  /** The service's own id. */
  upstreamRequestId?: string | undefined;
  /** The code of what went wrong. */
  error?: string | undefined;
}

/** One request to a route, its body read whole. */
export interface ServiceRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The body, an object; undefined for a request without one. */
  readonly body: JsonObject | undefined;
  /** Cancelled when the client goes away, or when the server stops at once. */
  readonly cancellation: Cancellation;
  /** Filled in by the route as it learns. */
  readonly notes: RequestNotes;
}

/** A route's answer. Bytes and text go out as they are, other values as JSON, a sequence of chunks as server-sent events. */
export interface ServiceReply {
  /** 200 unless said. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** `application/json` unless said. */
  readonly contentType?: string | undefined;
  readonly body: {readonly json: JsonValue} | {readonly bytes: Uint8Array | string} | ServiceEvents;
}

/** Chunks that go out one by one as they come, at the pace of who reads them. */
export interface ServiceEvents {
  readonly events: AsyncIterable<Uint8Array>;
  /** Tells the first chunk with something of the answer in it, whose time is noted; without it the first chunk is. */
  readonly isAnswer?: ((chunk: Uint8Array) => boolean) | undefined;
  /** Called once, after the last chunk or where the sequence broke off: for notes on what was learnt on the way. */
  readonly onEnd?: (() => void) | undefined;
}

/** A `RollcallError` that is thrown becomes an error body of the contract's shape, with its status. */
export type ServiceHandler = (request: ServiceRequest) => Promise<ServiceReply> | ServiceReply;

export interface ServiceRoute {
  /** `*` for every method (the handler refuses what it does not take). */
  readonly method: 'GET' | 'POST' | '*';
  /** A fixed path, all below one (`/v1/models/*`), or `*` for all that no other route has. */
  readonly path: string;
  /** What its bodies may hold, where that is more than the server takes elsewhere. */
  readonly bodyLimits?: BodyLimits | undefined;
  readonly handle: ServiceHandler;
}

/** How much a request's body may hold, unpacked. */
export interface BodyLimits {
  readonly bytes: number;
  /** Members of its objects and lists, at any depth: each costs memory however short it is. */
  readonly values: number;
}

/** An error answer of our own, in OpenAI's shape. */
export interface ServiceErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string | null;
    readonly param: string | null;
  };
}
