import {type AzureClient, createAzureClient} from '../azure/client.ts';
import {createCredentials} from '../azure/credentials.ts';
import {endpointSecrets} from '../azure/endpoint.ts';
import {type AzureModel, createAzureModel} from '../azure/model.ts';
import {redactUrl} from '../azure/render-url.ts';
import type {TransportLimits} from '../azure/transport.ts';
import {type AzureWire, createAzureWire} from '../azure/wire.ts';
import {meterModel, meterReply} from '../budget/meter-model.ts';
import type {PriceFinder} from '../budget/price-book.ts';
import type {ModelConfig} from '../config/model-config.ts';
import type {JsonObject} from '../core/json.ts';
import type {ModelClient} from '../core/ports.ts';
import type {Spending} from '../core/spending.ts';
import type {WireModel} from '../core/wire.ts';
import type {PooledAdmission} from '../dispatch/admission.ts';
import {dispatchModel} from '../dispatch/dispatch-model.ts';
import {dispatchWire} from '../dispatch/dispatch-wire.ts';
import {createDispatcher, type Dispatcher} from '../dispatch/dispatcher.ts';
import type {FirstCalls} from '../dispatch/first-calls.ts';
import type {LimitAccount} from '../dispatch/limit-account.ts';
import type {Standing} from '../dispatch/pool-member.ts';
import type {RetryOptions} from '../dispatch/retry-policy.ts';
import {packageVersion} from '../runtime/installation.ts';
import type {IdFactory} from './create-id.ts';
import {credentialsOf} from './deployment-credentials.ts';
import type {AppEnvironment} from './environment.ts';
import type {DeploymentSettings} from './gateway-models.ts';
import type {PricedDeployment} from './model-prices.ts';
import {doorPatienceOf, patienceOf} from './patience.ts';
import type {DeploymentAddress, SharedAdmission} from './share-admissions.ts';

/** A model's deployment, or its several deployments, open for calls through one dispatcher. */
export interface Deployment {
  readonly name: string;
  /** What clients of a door are told that they talk to. */
  readonly deployment: string;
  /** Calls in flight at most, over all doors. */
  readonly limit: number;
  /** Rollouts in flight that keep it busy as things stand. */
  readonly width: () => number;
  /** Calls that hang at some of several deployments while another answers; see `Roster`. */
  readonly hungCalls: () => number;
  /** Where new rollouts ask. */
  readonly asPolicy: ModelClient;
  /** Where rollouts already begun ask: served first. */
  readonly asJudge: ModelClient;
  /** Where clients of our doors ask, in their own protocols. */
  readonly wire: WireModel;
  /** Where it is, for people. */
  readonly address: string;
  /** Whether a call could start at once. */
  readonly hasRoom: () => boolean;
  readonly load: () => DeploymentLoad;
  /** What all who wait for it are waiting for, if that is a cool-down or its quota. */
  readonly hold: () => Hold | undefined;
  /** Each of several deployments, by its name within the model. */
  readonly members: ReadonlyMap<string, () => DeploymentLoad>;
  /** What was learnt of its limits, and what was made of them; of each of several deployments, by name. */
  readonly accounts: ReadonlyMap<string, LimitAccount>;
}

/** A deployment's calls at this moment. */
export interface DeploymentLoad {
  readonly inFlight: number;
  readonly waiting: number;
  /** `serving`, or why it is asked for less; undefined where it has no others beside it. */
  readonly standing?: Standing | undefined;
}

/** Nobody starts at a deployment for a while, though calls wait. */
export interface Hold {
  /** Of several deployments of a model the first to be had, as `model/deployment`. */
  readonly name: string;
  readonly leftMs: number;
  /** Code of the error that asked for a cool-down; undefined: what is left of the quota is too little. */
  readonly because: string | undefined;
}

/** Undefined where nothing holds calls up. */
export function holdOf(name: string, {hold}: PooledAdmission): Hold | undefined {
  return hold && {name, leftMs: hold.leftMs, because: hold.because?.code};
}

/** A deployment that is to be closed. */
export interface OpenDeployment extends Deployment {
  readonly close: () => Promise<void>;
}

/** Which deployment is asked, and how. */
export interface AddressedModel extends DeploymentAddress {
  readonly settings: DeploymentSettings;
  /** What it is called among several of a model. */
  readonly name?: string | undefined;
}

/** The same with what admits its calls. */
export type AdmittedModel = Omit<AddressedModel, 'limit'> & SharedAdmission;

/** What all deployments of a process share. */
export interface OpenContext {
  readonly environment: AppEnvironment;
  readonly createId: IdFactory;
  readonly serverToken: string | undefined;
  readonly firstCalls?: FirstCalls | undefined;
  readonly pricesOf: (settings: DeploymentSettings, priced: PricedDeployment) => PriceFinder;
}

// A socket is free again only a turn of the event loop after its reply; with one spare for each place the next call does
// not wait for that. Calls in flight are the admission's business.
const socketsPerPlace = 2;
// A limit grows only while others wait for a place, and calls fit a quota better when there are some to choose from.
const rolloutsPerPlace = 2;

/** Puts the pieces of one deployment together; nothing is sent. Fails with `ERR_CONFIG`, `ERR_CREDENTIALS` or `ERR_HEADERS`. */
export function openDeployment(model: AdmittedModel, context: OpenContext): OpenDeployment {
  const {settings, deployment, limit, admission, account} = model;
  const {azure, respond, wire, address, close} = openExchanges(model, context);
  const patient = dispatcherOf(model, patienceOf(settings), context.environment);
  const tokensOf = (params: JsonObject): number => azure.chargeOf(params, 'responses');
  const brief = dispatcherOf(model, doorPatienceOf(settings), context.environment);
  return {
    name: settings.name,
    deployment,
    limit,
    close,
    width: () => widthOf(model),
    hungCalls: () => 0,
    asPolicy: dispatchModel(respond, patient, {priority: 'new', tokensOf}),
    asJudge: dispatchModel(respond, patient, {priority: 'begun', tokensOf}),
    wire: dispatchWire(wire.model, brief, {
      priority: 'new',
      tokensOf: ({body, api}) => azure.chargeOf(body, api),
    }),
    address,
    hasRoom: () => admission.hasRoom,
    load: () => ({inFlight: admission.inFlight, waiting: admission.waiting}),
    hold: () => holdOf(settings.name, admission),
    members: new Map(),
    accounts: new Map([[settings.name, account]]),
  };
}

/** Rollouts in flight that keep a deployment busy as things stand. */
export function widthOf({isAdaptive, admission, limit}: SharedAdmission): number {
  return isAdaptive ? admission.limit * rolloutsPerPlace : limit;
}

/** Single exchanges with one deployment: nothing is admitted or tried again. */
export interface OpenExchanges {
  readonly azure: AzureModel;
  /** What the model does, with what its calls cost. */
  readonly respond: ModelClient;
  /** What an answer uses and costs here. */
  readonly spentBy: (response: JsonObject) => Spending | undefined;
  readonly wire: AzureWire;
  /** Where it is, for people. */
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** Opens the way to one deployment. Fails as `openDeployment` does. */
export function openExchanges(model: AdmittedModel, context: OpenContext): OpenExchanges {
  const {settings, endpoint} = model;
  const client = openClient(model, context);
  const azure = openModel(model, client, context);
  const wire = openWire(model, client, context);
  for (const notice of new Set([...azure.notices, ...wire.notices]))
    context.environment.logger.warn(`${settings.name}: ${notice}`);
  const address = redactUrl(`${endpoint.origin}${endpoint.prefix}`);
  const prices = context.pricesOf(settings, {deployment: model.deployment, entryName: model.name});
  const metered = meterModel(azure.respond, prices);
  const respond = context.firstCalls?.onWire(metered) ?? metered;
  const spentBy = (response: JsonObject): Spending | undefined => meterReply(response, prices);
  return {azure, respond, spentBy, wire, address, close: () => client.close()};
}

function openClient(
  {settings, endpoint, deployment, limit}: AdmittedModel,
  {environment, createId, serverToken}: OpenContext,
): AzureClient {
  const {clock, awake, redactor} = environment;
  const {redact} = redactor;
  for (const secret of endpointSecrets(endpoint)) redactor.add(secret);
  const onSecret = (secret: string): void => redactor.add(secret);
  return createAzureClient({
    endpoint,
    deployment,
    credentials: createCredentials(credentialsOf(settings, endpoint, serverToken), {clock, onSecret}),
    limits: limitsOf(settings),
    poolConnections: limit * socketsPerPlace,
    clock: awake,
    redact,
    userAgent: `rollcall/${packageVersion()}`,
    headers: settings.defaultHeaders,
    newRequestId: () => createId('call'),
  });
}

function openModel(
  {settings, endpoint, deployment}: AdmittedModel,
  client: AzureClient,
  {environment, createId}: OpenContext,
): AzureModel {
  const {clock, logger} = environment;
  const {modelFamily: family, stream} = settings;
  return createAzureModel(
    {
      endpoint,
      deployment,
      family,
      api: upstreamApiOf(settings),
      stream,
      keepsExtraBody: settings.url !== undefined,
      isProvisioned: settings.provisioned,
    },
    {client, clock, createId, onNote: (note) => logger.warn(note)},
  );
}

function openWire(
  {settings, endpoint, deployment}: AdmittedModel,
  client: AzureClient,
  {environment, createId}: OpenContext,
): AzureWire {
  const {clock, logger} = environment;
  return createAzureWire(
    {
      endpoint,
      deployment: settings.clientChoosesModel === true ? undefined : deployment,
      family: settings.modelFamily,
      api: settings.speaksAsAsked === true ? 'asked' : upstreamApiOf(settings),
      isPassthrough: settings.passesAuthorization,
    },
    {client, clock, createId, onNote: (note) => logger.warn(note)},
  );
}

function dispatcherOf(
  {deployment, admission}: AdmittedModel,
  retry: RetryOptions,
  {clock, awake, random, logger}: AppEnvironment,
): Dispatcher {
  return createDispatcher({
    deployment,
    admission,
    retry,
    clock,
    awake,
    random,
    onRetry: (error, delayMs) =>
      logger.debug(
        `${deployment}: ${error.code}, trying again in ${String(Math.round(delayMs))} ms: ${error.message}`,
      ),
  });
}

function limitsOf({timeouts}: ModelConfig): Partial<TransportLimits> {
  return {
    connectMs: timeouts.connectS * 1000,
    firstByteMs: timeouts.firstByteS * 1000,
    idleMs: timeouts.idleS * 1000,
    callMs: timeouts.callS * 1000,
  };
}

/** A model server of NeMo Gym's is asked for responses; its other door is for clients that know no better. */
function upstreamApiOf({upstreamApi, url}: ModelConfig): 'chat' | 'responses' | undefined {
  if (upstreamApi === undefined && url !== undefined) return 'responses';
  return upstreamApi === 'chat_completions' ? 'chat' : upstreamApi;
}
