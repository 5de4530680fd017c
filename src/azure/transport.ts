import {Pool} from 'undici';
import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {ByteStream, type StreamedReply} from './byte-stream.ts';
import {createConnector} from './connector.ts';
import type {DeadlineLimits} from './deadlines.ts';
import {type DecoderFactory, type DecompressLimits, decoderFor, decompress} from './decompress.ts';
import {Exchange, type ExchangeReader, type ExchangeSettings} from './exchange.ts';
import type {ReplyHeaders} from './reply-headers.ts';

/** Limits of one exchange. Times in milliseconds. */
export interface TransportLimits extends DeadlineLimits {
  /** From the wish for a connection to its being open, TLS included. */
  readonly connectMs: number;
  /** Replies beyond this are refused, not kept. */
  readonly maxBodyBytes: number;
}

/** A model may think for minutes before its first byte, but a reply that has begun does not stop for long. */
const defaultLimits: TransportLimits = {
  connectMs: 10_000,
  firstByteMs: 600_000,
  idleMs: 120_000,
  callMs: 900_000,
  maxBodyBytes: 67_108_864,
};

export interface TransportOptions {
  readonly origin: string;
  readonly limits?: Partial<TransportLimits> | undefined;
  /** Sockets at most; without it one for every call in flight. */
  readonly connections?: number | undefined;
  readonly clock: Clock;
  readonly redact: Redact;
}

export interface PostRequest {
  /** Path and query. */
  readonly target: string;
  /** Name, value, name, value, … */
  readonly headers: string[];
  readonly body: string;
  readonly cancellation: Cancellation;
  /** Milliseconds for this exchange as a whole, where that is less than the limit of all. */
  readonly timeoutMs?: number | undefined;
}

/** A whole reply. */
export interface BufferedReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: Buffer;
}

/** Posts to one origin over kept-alive HTTP/1.1 connections. Redirects are not followed, nothing is tried twice. */
export interface Transport {
  /** Fails with a `CallError`, or with the cancellation's reason. Any status is a reply. */
  post(request: PostRequest): Promise<BufferedReply>;
  /** Resolves when the reply's headers are in. */
  stream(request: PostRequest): Promise<StreamedReply>;
  /** Breaks off what runs and closes every connection. */
  close(): Promise<void>;
}

// Longer than the library's 4 s, so that calls with pauses between them do not pay for a handshake each.
const keepAliveMs = 30_000;

/** Makes the transport; nothing is opened until the first call. */
export function createTransport(options: TransportOptions): Transport {
  const {origin, clock, redact} = options;
  const {connectMs, maxBodyBytes, ...limits} = {...defaultLimits, ...options.limits};
  const connector = createConnector(clock, connectMs);
  const settings: ExchangeSettings = {clock, limits, maxBodyBytes, origin, redact};
  const pool = new Pool(origin, {
    connections: options.connections ?? null,
    pipelining: 1,
    connect: connector.connect,
    keepAliveTimeout: keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
  const send = (request: PostRequest, reader: ExchangeReader): Exchange => {
    const {target, headers, body, cancellation, timeoutMs} = request;
    const exchange = new Exchange(reader, cancellation, withTimeout(settings, timeoutMs));
    pool.dispatch({path: target, method: 'POST', headers, body}, exchange);
    return exchange;
  };
  return {
    post: (request) =>
      request.cancellation.reason === undefined
        ? new Promise((resolve, reject) => send(request, new BodyCollector(resolve, reject, settings)))
        : Promise.reject(request.cancellation.reason),
    stream: (request) =>
      request.cancellation.reason === undefined
        ? new Promise((resolve, reject) => {
            const stream = new ByteStream((reply) => resolve(asMeant(reply, settings)), reject);
            stream.attach(send(request, stream));
          })
        : Promise.reject(request.cancellation.reason),
    async close() {
      connector.close();
      await pool.destroy();
    },
  };
}

function withTimeout(settings: ExchangeSettings, timeoutMs: number | undefined): ExchangeSettings {
  const {limits} = settings;
  if (timeoutMs === undefined || timeoutMs >= limits.callMs) return settings;
  return {...settings, limits: {...limits, callMs: timeoutMs}};
}

function asMeant(reply: StreamedReply, limits: DecompressLimits): StreamedReply {
  const decoder = decoderFor(reply.headers);
  return decoder === undefined ? reply : {...reply, chunks: decompress(reply.chunks, decoder, limits)};
}

class BodyCollector implements ExchangeReader {
  readonly #resolve: (reply: BufferedReply) => void;
  readonly #reject: (error: Error) => void;
  readonly #limits: DecompressLimits;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #headers: ReplyHeaders = {};

  constructor(
    resolve: (reply: BufferedReply) => void,
    reject: (error: Error) => void,
    limits: DecompressLimits,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#limits = limits;
  }

  onHeaders(status: number, headers: ReplyHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onChunk(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onEnd(): void {
    const decoder = decoderFor(this.#headers);
    if (decoder === undefined || this.#chunks.length === 0) this.#finish(this.#chunks);
    else void this.#decompress(decoder);
  }

  onFailure(error: Error): void {
    this.#reject(error);
  }

  async #decompress(decoder: DecoderFactory): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of decompress(this.#chunks, decoder, this.#limits)) chunks.push(chunk);
    } catch (error) {
      // Some proxies unpack a body and leave its header as it was: what cannot be unpacked is read as it came.
      if (error instanceof CallError && error.effect === 'retry') this.#finish(this.#chunks);
      else this.#reject(error as Error);
      return;
    }
    this.#finish(chunks);
  }

  #finish(chunks: readonly Buffer[]): void {
    const [first] = chunks;
    // Most replies are one piece: no need to copy it.
    const body = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
    this.#resolve({status: this.#status, headers: this.#headers, body});
  }
}
