import type {Dispatcher} from 'undici';
import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CancelledError} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {type ExchangePhase, toNetworkFailure} from './network-failure.ts';
import {type RemoteFault, requestFailed, runFailed} from './remote-failure.ts';

/** Header values by lower-case name; lists where a name came more than once. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A whole reply, whatever its status. */
export interface GymReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly text: string;
}

/** Limits of one exchange in milliseconds; without one it may take as long as its cancellation lets it. */
export interface ExchangeLimits {
  /** From the request's sending to the first byte of its reply. */
  readonly firstByteMs?: number | undefined;
  /** The whole exchange, waiting for a connection included. */
  readonly callMs?: number | undefined;
}

export interface ExchangeSettings {
  readonly clock: Clock;
  readonly redact: Redact;
  readonly limits: ExchangeLimits;
  /** Replies beyond this are refused, not kept. */
  readonly maxBodyBytes: number;
  readonly fault: RemoteFault;
  /** The server's address, for people. */
  readonly address: string;
  readonly cancellation: Cancellation;
}

/** Hears how an exchange ended: exactly one of the two. */
export interface ExchangeEnd {
  readonly resolve: (reply: GymReply) => void;
  readonly reject: (error: Error) => void;
}

/** One request and its whole reply, within its limits and cancellable at any point. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #end: ExchangeEnd;
  readonly #settings: ExchangeSettings;
  readonly #stopListening: () => void;
  readonly #stopCallTimer: () => void;
  readonly #chunks: Buffer[] = [];
  #stopFirstByteTimer: () => void = () => undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: ExchangePhase = 'connecting';
  #status = 0;
  #headers: ReplyHeaders = {};
  #bytes = 0;
  #over: Error | 'done' | undefined;

  constructor(end: ExchangeEnd, settings: ExchangeSettings) {
    this.#end = end;
    this.#settings = settings;
    this.#stopCallTimer = this.#expireAfter(settings.limits.callMs, 'gave no whole reply');
    this.#stopListening = settings.cancellation.onCancel((reason) => this.#fail(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Cancelled in the queue: nothing has been sent yet, nothing shall be.
    if (this.#over !== undefined) {
      controller.abort(this.#over === 'done' ? new CancelledError('over') : this.#over);
      return;
    }
    this.#phase = 'waiting';
    this.#stopFirstByteTimer = this.#expireAfter(this.#settings.limits.firstByteMs, 'began no reply');
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ReplyHeaders): void {
    if (status < 200 || this.#over !== undefined) return;
    this.#phase = 'reading';
    this.#stopFirstByteTimer();
    this.#status = status;
    this.#headers = headers;
    if (Number(headers['content-length']) > this.#settings.maxBodyBytes) this.#tooLarge();
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over !== undefined) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#settings.maxBodyBytes) this.#tooLarge();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (!this.#settle('done')) return;
    const text = Buffer.concat(this.#chunks).toString('utf8');
    this.#end.resolve({status: this.#status, headers: this.#headers, text});
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(toNetworkFailure(error, {phase: this.#phase, ...this.#settings}));
  }

  #fail(error: Error): void {
    if (!this.#settle(error)) return;
    this.#controller?.abort(error);
    this.#end.reject(error);
  }

  #settle(end: Error | 'done'): boolean {
    if (this.#over !== undefined) return false;
    this.#over = end;
    this.#stopCallTimer();
    this.#stopFirstByteTimer();
    this.#stopListening();
    return true;
  }

  #expireAfter(limitMs: number | undefined, what: string): () => void {
    if (limitMs === undefined) return () => undefined;
    const {clock, fault, address} = this.#settings;
    return clock.setTimer(limitMs, () =>
      this.#fail(requestFailed(fault, `${address} ${what} within ${limitMs / 1_000} s`)),
    );
  }

  #tooLarge(): void {
    const {fault, address, maxBodyBytes} = this.#settings;
    const message = `The reply of ${address} is larger than ${maxBodyBytes} bytes`;
    this.#fail(runFailed(fault, message, {effect: 'rollout'}));
  }
}
