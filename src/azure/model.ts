import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import {isDeeperThan, type JsonObject} from '../core/json.ts';
import type {CallOptions, ModelClient} from '../core/ports.ts';
import type {CallTrace, ModelReply} from '../core/rollout.ts';
import type {ToResponseOptions} from '../protocol/chat-to-responses.ts';
import {StreamError} from '../protocol/stream-error.ts';
import {type Capabilities, capabilitiesOf, type UpstreamApi} from './capabilities.ts';
import {type ChargeEstimate, chargeEstimateOf, outputWeightOf, usedTokensOf} from './charge.ts';
import type {AzureClient, AzureReply, AzureStream} from './client.ts';
import {decodeReply, decodeStream} from './decode-reply.ts';
import {encodeRequest} from './encode-request.ts';
import type {AzureEndpoint} from './endpoint.ts';
import {AzureCallError} from './errors.ts';
import {chooseFamily} from './model-family.ts';
import {readRateLimits} from './rate-limit-headers.ts';
import {refusedOutcome} from './refused-outcome.ts';
import {spillOverOf} from './reply-facts.ts';
import type {ReplyHeaders} from './reply-headers.ts';

export interface AzureModelSettings {
  readonly endpoint: AzureEndpoint;
  readonly deployment: string;
  /** The model behind the deployment (`o3-mini`), or `other` to assume nothing. Without it the deployment's name counts if it is a model's. */
  readonly family?: string | undefined;
  /** Without it: Responses if the URL names it or the family has nothing else, chat completions otherwise. */
  readonly api?: UpstreamApi | undefined;
  /** Whether answers are streamed from the service. What comes out is the same. */
  readonly stream?: boolean | undefined;
  /** It is a model server of NeMo Gym's kind, which takes `metadata.extra_body` apart itself. */
  readonly keepsExtraBody?: boolean | undefined;
  /** Throughput is provisioned: charges are estimated with the weight of output. */
  readonly isProvisioned?: boolean | undefined;
}

export interface AzureModelDeps {
  readonly client: AzureClient;
  readonly clock: Clock;
  /** `createId('resp')` gives `resp_…`. */
  readonly createId: (prefix: string) => string;
  /** Told once about each thing that is changed in requests because the deployment does not take it. */
  readonly onNote: (note: string) => void;
}

/** One deployment as a model. */
export interface AzureModel {
  readonly deployment: string;
  readonly api: UpstreamApi;
  /** What was assumed about the address and what will not work, for people. */
  readonly notices: readonly string[];
  /** What the service charges for a request when it arrives. */
  readonly chargeOf: ChargeEstimate;
  /**
   * One call, no retry: a Responses request in, a Responses object out. A prompt that the service refuses (content
   * filter, too long) is an answer with status `incomplete`.
   */
  readonly respond: ModelClient;
}

/** Puts the pieces of a deployment together; nothing is sent. An unknown family is a `RollcallError` (`ERR_CONFIG`). */
export function createAzureModel(settings: AzureModelSettings, deps: AzureModelDeps): AzureModel {
  const {endpoint, deployment} = settings;
  const family = chooseFamily(settings.family, deployment);
  const {style, apiVersion, operation} = endpoint;
  const prefersResponses = operation === 'responses' || family.responsesOnly;
  const api = settings.api ?? (prefersResponses ? 'responses' : 'chat');
  const capabilities = capabilitiesOf({family, style, apiVersion, api});
  const wantsStream = settings.stream ?? false;
  const outputWeight = settings.isProvisioned === true ? outputWeightOf(family) : 1;
  const caller = new DeploymentCaller(settings, {capabilities, outputWeight}, deps);
  const cannotStream =
    wantsStream && !capabilities.streaming
      ? [`${family.name} models do not stream: whole replies are asked for`]
      : [];
  return {
    deployment,
    api,
    chargeOf: chargeEstimateOf(family, outputWeight),
    notices: [...endpoint.notices, ...capabilities.warnings, ...cannotStream],
    respond: (params, options) => caller.respond(params, options),
  };
}

// No answer has a tenth of it; several times as much overflows the stack of whoever writes or reads the record.
const deepestReply = 1000;

/** Each level takes two characters at least: most replies need not be looked through. */
function mayBeDeep(reply: AzureReply | AzureStream): boolean {
  return !('bytes' in reply) || reply.bytes.length > 2 * deepestReply;
}

/** The deployment's name in front: V8 makes an object to which a member is added after a spread slow to read. */
function withModel(params: JsonObject, model: string): JsonObject {
  return params['model'] === undefined ? {model, ...params} : {...params, model};
}

function tooDeep({facts}: AzureReply | AzureStream): CallError {
  return new CallError(`The reply is nested deeper than ${String(deepestReply)} levels`, {
    code: 'ERR_MODEL_MALFORMED',
    fault: 'model',
    effect: 'retry',
    requestId: facts.requestId,
  });
}

class DeploymentCaller {
  readonly #deployment: string;
  readonly #stream: boolean;
  readonly #keepsExtraBody: boolean;
  readonly #capabilities: Capabilities;
  readonly #outputWeight: number;
  readonly #deps: AzureModelDeps;
  readonly #noted = new Set<string>();

  constructor(
    {deployment, stream = false, keepsExtraBody = false}: AzureModelSettings,
    {capabilities, outputWeight}: {readonly capabilities: Capabilities; readonly outputWeight: number},
    deps: AzureModelDeps,
  ) {
    this.#deployment = deployment;
    this.#stream = stream && capabilities.streaming;
    this.#keepsExtraBody = keepsExtraBody;
    this.#capabilities = capabilities;
    this.#outputWeight = outputWeight;
    this.#deps = deps;
  }

  async respond(params: JsonObject, options: CallOptions): Promise<ModelReply> {
    const {client, clock, createId} = this.#deps;
    const body = encodeRequest(params, {
      deployment: this.#deployment,
      capabilities: this.#capabilities,
      stream: this.#stream,
      keepsExtraBody: this.#keepsExtraBody,
      note: (note) => this.#note(note),
    });
    const startMs = clock.monotonic();
    const decoding: ToResponseOptions = {
      request: withModel(params, this.#deployment),
      id: createId('resp'),
      createId,
      createdAt: Math.floor(clock.now() / 1_000),
    };
    const {api} = this.#capabilities;
    const operation = api === 'chat' ? 'chat/completions' : 'responses';
    let reply: AzureReply | AzureStream | undefined;
    try {
      reply = this.#stream
        ? await client.stream(operation, body, options)
        : await client.post(operation, body, options);
      const response =
        'chunks' in reply
          ? await decodeStream(reply.chunks, api, decoding)
          : decodeReply(reply.body, api, decoding);
      if (mayBeDeep(reply) && isDeeperThan(response, deepestReply)) throw tooDeep(reply);
      return {response, trace: this.#trace(startMs, reply, response)};
    } catch (thrown) {
      const error = this.#toCallError(thrown, reply?.headers ?? {});
      const failed = thrown instanceof StreamError ? thrown.response : undefined;
      const response = refusedOutcome(error, failed, decoding);
      if (response === undefined) throw error;
      return {response, trace: this.#refusedTrace(startMs, error)};
    }
  }

  #note(note: string): void {
    if (this.#noted.has(note)) return;
    this.#noted.add(note);
    this.#deps.onNote(`${this.#deployment}: ${note}`);
  }

  /** Errors inside a reply know no service: the client tells what they mean. */
  #toCallError(thrown: unknown, headers: ReplyHeaders): unknown {
    if (!(thrown instanceof StreamError)) return thrown;
    const operation = this.#capabilities.api === 'chat' ? 'chat/completions' : 'responses';
    return this.#deps.client.describeInnerError(operation, thrown.error, headers);
  }

  #trace(startMs: number, {facts, headers}: AzureReply | AzureStream, response: JsonObject): CallTrace {
    const limits = readRateLimits(headers);
    return {
      deployment: this.#deployment,
      calls: facts.exchanges,
      queuedMs: 0,
      callMs: this.#deps.clock.monotonic() - startMs,
      requestId: facts.requestId,
      simulated: facts.simulated || undefined,
      spilledOver: spillOverOf(facts),
      rateLimits: limits && {...limits, usedTokens: usedTokensOf(response['usage'], this.#outputWeight)},
    };
  }

  #refusedTrace(startMs: number, error: unknown): CallTrace {
    const refusal = error instanceof AzureCallError ? error : undefined;
    return {
      deployment: this.#deployment,
      calls: 1,
      queuedMs: 0,
      callMs: this.#deps.clock.monotonic() - startMs,
      requestId: refusal?.requestId,
      simulated: refusal?.simulated === true || undefined,
    };
  }
}
