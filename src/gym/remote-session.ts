import type {Clock, Random} from '../core/clock.ts';
import type {CallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import type {CallOptions, Judge, Redact} from '../core/ports.ts';
import {CookieJar} from './cookie-jar.ts';
import type {GymHttp} from './gym-http.ts';
import type {ExchangeLimits, GymReply} from './http-exchange.ts';
import {readJsonReply} from './json-reply.ts';
import type {RemoteFault} from './remote-failure.ts';
import {repeatCall, wasNotRun} from './repeat-call.ts';
import {type ReplyContext, toReplyFailure} from './reply-failure.ts';
import {type ServerAddress, showAddress} from './server-address.ts';
import {toVerification} from './verify-reply.ts';
import {toVerifyRequest} from './verify-request.ts';

/** What the sessions of one resources server share. */
export interface SessionSettings {
  readonly address: ServerAddress;
  /** The bearer token that the server wants. */
  readonly token?: string | undefined;
  readonly limits?: ExchangeLimits | undefined;
  readonly http: GymHttp;
  readonly clock: Clock;
  readonly random: Random;
  readonly redact: Redact;
}

/** One rollout's stay at a resources server, held together by the server's cookies. */
export class RemoteSession {
  readonly #settings: SessionSettings;
  readonly #jar: CookieJar;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#jar = new CookieJar(settings.clock);
  }

  /** Tells the server of the row. One without `/seed_session` needs no telling. Fails with a `CallError` of the given fault. */
  async seed(row: JsonObject, fault: RemoteFault, options: CallOptions): Promise<void> {
    await this.#repeat(options, wasNotRun, async () => {
      const reply = await this.#post('/seed_session', row, fault, options);
      if (reply.status === 404) return;
      if (reply.status < 200 || reply.status > 299) throw toReplyFailure(reply, this.#context(fault));
    });
  }

  /** Calls a tool; what it says is for the model, whatever its status. */
  async callTool(name: string, args: JsonObject, options: CallOptions): Promise<string> {
    const call = (): Promise<GymReply> => this.#post(pathOf(name), args, 'agent', options);
    const {text} = await this.#repeat(options, () => false, call);
    return text;
  }

  /** Scores the answer: a function of what is sent, so a refusal on the way may be repeated. */
  readonly verify: Judge = async (row, response, options) => {
    const {clock} = this.#settings;
    const body = toVerifyRequest(row, response, clock.now());
    const context = this.#context('judge');
    const reply = await this.#repeat(options, wasRefusedOnTheWay, async () =>
      readJsonReply(await this.#post('/verify', body, 'judge', options), context),
    );
    return toVerification(reply, row, context);
  };

  async #post(
    path: string,
    body: JsonObject,
    fault: RemoteFault,
    {cancellation}: CallOptions,
  ): Promise<GymReply> {
    const {address, token, limits, http} = this.#settings;
    const request = {address, method: 'POST', path, body, token, limits, fault, cancellation} as const;
    const reply = await http.request({...request, headers: this.#jar.headers()});
    this.#jar.store(reply.headers);
    return reply;
  }

  #repeat<T>(
    {cancellation}: CallOptions,
    mayRepeat: (error: CallError) => boolean,
    call: () => Promise<T>,
  ): Promise<T> {
    const {clock, random} = this.#settings;
    return repeatCall(call, {clock, random, cancellation, mayRepeat});
  }

  #context(fault: RemoteFault): ReplyContext {
    const {address, clock, redact} = this.#settings;
    const kind = fault === 'judge' ? 'the judge' : 'the resources server';
    return {fault, peer: `${kind} at ${showAddress(address)}`, clock, redact};
  }
}

const statusesOnTheWay: ReadonlySet<number> = new Set([429, 502, 503, 504]);

function wasRefusedOnTheWay({httpStatus}: CallError): boolean {
  return httpStatus !== undefined && statusesOnTheWay.has(httpStatus);
}

/** A tool's name is one segment of a path and never leads elsewhere. */
function pathOf(name: string): string {
  // Half a surrogate pair cannot be encoded.
  const encoded = encodeURIComponent(Buffer.from(name).toString());
  return `/${/^\.{1,2}$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded}`;
}
