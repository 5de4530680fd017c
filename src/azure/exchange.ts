import type {Dispatcher} from 'undici';
import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError, CancelledError} from '../core/errors.ts';
import type {Redact} from '../core/ports.ts';
import {type DeadlineLimits, Deadlines, type PassedDeadline} from './deadlines.ts';
import {tooLargeReply} from './decompress.ts';
import {type ExchangePhase, toNetworkError} from './network-error.ts';
import {headerOf, type ReplyHeaders} from './reply-headers.ts';

/** What an exchange tells as it goes on: headers, pieces, then exactly one of end and failure. */
export interface ExchangeReader {
  onHeaders(status: number, headers: ReplyHeaders): void;
  onChunk(chunk: Buffer): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

/** What all exchanges of one transport share. */
export interface ExchangeSettings {
  readonly clock: Clock;
  readonly limits: DeadlineLimits;
  readonly maxBodyBytes: number;
  readonly origin: string;
  readonly redact: Redact;
}

/** One request and its reply, from the pool's queue to the last byte, within its limits and cancellable at any point. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #reader: ExchangeReader;
  readonly #settings: ExchangeSettings;
  readonly #deadlines: Deadlines;
  readonly #stopListening: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: ExchangePhase = 'connecting';
  #bodyBytes = 0;
  #over: Error | 'done' | undefined;

  constructor(reader: ExchangeReader, cancellation: Cancellation, settings: ExchangeSettings) {
    this.#reader = reader;
    this.#settings = settings;
    this.#deadlines = new Deadlines(settings.clock, settings.limits, (deadline) => this.#expire(deadline));
    this.#stopListening = cancellation.onCancel((reason) => this.fail(reason));
  }

  /** Breaks the exchange off; its reader is told why, unless it is over. */
  fail(error: Error): void {
    if (!this.#settle(error)) return;
    this.#controller?.abort(error);
    this.#reader.onFailure(error);
  }

  /** Holds the reply back until `resume`: the server is not read from meanwhile. */
  pause(): void {
    this.#controller?.pause();
    this.#deadlines.paused();
  }

  resume(): void {
    if (this.#over !== undefined) return;
    this.#deadlines.progressed();
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Cancelled in the queue: nothing has been sent yet, nothing shall be.
    if (this.#over !== undefined) {
      controller.abort(this.#over === 'done' ? new CancelledError('over') : this.#over);
      return;
    }
    this.#phase = 'waiting';
    this.#deadlines.sent();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ReplyHeaders): void {
    if (status < 200 || this.#over !== undefined) return;
    this.#phase = 'reading';
    this.#deadlines.progressed();
    if (Number(headerOf(headers, 'content-length')) > this.#settings.maxBodyBytes) this.#tooLarge();
    else this.#reader.onHeaders(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over !== undefined) return;
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > this.#settings.maxBodyBytes) {
      this.#tooLarge();
      return;
    }
    this.#deadlines.progressed();
    this.#reader.onChunk(chunk);
  }

  onResponseEnd(): void {
    if (this.#settle('done')) this.#reader.onEnd();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const isClosed =
      'code' in error && (error.code === 'UND_ERR_DESTROYED' || error.code === 'UND_ERR_CLOSED');
    const {origin, redact} = this.#settings;
    this.fail(
      isClosed
        ? new CancelledError('the connection pool is closed')
        : toNetworkError(error, {phase: this.#phase, origin, redact}),
    );
  }

  #settle(end: Error | 'done'): boolean {
    if (this.#over !== undefined) return false;
    this.#over = end;
    this.#deadlines.stop();
    this.#stopListening();
    return true;
  }

  #expire(deadline: PassedDeadline): void {
    const {origin, limits} = this.#settings;
    const [what, limitMs, key] = {
      'first byte': ['began no reply', limits.firstByteMs, 'first_byte_s'] as const,
      idle: ['stopped in the middle of its reply', limits.idleMs, 'idle_s'] as const,
      call: ['did not finish its reply', limits.callMs, 'call_s'] as const,
    }[deadline];
    this.fail(
      new CallError(`${origin} ${what} within ${limitMs / 1_000} s`, {
        code: 'ERR_MODEL_TIMEOUT',
        fault: 'model',
        effect: 'retry',
        hint: `The limit is the model's \`timeouts.${key}\`: raise it if the model needs longer.`,
      }),
    );
  }

  #tooLarge(): void {
    const {origin, maxBodyBytes} = this.#settings;
    this.fail(tooLargeReply(origin, maxBodyBytes));
  }
}
