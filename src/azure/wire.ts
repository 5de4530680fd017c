import {CancellationSource} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError, CancelledError} from '../core/errors.ts';
import {isDeeperThan, type JsonObject} from '../core/json.ts';
import type {CallOptions} from '../core/ports.ts';
import {watchChunks} from '../core/watch-chunks.ts';
import type {WireAnswer, WireFacts, WireModel, WireRequest} from '../core/wire.ts';
import {StreamError} from '../protocol/stream-error.ts';
import {readReplyFacts} from '../protocol/wire-facts.ts';
import {beginStream} from './begun-stream.ts';
import type {AzureCallOptions, AzureClient, AzureReply, AzureStream} from './client.ts';
import {badRequest, toDoorError} from './door-error.ts';
import {type DoorReplyOptions, describeStreamEnd, relayReply, wholeReply} from './door-reply.ts';
import {encodeDoorRequest, wantsStream} from './door-request.ts';
import {type DoorRoute, type DoorRouteSettings, DoorRoutes} from './door-route.ts';
import {forwardedHeaders} from './forwarded-headers.ts';
import {readRateLimits} from './rate-limit-headers.ts';
import {spillOverOf} from './reply-facts.ts';
import type {ReplyHeaders} from './reply-headers.ts';

/** What a door's deployment is. */
export interface AzureWireSettings extends DoorRouteSettings {
  /** The credentials pass the client's own key on: what is wrong with it is the client's to mend. */
  readonly isPassthrough?: boolean | undefined;
}

export interface AzureWireDeps {
  /** Made without a deployment where the settings name none. */
  readonly client: AzureClient;
  readonly clock: Clock;
  /** `createId('resp')` gives `resp_…`. */
  readonly createId: (prefix: string) => string;
  /** Told once about each thing that is changed in requests because the deployment does not take it. */
  readonly onNote: (note: string) => void;
}

/** One deployment behind doors. */
export interface AzureWire {
  /** What was assumed about the address and what will not work, for people. */
  readonly notices: readonly string[];
  /**
   * One exchange, no retry. Where door and deployment speak the same protocol, the reply's bytes are handed on as they
   * came; otherwise they are translated. A stream that fails before it says anything fails as a call does. Refused
   * prompts are errors here, with the service's status and body.
   */
  readonly model: WireModel;
}

/** Puts a deployment behind doors; nothing is sent. An unknown family is a `RollcallError` (`ERR_CONFIG`). */
export function createAzureWire(settings: AzureWireSettings, deps: AzureWireDeps): AzureWire {
  const caller = new DoorCaller(settings, deps);
  return {notices: caller.notices(), model: (request, options) => caller.answer(request, options)};
}

// What is nested deeper than this can be parsed but not written again.
const deepestBody = 1000;

class DoorCaller {
  readonly #settings: AzureWireSettings;
  readonly #deps: AzureWireDeps;
  readonly #routes: DoorRoutes;
  readonly #noted = new Set<string>();

  constructor(settings: AzureWireSettings, deps: AzureWireDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#routes = new DoorRoutes(settings);
  }

  notices(): readonly string[] {
    const {endpoint, deployment} = this.#settings;
    // Without a deployment nothing is known yet that could be warned of.
    const warnings =
      deployment === undefined
        ? []
        : (['chat', 'responses'] as const).flatMap((door) => this.#routes.of(door, {}).capabilities.warnings);
    return [...endpoint.notices, ...new Set(warnings)];
  }

  async answer(request: WireRequest, options: CallOptions): Promise<WireAnswer> {
    try {
      const route = this.#routes.of(request.api, request.body);
      const isStream = request.api !== 'embeddings' && wantsStream(request.body);
      const exchange = this.#exchangeOf(request, route, isStream);
      return await (isStream ? this.#stream(exchange, options) : this.#post(exchange, options));
    } catch (thrown) {
      throw this.#toError(thrown, request.body);
    }
  }

  #exchangeOf(request: WireRequest, route: DoorRoute, isStream: boolean): DoorExchange {
    const {deployment, capabilities} = route;
    const note = (text: string): void => this.#note(text);
    const isStreamed = isStream && capabilities.streaming;
    const body = encodeDoorRequest(request.body, {
      ...{door: request.api, deployment, capabilities, note},
      stream: isStreamed,
    });
    const {authorization, tryTimeoutMs: timeoutMs} = request;
    const own = {deployment, authorization, timeoutMs};
    return {request, route, body, own, isStreamed, startMs: this.#deps.clock.monotonic()};
  }

  async #post(exchange: DoorExchange, options: CallOptions): Promise<WireAnswer> {
    const {request, route, body, own} = exchange;
    const reply = await this.#deps.client.post(route.operation, body, {...options, ...own});
    const whole = this.#guard(exchange, reply.headers, () => {
      return wholeReply(reply, this.#replyOptions(exchange, reply.headers));
    });
    const facts = readReplyFacts(request.api, whole.body);
    return this.#toAnswer(exchange, reply, {content: {kind: 'body', bytes: whole.bytes}, facts});
  }

  async #stream(exchange: DoorExchange, {cancellation}: CallOptions): Promise<WireAnswer> {
    // Of its own, so that leaving the stream reaches the socket whatever stands between.
    const scope = new CancellationSource(cancellation);
    try {
      const reply = await this.#open(exchange, {...exchange.own, cancellation: scope});
      const facts: WireFacts = {};
      const options = {...this.#replyOptions(exchange, reply.headers), facts};
      const chunks = await this.#begin(exchange, reply, options);
      const watched = watchChunks(chunks, (end) => {
        if (end === 'read') scope.release();
        else scope.cancel(new CancelledError('the reader left'));
      });
      return this.#toAnswer(exchange, reply, {content: {kind: 'events', chunks: watched}, facts});
    } catch (thrown) {
      scope.cancel(new CancelledError('the call failed'));
      throw cancellation.reason ?? thrown;
    }
  }

  async #open({route, body, isStreamed}: DoorExchange, options: AzureCallOptions): Promise<AzureStream> {
    const {client} = this.#deps;
    if (isStreamed) return client.stream(route.operation, body, options);
    return {kind: 'body', ...(await client.post(route.operation, body, options))};
  }

  async #begin(
    exchange: DoorExchange,
    reply: AzureStream,
    options: DoorReplyOptions,
  ): Promise<AsyncIterable<Uint8Array>> {
    const {api} = exchange.route.capabilities;
    if (reply.kind === 'body') return this.#guard(exchange, reply.headers, () => relayReply(reply, options));
    try {
      return relayReply({chunks: await beginStream(reply.chunks, api)}, options);
    } catch (thrown) {
      throw this.#toCallError(thrown, exchange, reply.headers);
    }
  }

  /** What the conversion of a reply needs to know. */
  #replyOptions({request, route, own}: DoorExchange, headers: ReplyHeaders): DoorReplyOptions {
    const {clock, createId, client, onNote} = this.#deps;
    const nameError = (error: JsonObject): CallError =>
      client.describeInnerError(route.operation, error, headers, {...own, cancellation: notCancelled});
    return {
      door: request.api,
      upstream: request.api === 'embeddings' ? 'embeddings' : route.capabilities.api,
      request: request.body,
      deployment: route.deployment,
      createId,
      createdAt: Math.floor(clock.now() / 1_000),
      facts: {},
      nameError,
      describeError: (thrown) => describeStreamEnd(thrown, nameError, onNote),
    };
  }

  #guard<T>(exchange: DoorExchange, headers: ReplyHeaders, convert: () => T): T {
    try {
      return convert();
    } catch (thrown) {
      throw this.#toCallError(thrown, exchange, headers);
    }
  }

  /** Errors inside a reply know no service: the client tells what they mean. */
  #toCallError(thrown: unknown, exchange: DoorExchange, headers: ReplyHeaders): unknown {
    if (!(thrown instanceof StreamError)) return thrown;
    return this.#replyOptions(exchange, headers).nameError(thrown.error);
  }

  #toAnswer(
    {route, startMs}: DoorExchange,
    {headers, facts: about}: AzureReply | AzureStream,
    {content, facts}: Pick<WireAnswer, 'content' | 'facts'>,
  ): WireAnswer {
    return {
      content,
      headers: forwardedHeaders(headers),
      facts,
      trace: {
        deployment: route.deployment,
        calls: about.exchanges,
        queuedMs: 0,
        callMs: this.#deps.clock.monotonic() - startMs,
        requestId: about.requestId,
        simulated: about.simulated || undefined,
        spilledOver: spillOverOf(about),
        rateLimits: readRateLimits(headers),
      },
    };
  }

  #toError(thrown: unknown, body: JsonObject): unknown {
    if (thrown instanceof RangeError && isDeeperThan(body, deepestBody)) {
      return badRequest(`The request is nested deeper than ${String(deepestBody)} levels`, {
        ...{code: 'invalid_request_body', param: null},
        options: {code: 'ERR_MODEL_CONVERSATION'},
      });
    }
    const {isPassthrough = false, deployment} = this.#settings;
    return toDoorError(thrown, {isOwnKey: isPassthrough, isOwnDeployment: deployment === undefined});
  }

  #note(text: string): void {
    if (this.#noted.has(text)) return;
    this.#noted.add(text);
    const {deployment} = this.#settings;
    this.#deps.onNote(deployment === undefined ? text : `${deployment}: ${text}`);
  }
}

/** One exchange under way. */
interface DoorExchange {
  readonly request: WireRequest;
  readonly route: DoorRoute;
  /** As it is sent. */
  readonly body: JsonObject;
  readonly own: Omit<AzureCallOptions, 'cancellation'>;
  /** Whether a stream was asked for upstream. */
  readonly isStreamed: boolean;
  readonly startMs: number;
}

const notCancelled = new CancellationSource();
