import {type IncomingHttpHeaders, type ServerResponse, STATUS_CODES} from 'node:http';
import type {Dispatcher} from 'undici';
import type {Clock} from '../../core/clock.ts';
import {CancelledError} from '../../core/errors.ts';
import {cutConnection, resetConnection} from '../cut-connection.ts';
import type {HeaderList} from '../wire/reply.ts';
import type {Chunk, RecordedReply} from './exchange-record.ts';
import {toClientHeaders} from './passed-headers.ts';

/** How passing on a request ended. */
export type Relayed =
  /** Headers are as the client got them. No reply: the connection broke before there was one. */
  | {readonly kind: 'passed'; readonly reply: RecordedReply | undefined}
  /** Passed whole, but too large to be kept. */
  | {readonly kind: 'too-large'; readonly status: number}
  /** Nothing was sent; the client has no reply yet. */
  | {readonly kind: 'unreachable'; readonly error: Error}
  /** The client did not wait for the end. */
  | {readonly kind: 'left'; readonly status: number | undefined};

/** What is sent on. */
export interface RelayedRequest {
  /** Path and query. */
  readonly target: string;
  readonly method: string;
  readonly headers: string[];
  readonly body: Buffer;
}

export interface RelayDeps {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** Replies beyond it pass without being kept. */
  readonly mostBytes: number;
  /** Told when a reply begins. */
  readonly onHead: (status: number, headers: HeaderList) => void;
}

/**
 * Sends a request on and its reply back, each piece as it comes, no faster than the client reads. A client that leaves
 * ends the request; a reply that breaks off breaks off for the client too.
 */
export function relay(
  {target, method, headers, body}: RelayedRequest,
  response: ServerResponse,
  deps: RelayDeps,
): Promise<Relayed> {
  return new Promise((resolve) => {
    const handler = new Relay(response, deps, resolve);
    const options = {path: target, method, headers};
    deps.dispatcher.dispatch({...options, body: body.length === 0 ? null : body}, handler);
  });
}

type Head = Omit<RecordedReply, 'chunks' | 'ending'>;

class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #deps: RelayDeps;
  readonly #resolve: (relayed: Relayed) => void;
  readonly #chunks: Chunk[] = [];
  readonly #onClose = (): void => this.#leave();
  #controller: Dispatcher.DispatchController | undefined;
  #startMs: number | undefined;
  #head: Head | undefined;
  #bytes = 0;
  #isOver = false;

  constructor(response: ServerResponse, deps: RelayDeps, resolve: (relayed: Relayed) => void) {
    this.#response = response;
    this.#deps = deps;
    this.#resolve = resolve;
    response.once('close', this.#onClose);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new CancelledError('the client left'));
    else this.#startMs = this.#deps.clock.monotonic();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage = '',
  ): void {
    if (status < 200 || this.#isOver) return;
    const passed = toClientHeaders(headers);
    const statusText = statusMessage === STATUS_CODES[status] ? undefined : printable(statusMessage);
    this.#head = {status, statusText, headers: passed, headersMs: this.#ageMs()};
    this.#deps.onHead(status, passed);
    writeHead(this.#response, this.#head, passed);
    this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    // A copy: a piece of a few bytes would keep the whole buffer that it was read into.
    const bytes = Buffer.from(chunk);
    this.#bytes += bytes.length;
    if (this.#bytes <= this.#deps.mostBytes) this.#chunks.push({ms: this.#ageMs(), bytes});
    else this.#chunks.length = 0;
    if (this.#response.write(bytes)) return;
    controller.pause();
    this.#response.once('drain', () => {
      if (!this.#isOver) controller.resume();
    });
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#finish('end');
    this.#response.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    if (this.#startMs === undefined) {
      this.#settle({kind: 'unreachable', error});
      return;
    }
    this.#finish('cut');
    if (this.#head === undefined) resetConnection(this.#response);
    else cutConnection(this.#response);
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#settle({kind: 'left', status: this.#head?.status});
    this.#controller?.abort(new CancelledError('the client left'));
  }

  #finish(ending: RecordedReply['ending']): void {
    const head = this.#head;
    if (head === undefined) this.#settle({kind: 'passed', reply: undefined});
    else if (this.#bytes > this.#deps.mostBytes) this.#settle({kind: 'too-large', status: head.status});
    else this.#settle({kind: 'passed', reply: {...head, chunks: this.#chunks, ending}});
  }

  #settle(relayed: Relayed): void {
    this.#isOver = true;
    this.#response.off('close', this.#onClose);
    this.#resolve(relayed);
  }

  #ageMs(): number {
    return Math.round(this.#deps.clock.monotonic() - (this.#startMs ?? 0));
  }
}

/** Writes status and headers; the status's usual text where there is no other. */
function writeHead(response: ServerResponse, {status, statusText}: Head, headers: HeaderList): void {
  if (statusText === undefined) response.writeHead(status, [...headers]);
  else response.writeHead(status, statusText, [...headers]);
}

function printable(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, '');
}
