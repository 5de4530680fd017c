import type {IncomingMessage, ServerResponse} from 'node:http';
import {CancellationSource} from '../../core/cancellation.ts';
import type {Clock} from '../../core/clock.ts';
import {CancelledError} from '../../core/errors.ts';
import type {JsonObject} from '../../core/json.ts';
import type {Logger, Redact} from '../../core/ports.ts';
import type {ServedRequest} from '../telemetry/access-log.ts';
import type {Telemetry} from '../telemetry/telemetry.ts';
import type {RequestNotes, ServiceRequest} from './service.ts';

export interface ExchangeContext {
  /** The instance's name. */
  readonly name: string;
  readonly kind: string;
  readonly telemetry: Telemetry;
  readonly redact: Redact;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** One request from its arrival to its last byte, or to where its connection ended, by whomever: then it is cancelled. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly notes: RequestNotes = {};
  readonly cancellation: CancellationSource = new CancellationSource();
  readonly #context: ExchangeContext;
  readonly #arrivedMs: number;
  /** Both the response has closed and its route has finished: only then is all known. */
  #partsOpen = 2;

  constructor(
    {request, response}: {readonly request: IncomingMessage; readonly response: ServerResponse},
    context: ExchangeContext,
  ) {
    this.request = request;
    this.response = response;
    this.#context = context;
    this.#arrivedMs = context.clock.monotonic();
    context.telemetry.requestBegan(context.name, context.kind);
    response.once('close', () => {
      if (!response.writableFinished) this.cancellation.cancel(new CancelledError('the connection ended'));
      this.#end();
    });
    // Of a connection that broke while it was written to; its close says all there is.
    response.on('error', () => undefined);
  }

  /** What the route sees of it. */
  toServiceRequest(body: JsonObject | undefined): ServiceRequest {
    const {request, cancellation, notes} = this;
    return new RoutedRequest({request, cancellation, notes}, body);
  }

  /** The route will do no more for it. */
  routeFinished(): void {
    this.#end();
  }

  /** Notes the time from the arrival to this moment as that of the first token, once. */
  noteFirstToken(): void {
    this.notes.firstTokenMs ??= this.#elapsed();
  }

  #end(): void {
    this.#partsOpen -= 1;
    if (this.#partsOpen > 0) return;
    const {name, telemetry, logger} = this.#context;
    try {
      telemetry.requestEnded(this.#describe());
    } catch (error) {
      logger.error(`${name}: a request was not counted: ${String(error)}`);
    }
  }

  #describe(): ServedRequest {
    const {request, response, notes} = this;
    const {name, kind, redact} = this.#context;
    return {
      server: name,
      kind,
      method: request.method ?? '',
      path: redact(pathOf(request)),
      status: response.writableFinished ? response.statusCode : 499,
      durationMs: this.#elapsed(),
      notes: withoutSecrets(notes, redact),
    };
  }

  #elapsed(): number {
    return this.#context.clock.monotonic() - this.#arrivedMs;
  }
}

/** What a client or a service wrote may be a key, be it by mistake. */
function withoutSecrets(notes: RequestNotes, redact: Redact): RequestNotes {
  const clean = {...notes};
  for (const name of ['requestModel', 'responseModel', 'upstreamRequestId', 'error'] as const) {
    const text = clean[name];
    if (text !== undefined) clean[name] = redact(text);
  }
  return clean;
}

const authority = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** A request's path, without the query; a client that thinks it talks to a proxy sends a whole URL. */
export function pathOf({url = ''}: IncomingMessage): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return path.startsWith('/') ? path : path.replace(authority, '') || '/';
}

class RoutedRequest implements ServiceRequest {
  readonly method: string;
  readonly headers: ServiceRequest['headers'];
  readonly cancellation: ServiceRequest['cancellation'];
  readonly notes: RequestNotes;
  readonly body: JsonObject | undefined;
  readonly #request: IncomingMessage;

  constructor(
    {request, cancellation, notes}: Pick<Exchange, 'request' | 'cancellation' | 'notes'>,
    body: JsonObject | undefined,
  ) {
    this.#request = request;
    this.method = request.method ?? '';
    this.headers = request.headers;
    this.cancellation = cancellation;
    this.notes = notes;
    this.body = body;
  }

  get path(): string {
    return pathOf(this.#request);
  }

  get query(): URLSearchParams {
    const {url = ''} = this.#request;
    const start = url.indexOf('?');
    return new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
  }
}
