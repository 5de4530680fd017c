import type {JsonObject} from '../core/json.ts';
import {refuseUnknown} from './checks/authorize.ts';
import {refuseApiVersion} from './checks/check-api-version.ts';
import {findCall} from './checks/find-call.ts';
import type {ParameterContext} from './checks/parameter-context.ts';
import {refuseChatRequest} from './checks/refuse-chat-request.ts';
import {refuseEmbeddingsRequest} from './checks/refuse-embeddings-request.ts';
import {refuseLongPrompt} from './checks/refuse-long-prompt.ts';
import {refuseResponsesRequest} from './checks/refuse-responses-request.ts';
import {findRoute, type ModelOperation} from './checks/route.ts';
import type {Exchange} from './exchange.ts';
import {replaceReply, spoilReply} from './faults/apply-fault.ts';
import type {Call} from './generation/call.ts';
import {blockedPrompt, filterCompletion} from './generation/filter-completion.ts';
import {generate} from './generation/generate.ts';
import {textFrom} from './generation/prompt.ts';
import {countPromptTokens} from './generation/tokens.ts';
import {admitCall} from './limits/admit-call.ts';
import {spillOver} from './spill-over.ts';
import {tooLarge} from './wire/azure-error.ts';
import {promptBlocked} from './wire/filter-results.ts';
import {generatedReply} from './wire/generated-reply.ts';
import {modelsReply} from './wire/models-reply.ts';
import type {Reply, WholeReply} from './wire/reply.ts';
import type {World} from './world.ts';

/** One thing that can end a request: it replies, or lets the exchange pass to the next. */
export interface Layer {
  readonly name: string;
  readonly decide: (exchange: Exchange, world: World) => Reply | undefined;
}

/**
 * The order in which a request is looked at. Microsoft documents none of it; this one is what users' reports add up
 * to. It stands in this table alone, so that it can be changed here.
 */
export const layers: readonly Layer[] = [
  {name: 'route', decide: route},
  {name: 'auth', decide: ({headers}, {credentials}) => refuseUnknown(headers, credentials)},
  {name: 'api-version', decide: apiVersion},
  {name: 'size', decide: size},
  {name: 'models', decide: models},
  {name: 'deployment', decide: findCall},
  {name: 'parameters', decide: forCall(parameters)},
  {name: 'prompt-filter', decide: forCall(promptFilter)},
  {name: 'rate-limit', decide: forCall(admitCall)},
  {name: 'fault', decide: forCall(fault)},
  {name: 'generation', decide: forCall(generation)},
  {name: 'completion-filter', decide: forCall(completionFilter)},
  {name: 'answer', decide: forCall(answer)},
];

/** A reply, and the name of the layer that gave it. */
export interface LayerReply {
  readonly reply: Reply;
  readonly layer: string;
}

/**
 * Sends an exchange down the layers: the first reply counts. What a provisioned deployment cannot serve goes on to the
 * standard one behind it, if it has one, whose own checks it has still to pass.
 */
export function decideReply(exchange: Exchange, world: World): LayerReply {
  const own = passDown(exchange, world, layers);
  return spillOver(exchange, own.reply, world) ? passDown(exchange, world, layersOfCalls) : own;
}

const layersOfCalls = layers.slice(layers.findIndex(({name}) => name === 'parameters'));

function passDown(exchange: Exchange, world: World, through: readonly Layer[]): LayerReply {
  for (const {name, decide} of through) {
    const reply = decide(exchange, world);
    if (reply !== undefined) return {reply, layer: name};
  }
  throw new Error('no layer replied');
}

type CallLayer = (call: Call, exchange: Exchange, world: World) => Reply | undefined;

function forCall(layer: CallLayer): Layer['decide'] {
  return (exchange, world) =>
    exchange.call === undefined ? undefined : layer(exchange.call, exchange, world);
}

function route(exchange: Exchange): Reply | undefined {
  const found = findRoute(exchange.method, exchange.path);
  if ('kind' in found) return found;
  exchange.route = found;
  return undefined;
}

function apiVersion(exchange: Exchange, {apiVersions}: World): Reply | undefined {
  return exchange.route && refuseApiVersion(exchange.apiVersion, exchange.route, apiVersions);
}

function size({body}: Exchange): Reply | undefined {
  return body === undefined ? tooLarge() : undefined;
}

function models({route: found}: Exchange, world: World): Reply | undefined {
  return found?.operation === 'models' ? modelsReply(found, world.models(), world.created()) : undefined;
}

function parameters({
  operation,
  body,
  apiVersion: version,
  deployment,
  prompt,
  maxTokens,
}: Call): Reply | undefined {
  const {family, settings} = deployment;
  const refusal = refusals[operation](body, {apiVersion: version, model: settings.model, family});
  if (refusal !== undefined || operation === 'embeddings') return refusal;
  const toolsText = body['tools'] === undefined ? '' : JSON.stringify(body['tools']);
  return refuseLongPrompt(family, countPromptTokens(prompt, toolsText), maxTokens);
}

type Refusal = (body: JsonObject, context: ParameterContext) => WholeReply | undefined;

const refusals: Readonly<Record<ModelOperation, Refusal>> = {
  chat: refuseChatRequest,
  responses: refuseResponsesRequest,
  embeddings: refuseEmbeddingsRequest,
};

function promptFilter({operation, prompt, deployment}: Call): Reply | undefined {
  // The service's filter looks at what models say and are told to say, not at what is made a vector of.
  if (operation === 'embeddings') return undefined;
  const {contentFilter} = deployment.settings;
  const rule = blockedPrompt(prompt, contentFilter);
  return rule && promptBlocked(rule, contentFilter);
}

function fault({deployment, prompt, hash}: Call, exchange: Exchange): Reply | undefined {
  const struck = deployment.faults({
    path: exchange.path,
    deployment: deployment.name,
    text: () => textFrom(prompt, 'any') ?? '',
    hash,
  });
  if (struck === undefined) return undefined;
  exchange.fault = struck;
  return replaceReply(struck);
}

function generation(call: Call, exchange: Exchange): undefined {
  exchange.generation = generate(call);
}

function completionFilter({deployment}: Call, exchange: Exchange): undefined {
  if (exchange.generation === undefined) return;
  exchange.generation = filterCompletion(exchange.generation, deployment.settings.contentFilter);
}

function answer(call: Call, exchange: Exchange, world: World): Reply | undefined {
  if (exchange.generation === undefined) return undefined;
  const reply = generatedReply(call, exchange.generation, {
    created: world.created(),
    admission: exchange.admission,
    utilization: exchange.utilization,
  });
  return exchange.fault === undefined ? reply : spoilReply(reply, exchange.fault);
}
