import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {writeExactJson} from '../core/exact-json.ts';
import type {JsonObject} from '../core/json.ts';
import type {CallOptions, Redact} from '../core/ports.ts';
import {createRedactor} from '../core/redact.ts';
import type {Credentials, SignedHeader} from './credentials.ts';
import {checkHeaders} from './custom-headers.ts';
import type {AzureEndpoint} from './endpoint.ts';
import type {AzureOperation} from './endpoint-layout.ts';
import {type AzureCallError, type ErrorContext, toCallError, toInnerError} from './errors.ts';
import {redactUrl, renderTarget, renderUrl} from './render-url.ts';
import {parseReplyBody} from './reply-body.ts';
import {type ReplyFacts, readFacts} from './reply-facts.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';
import {
  type BufferedReply,
  createTransport,
  type PostRequest,
  type Transport,
  type TransportLimits,
} from './transport.ts';

export interface AzureClientOptions {
  readonly endpoint: AzureEndpoint;
  /** The deployment of calls that name none; undefined where each names its own. */
  readonly deployment: string | undefined;
  readonly credentials: Credentials;
  readonly limits?: Partial<TransportLimits> | undefined;
  /** Sockets at most. */
  readonly poolConnections?: number | undefined;
  readonly clock: Clock;
  /** Must know every secret, those told to the credentials' `onSecret` included. */
  readonly redact: Redact;
  readonly userAgent: string;
  /** Further headers of every request, e.g. what a gateway asks for. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An id for one HTTP exchange, sent as `x-ms-client-request-id`. */
  readonly newRequestId: () => string;
}

/** What one call has of its own. */
export interface AzureCallOptions extends CallOptions {
  /** In the place of the client's. */
  readonly deployment?: string | undefined;
  /** The `authorization` of whoever asks for it, for credentials that pass it on. */
  readonly authorization?: string | undefined;
  /** Milliseconds for the whole exchange, where that is less than the client's limit. */
  readonly timeoutMs?: number | undefined;
}

/** A successful reply. */
export interface AzureReply {
  readonly body: JsonObject;
  /** The same as it came. */
  readonly bytes: Buffer;
  readonly headers: ReplyHeaders;
  readonly facts: ReplyFacts;
}

/** A successful reply to a request for a stream: events as they come, or a whole body where the server does not stream. */
export type AzureStream =
  | {
      readonly kind: 'events';
      readonly chunks: AsyncIterable<Buffer>;
      readonly facts: ReplyFacts;
      readonly headers: ReplyHeaders;
    }
  | ({readonly kind: 'body'} & AzureReply);

/** Calls one deployment. Nothing is tried twice, but for one renewal of a token that was refused. */
export interface AzureClient {
  /** Fails with a `CallError`, or with the cancellation's reason. */
  post(operation: AzureOperation, body: JsonObject, options: AzureCallOptions): Promise<AzureReply>;
  /** Resolves when the reply has begun; leaving `chunks` early closes the connection. */
  stream(operation: AzureOperation, body: JsonObject, options: AzureCallOptions): Promise<AzureStream>;
  /** Names an error that came inside a reply that began as a success; `options` are those of the call. */
  describeInnerError(
    operation: AzureOperation,
    error: JsonObject,
    headers: ReplyHeaders,
    options?: AzureCallOptions,
  ): AzureCallError;
  close(): Promise<void>;
}

/** Makes the client; nothing is opened until the first call. */
export function createAzureClient(options: AzureClientOptions): AzureClient {
  return new PooledClient(options);
}

// What is no stream by its own word; events are believed under any other type.
const wholeBody = /^\s*(application\/json|text\/html)\b/i;

interface Sent<T> {
  readonly reply: T;
  readonly exchanges: number;
}

class PooledClient implements AzureClient {
  readonly #options: AzureClientOptions;
  readonly #transport: Transport;
  readonly #targets = new Map<AzureOperation, string>();
  readonly #postHeaders: readonly string[];
  readonly #streamHeaders: readonly string[];

  constructor(options: AzureClientOptions) {
    const {endpoint, limits, poolConnections, clock, redact, userAgent} = options;
    this.#options = options;
    this.#transport = createTransport({
      origin: endpoint.origin,
      limits,
      connections: poolConnections,
      clock,
      redact,
    });
    // Without a word about encodings a proxy may compress, which costs more than it saves on texts so short.
    const encoding = ['content-type', 'application/json', 'accept-encoding', 'identity'];
    const common = [...encoding, 'user-agent', userAgent, ...checkHeaders(options.headers ?? {})];
    this.#postHeaders = [...common, 'accept', 'application/json'];
    this.#streamHeaders = [...common, 'accept', 'text/event-stream'];
  }

  async post(operation: AzureOperation, body: JsonObject, options: AzureCallOptions): Promise<AzureReply> {
    const call: Call = {operation, body, options, headers: this.#postHeaders};
    const sent = await this.#send(
      (request) => this.#transport.post(request),
      (reply) => reply,
      call,
    );
    return this.#toReply(call, sent.reply, sent.exchanges);
  }

  async stream(operation: AzureOperation, body: JsonObject, options: AzureCallOptions): Promise<AzureStream> {
    const call: Call = {operation, body, options, headers: this.#streamHeaders};
    const {reply, exchanges} = await this.#send(
      (request) => this.#transport.stream(request),
      async ({status, headers, chunks}) => ({status, headers, body: await collect(chunks)}),
      call,
    );
    const {status, headers, chunks} = reply;
    if (wholeBody.test(headerOf(headers, 'content-type') ?? '')) {
      const whole = {status, headers, body: await collect(chunks)};
      return {kind: 'body', ...this.#toReply(call, whole, exchanges)};
    }
    return {kind: 'events', chunks, facts: readFacts(headers, exchanges), headers};
  }

  describeInnerError(
    operation: AzureOperation,
    error: JsonObject,
    headers: ReplyHeaders,
    options?: AzureCallOptions,
  ): AzureCallError {
    return toInnerError(error, headers, this.#errorContext(operation, options));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** Sends, and sends once more if a token was refused and another can be had. Resolves with a success only. */
  async #send<T extends {readonly status: number; readonly headers: ReplyHeaders}>(
    transmit: (request: PostRequest) => Promise<T>,
    readFailure: (reply: T) => BufferedReply | Promise<BufferedReply>,
    call: Call,
  ): Promise<Sent<T>> {
    const {credentials} = this.#options;
    const text = writeExactJson(call.body);
    let refusal: {readonly signed: SignedHeader; readonly error: AzureCallError} | undefined;
    for (let exchanges = 1; ; exchanges++) {
      const signing = credentials.sign(call.options.authorization);
      const signed =
        signing instanceof Promise ? await unlessCancelled(signing, call.options.cancellation) : signing;
      if (refusal !== undefined && signed.value === refusal.signed.value) throw refusal.error;
      const reply = await transmit(this.#toRequest(call, text, signed));
      if (reply.status >= 200 && reply.status < 300) return {reply, exchanges};
      const error = toCallError(await readFailure(reply), this.#errorContext(call.operation, call.options));
      const isTokenRefused = reply.status === 401 && error.code === 'ERR_MODEL_AUTH';
      if (refusal !== undefined || !isTokenRefused || !credentials.refuse(signed)) throw error;
      refusal = {signed, error};
    }
  }

  #toRequest({operation, headers, options}: Call, body: string, signed: SignedHeader): PostRequest {
    return {
      target: this.#targetOf(operation, options),
      headers: [
        ...headers,
        'x-ms-client-request-id',
        this.#options.newRequestId(),
        signed.name,
        signed.value,
      ],
      body,
      cancellation: options.cancellation,
      timeoutMs: options.timeoutMs,
    };
  }

  #targetOf(operation: AzureOperation, {deployment}: AzureCallOptions): string {
    const {endpoint, deployment: own} = this.#options;
    if (own === undefined || (deployment ?? own) !== own) {
      return renderTarget(endpoint, operation, deployment ?? '');
    }
    let target = this.#targets.get(operation);
    if (target === undefined) {
      target = renderTarget(endpoint, operation, own);
      this.#targets.set(operation, target);
    }
    return target;
  }

  #toReply({operation, options}: Call, reply: BufferedReply, exchanges: number): AzureReply {
    const body = parseReplyBody(reply, () => this.#errorContext(operation, options));
    return {body, bytes: reply.body, headers: reply.headers, facts: readFacts(reply.headers, exchanges)};
  }

  #errorContext(operation: AzureOperation, options?: AzureCallOptions): ErrorContext {
    const {endpoint, credentials, redact: redactOwn, clock} = this.#options;
    const deployment = options?.deployment ?? this.#options.deployment ?? '';
    const passed = options?.authorization;
    const redactPassed =
      passed === undefined
        ? undefined
        : createRedactor([passed, passed.slice(passed.lastIndexOf(' ') + 1)]).redact;
    const redact: Redact = (text) => redactOwn(redactPassed?.(text) ?? text);
    return {
      url: redact(redactUrl(renderUrl(endpoint, operation, deployment))),
      deployment,
      apiVersion: endpoint.apiVersion,
      credential: credentials.kind,
      redact,
      nowMs: clock.now(),
    };
  }
}

interface Call {
  readonly operation: AzureOperation;
  readonly body: JsonObject;
  readonly options: AzureCallOptions;
  readonly headers: readonly string[];
}

/** Fetching a token cannot be broken off, but nobody has to wait for it. */
function unlessCancelled<T>(promise: Promise<T>, cancellation: Cancellation): Promise<T> {
  if (cancellation.reason !== undefined) return Promise.reject(cancellation.reason);
  return new Promise((resolve, reject) => {
    const stopListening = cancellation.onCancel(reject);
    promise.then(resolve, reject).finally(stopListening);
  });
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const collected: Buffer[] = [];
  for await (const chunk of chunks) collected.push(chunk);
  return Buffer.concat(collected);
}
