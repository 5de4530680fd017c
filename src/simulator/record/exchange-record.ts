import type {HeaderList} from '../wire/reply.ts';

/** A piece of a body, with the milliseconds from the sending of the request to its arrival. */
export interface Chunk {
  readonly ms: number;
  readonly bytes: Buffer;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty if there is none. */
  readonly query: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface RecordedReply {
  readonly status: number;
  /** Only where it is not the status's usual one. */
  readonly statusText: string | undefined;
  readonly headers: HeaderList;
  readonly headersMs: number;
  readonly chunks: readonly Chunk[];
  /** Whether it came to its end or the connection broke before. */
  readonly ending: 'end' | 'cut';
}

/** One request and what came back, as it is kept: without secrets. */
export interface ExchangeRecord {
  readonly request: RecordedRequest;
  /** Undefined: the connection broke before there was a reply. */
  readonly reply: RecordedReply | undefined;
}
