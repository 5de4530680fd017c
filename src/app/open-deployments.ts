import {type AzureClient, createAzureClient} from '../azure/client.ts';
import {type CredentialSettings, createCredentials, defaultScope} from '../azure/credentials.ts';
import {type AzureEndpoint, endpointSecrets, normalizeEndpoint} from '../azure/endpoint.ts';
import {type AzureModel, createAzureModel} from '../azure/model.ts';
import {redactUrl} from '../azure/render-url.ts';
import {type AzureWire, createAzureWire} from '../azure/wire.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {ModelClient} from '../core/ports.ts';
import type {WireModel} from '../core/wire.ts';
import type {Admission} from '../dispatch/admission.ts';
import {dispatchModel} from '../dispatch/dispatch-model.ts';
import {dispatchWire} from '../dispatch/dispatch-wire.ts';
import {createDispatcher, type Dispatcher} from '../dispatch/dispatcher.ts';
import type {RetryOptions} from '../dispatch/retry-policy.ts';
import {packageVersion} from '../runtime/installation.ts';
import {createIdFactory, type IdFactory} from './create-id.ts';
import type {AppEnvironment} from './environment.ts';
import type {DeploymentSettings} from './gateway-models.ts';
import {type DeploymentAddress, shareAdmissions} from './share-admissions.ts';

/** One deployment, open for calls through its one dispatcher. */
export interface Deployment {
  readonly name: string;
  readonly model: AzureModel;
  /** Calls in flight at most, over all doors. */
  readonly limit: number;
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
  readonly load: () => {readonly inFlight: number; readonly waiting: number};
}

/** The deployments of a configuration, each opened once however many agents and judges use it. */
export interface Deployments extends AsyncDisposable {
  get(instanceName: string): Deployment;
  readonly all: ReadonlyMap<string, Deployment>;
}

export interface OpenDeploymentsOptions {
  /** What to open; each has a name of its own. */
  readonly models: Iterable<DeploymentSettings>;
  /** Base URLs of the embedded simulators, by instance name. */
  readonly simulatorUrls: ReadonlyMap<string, string>;
}

// What NeMo Gym's page gives as the default of `num_concurrent_requests`.
const defaultLimit = 8;
// A socket is free again only a turn of the event loop after its reply; with one spare for each place the next call does
// not wait for that. Calls in flight are the admission's business.
const socketsPerPlace = 2;
// What is shown to those who ask for no key: a simulator of ours whose configuration names none, a model server of NeMo Gym's.
const anyKey = 'any-key-will-do';

/** Opens every named deployment; nothing is sent. Everything wrong with their settings is one `ERR_CONFIG`. */
export function openDeployments(
  config: LoadedConfig,
  environment: AppEnvironment,
  {models, simulatorUrls}: OpenDeploymentsOptions,
): Deployments {
  const problems: Problem[] = [];
  const addressed: AddressedModel[] = [];
  for (const settings of new Set(models)) {
    const address = (): AddressedModel => addressOf(settings, config, simulatorUrls);
    const found = collectProblems(address, settings.path, config, problems);
    if (found !== undefined) addressed.push(found);
  }
  const {serverToken} = config;
  const context = {environment, createId: createIdFactory(environment.random), serverToken};
  const opened = new Map<string, OpenDeployment>();
  for (const model of shareAdmissions(addressed, environment.clock)) {
    const open = (): OpenDeployment => openDeployment(model, context);
    const deployment = collectProblems(open, model.settings.path, config, problems);
    if (deployment !== undefined) opened.set(model.settings.name, deployment);
  }
  if (problems.length > 0) throw settingsError(problems);
  noteLowLimits(opened.values(), config, environment);
  return {
    get(name) {
      const deployment = opened.get(name);
      if (deployment === undefined) throw new Error(`deployment ${name} was not opened`);
      return deployment;
    },
    all: opened,
    async [Symbol.asyncDispose]() {
      await Promise.all([...opened.values()].map(({client}) => client.close()));
    },
  };
}

/** The address of a model instance, normalised. Fails with `ERR_ENDPOINT`. */
export function endpointOf(
  settings: DeploymentSettings,
  simulatorUrls: ReadonlyMap<string, string>,
): AzureEndpoint {
  const {openaiBaseUrl, openaiModel, defaultQuery, endpointStyle, url, fullPath} = settings;
  if (url !== undefined) {
    // A model server of NeMo Gym's kind: its doors stand right behind its address.
    return normalizeEndpoint({
      baseUrl: `${url}/v1`,
      model: openaiModel ?? settings.name,
      query: {},
      style: 'opaque',
    });
  }
  const baseUrl = typeof openaiBaseUrl === 'object' ? simulatorUrls.get(openaiBaseUrl.name) : openaiBaseUrl;
  if (baseUrl === undefined) throw new Error(`${settings.name}: neither a base URL nor a url was read`);
  return normalizeEndpoint({
    baseUrl,
    model: openaiModel,
    query: defaultQuery,
    style: endpointStyle,
    fullPath,
  });
}

interface OpenDeployment extends Deployment {
  readonly client: AzureClient;
}

interface AddressedModel extends DeploymentAddress {
  readonly settings: DeploymentSettings;
}

function addressOf(
  settings: DeploymentSettings,
  {collect}: LoadedConfig,
  simulatorUrls: ReadonlyMap<string, string>,
): AddressedModel {
  const endpoint = endpointOf(settings, simulatorUrls);
  return {
    settings,
    endpoint,
    deployment: endpoint.deployment ?? settings.openaiModel ?? '',
    limit: settings.numConcurrentRequests ?? collect.numSamplesInParallel ?? defaultLimit,
  };
}

type AdmittedModel = AddressedModel & {readonly admission: Admission};

interface OpenContext {
  readonly environment: AppEnvironment;
  readonly createId: IdFactory;
  readonly serverToken: string | undefined;
}

function openDeployment(model: AdmittedModel, context: OpenContext): OpenDeployment {
  const {settings, endpoint, limit, admission} = model;
  const {logger} = context.environment;
  const client = openClient(model, context);
  const azure = openModel(model, client, context);
  const wire = openWire(model, client, context);
  for (const notice of new Set([...azure.notices, ...wire.notices]))
    logger.warn(`${settings.name}: ${notice}`);
  const patient = dispatcherOf(model, patienceOf(settings), context.environment);
  const brief = dispatcherOf(model, doorPatienceOf(settings), context.environment);
  return {
    name: settings.name,
    model: azure,
    limit,
    client,
    asPolicy: dispatchModel(azure.respond, patient, 'new'),
    asJudge: dispatchModel(azure.respond, patient, 'begun'),
    wire: dispatchWire(wire.model, brief, 'new'),
    address: redactUrl(`${endpoint.origin}${endpoint.prefix}`),
    hasRoom: () => admission.waiting === 0 && admission.inFlight < limit,
    load: () => ({inFlight: admission.inFlight, waiting: admission.waiting}),
  };
}

function openClient(
  {settings, endpoint, deployment, limit}: AdmittedModel,
  {environment, createId, serverToken}: OpenContext,
): AzureClient {
  const {clock, redactor} = environment;
  const {redact} = redactor;
  for (const secret of endpointSecrets(endpoint)) redactor.add(secret);
  const onSecret = (secret: string): void => redactor.add(secret);
  return createAzureClient({
    endpoint,
    deployment,
    credentials: createCredentials(credentialsOf(settings, endpoint, serverToken), {clock, onSecret}),
    limits: limitsOf(settings),
    poolConnections: limit * socketsPerPlace,
    clock,
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
    {endpoint, deployment, family, api: upstreamApiOf(settings), stream},
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
  {clock, random, logger}: AppEnvironment,
): Dispatcher {
  return createDispatcher({
    deployment,
    admission,
    retry,
    clock,
    random,
    onRetry: (error, delayMs) =>
      logger.debug(
        `${deployment}: ${error.code}, trying again in ${String(Math.round(delayMs))} ms: ${error.message}`,
      ),
  });
}

/** For rollouts, which have all the time that the run has. */
function patienceOf({retry}: ModelConfig): RetryOptions {
  return {
    maxTries: retry.maxTries,
    baseDelayMs: retry.baseDelayS * 1000,
    maxDelayMs: retry.maxDelayS * 1000,
    maxWaitMs: retry.maxWaitS * 1000,
  };
}

/** For clients at a door, who wait and have retries of their own. */
function doorPatienceOf(settings: ModelConfig): RetryOptions {
  const {maxTries, maxWaitMs, ...patience} = patienceOf(settings);
  const {doorMaxTries, doorMaxWaitS} = settings.retry;
  return {
    ...patience,
    maxTries: Math.min(maxTries, doorMaxTries),
    maxWaitMs: Math.min(maxWaitMs, doorMaxWaitS * 1000),
  };
}

/** A limit of the configuration that keeps `--concurrency` from being reached is easily overlooked. */
function noteLowLimits(
  deployments: Iterable<Deployment>,
  {collect}: LoadedConfig,
  {logger}: AppEnvironment,
): void {
  const wanted = collect.numSamplesInParallel ?? 0;
  for (const {name, limit} of deployments) {
    if (limit < wanted)
      logger.info(`${name}: at most ${String(limit)} calls at once (num_concurrent_requests).`);
  }
}

function credentialsOf(
  settings: DeploymentSettings,
  endpoint: AzureEndpoint,
  serverToken: string | undefined,
): CredentialSettings {
  const {auth, openaiApiKey, apiKeyHeader, apiKeyPrefix, openaiBaseUrl, entraScope, url} = settings;
  if (settings.passesAuthorization === true) return {passthrough: true};
  if (url !== undefined) return credentialsOfServer(openaiApiKey ?? serverToken);
  switch (auth) {
    case 'entra_id':
      return {entra: {scope: entraScope ?? defaultScope(endpoint.origin)}};
    case 'bearer':
      return {bearerToken: openaiApiKey};
    case 'api_key':
      return {
        apiKey: openaiApiKey ?? (typeof openaiBaseUrl === 'object' ? anyKey : undefined),
        apiKeyHeader,
        apiKeyPrefix,
      };
  }
}

/** A model server wants a token, or nothing; then it does not mind a key. */
function credentialsOfServer(token: string | undefined): CredentialSettings {
  return token === undefined ? {apiKey: anyKey} : {bearerToken: token};
}

function limitsOf({timeouts}: ModelConfig): {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly callMs: number;
} {
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

/** The result, or undefined with what was wrong added to `problems`, located in the configuration. */
function collectProblems<T>(
  open: () => T,
  path: string,
  config: LoadedConfig,
  problems: Problem[],
): T | undefined {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    const {message, hint} = error;
    problems.push({message, hint, path, ...config.locate(path)}, ...error.problems);
    return undefined;
  }
}

function settingsError(problems: readonly Problem[]): RollcallError {
  return new RollcallError('the settings of a deployment cannot be used', {
    code: 'ERR_CONFIG',
    fault: 'config',
    problems,
  });
}
