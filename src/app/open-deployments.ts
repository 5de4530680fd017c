import {type AzureClient, createAzureClient} from '../azure/client.ts';
import {type CredentialSettings, createCredentials, defaultScope} from '../azure/credentials.ts';
import {type AzureEndpoint, endpointSecrets, normalizeEndpoint} from '../azure/endpoint.ts';
import {type AzureModel, createAzureModel} from '../azure/model.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {ModelClient} from '../core/ports.ts';
import type {Admission} from '../dispatch/admission.ts';
import {dispatchModel} from '../dispatch/dispatch-model.ts';
import {createDispatcher, type Dispatcher} from '../dispatch/dispatcher.ts';
import {packageVersion} from '../runtime/installation.ts';
import {createIdFactory, type IdFactory} from './create-id.ts';
import type {AppEnvironment} from './environment.ts';
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
}

/** The deployments of a configuration, each opened once however many agents and judges use it. */
export interface Deployments extends AsyncDisposable {
  get(instanceName: string): Deployment;
}

export interface OpenDeploymentsOptions {
  /** Instance names to open. */
  readonly names: Iterable<string>;
  /** Base URLs of the embedded simulators, by instance name. */
  readonly simulatorUrls: ReadonlyMap<string, string>;
}

// What NeMo Gym's page gives as the default of `num_concurrent_requests`.
const defaultLimit = 8;
// A socket is free again only a turn of the event loop after its reply; with one spare for each place the next call does
// not wait for that. Calls in flight are the admission's business.
const socketsPerPlace = 2;
// A simulator of ours takes any key when its configuration names none.
const simulatorKey = 'key-of-the-embedded-simulator';

/** Opens every named deployment; nothing is sent. Everything wrong with their settings is one `ERR_CONFIG`. */
export function openDeployments(
  config: LoadedConfig,
  environment: AppEnvironment,
  {names, simulatorUrls}: OpenDeploymentsOptions,
): Deployments {
  const problems: Problem[] = [];
  const addressed: AddressedModel[] = [];
  for (const name of new Set(names)) {
    const settings = config.models.get(name);
    if (settings === undefined) continue;
    const address = (): AddressedModel => addressOf(settings, config, simulatorUrls);
    const found = collectProblems(address, settings.path, config, problems);
    if (found !== undefined) addressed.push(found);
  }
  const createId = createIdFactory(environment.random);
  const opened = new Map<string, OpenDeployment>();
  for (const model of shareAdmissions(addressed, environment.clock)) {
    const open = (): OpenDeployment => openDeployment(model, {environment, createId});
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
    async [Symbol.asyncDispose]() {
      await Promise.all([...opened.values()].map(({client}) => client.close()));
    },
  };
}

/** The address of a model instance, normalised. Fails with `ERR_ENDPOINT`. */
export function endpointOf(settings: ModelConfig, simulatorUrls: ReadonlyMap<string, string>): AzureEndpoint {
  const {openaiBaseUrl, openaiModel, defaultQuery, endpointStyle} = settings;
  const baseUrl = typeof openaiBaseUrl === 'object' ? simulatorUrls.get(openaiBaseUrl.name) : openaiBaseUrl;
  if (baseUrl === undefined) {
    throw new RollcallError(
      'this instance runs elsewhere (`url`); only deployments can be called from here',
      {
        code: 'ERR_ENDPOINT',
        fault: 'config',
      },
    );
  }
  return normalizeEndpoint({baseUrl, model: openaiModel, query: defaultQuery, style: endpointStyle});
}

interface OpenDeployment extends Deployment {
  readonly client: AzureClient;
}

interface AddressedModel extends DeploymentAddress {
  readonly settings: ModelConfig;
}

function addressOf(
  settings: ModelConfig,
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

interface OpenContext {
  readonly environment: AppEnvironment;
  readonly createId: IdFactory;
}

function openDeployment(
  {settings, endpoint, deployment, limit, admission}: AddressedModel & {readonly admission: Admission},
  {environment, createId}: OpenContext,
): OpenDeployment {
  const {clock, logger, redactor} = environment;
  for (const secret of endpointSecrets(endpoint)) redactor.add(secret);
  const client = createAzureClient({
    endpoint,
    deployment,
    credentials: createCredentials(credentialsOf(settings, endpoint), {
      clock,
      onSecret: (secret) => redactor.add(secret),
    }),
    limits: limitsOf(settings),
    poolConnections: limit * socketsPerPlace,
    clock,
    redact: redactor.redact,
    userAgent: `rollcall/${packageVersion()}`,
    headers: settings.defaultHeaders,
    newRequestId: () => createId('call'),
  });
  const model = createAzureModel(
    {
      endpoint,
      deployment,
      family: settings.modelFamily,
      api: upstreamApiOf(settings),
      stream: settings.stream,
    },
    {client, clock, createId, onNote: (note) => logger.warn(note)},
  );
  for (const notice of model.notices) logger.warn(`${settings.name}: ${notice}`);
  const dispatcher = dispatcherOf(settings, deployment, admission, environment);
  return {
    name: settings.name,
    model,
    limit,
    client,
    asPolicy: dispatchModel(model.respond, dispatcher, 'new'),
    asJudge: dispatchModel(model.respond, dispatcher, 'begun'),
  };
}

function dispatcherOf(
  {retry}: ModelConfig,
  deployment: string,
  admission: Admission,
  {clock, random, logger}: AppEnvironment,
): Dispatcher {
  return createDispatcher({
    deployment,
    admission,
    retry: {
      maxTries: retry.maxTries,
      baseDelayMs: retry.baseDelayS * 1000,
      maxDelayMs: retry.maxDelayS * 1000,
      maxWaitMs: retry.maxWaitS * 1000,
    },
    clock,
    random,
    onRetry: (error, delayMs) =>
      logger.debug(
        `${deployment}: ${error.code}, trying again in ${String(Math.round(delayMs))} ms: ${error.message}`,
      ),
  });
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
  {auth, openaiApiKey, apiKeyHeader, openaiBaseUrl, entraScope}: ModelConfig,
  endpoint: AzureEndpoint,
): CredentialSettings {
  switch (auth) {
    case 'entra_id':
      return {entra: {scope: entraScope ?? defaultScope(endpoint.origin)}};
    case 'bearer':
      return {bearerToken: openaiApiKey};
    case 'api_key':
      return {
        apiKey: openaiApiKey ?? (typeof openaiBaseUrl === 'object' ? simulatorKey : undefined),
        apiKeyHeader,
      };
  }
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

function upstreamApiOf({upstreamApi}: ModelConfig): 'chat' | 'responses' | undefined {
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
