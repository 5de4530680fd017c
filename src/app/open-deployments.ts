import {type AzureEndpoint, normalizeEndpoint} from '../azure/endpoint.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {DeploymentUse} from '../core/deployment-use.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {FirstCalls} from '../dispatch/first-calls.ts';
import type {LimitAccount} from '../dispatch/limit-account.ts';
import {createIdFactory} from './create-id.ts';
import type {AppEnvironment} from './environment.ts';
import type {DeploymentSettings} from './gateway-models.ts';
import {modelPrices} from './model-prices.ts';
import {
  type AddressedModel,
  type Deployment,
  type Hold,
  type OpenContext,
  type OpenDeployment,
  openDeployment,
} from './open-deployment.ts';
import {openPool} from './open-pool.ts';
import {poolNames} from './pool-names.ts';
import {type SharedAdmission, shareAdmissions} from './share-admissions.ts';

/** The deployments of a configuration, each opened once however many agents and judges use it. */
export interface Deployments extends AsyncDisposable {
  get(instanceName: string): Deployment;
  readonly all: ReadonlyMap<string, Deployment>;
  /** What has been made of each one's limits; instances that ask the same one are one. */
  uses(): readonly DeploymentUse[];
  /** The longest of what holds calls up that wait; undefined where nothing does. */
  hold(): Hold | undefined;
}

export interface OpenDeploymentsOptions {
  /** What to open; each has a name of its own. */
  readonly models: Iterable<DeploymentSettings>;
  /** Base URLs of the embedded simulators, by instance name. */
  readonly simulatorUrls: ReadonlyMap<string, string>;
  /** Told what is on the wire, where first calls may be called off. */
  readonly firstCalls?: FirstCalls | undefined;
}

/** Opens every named deployment; nothing is sent. Everything wrong with their settings is one `ERR_CONFIG`. */
export function openDeployments(
  config: LoadedConfig,
  environment: AppEnvironment,
  {models, simulatorUrls, firstCalls}: OpenDeploymentsOptions,
): Deployments {
  const problems: Problem[] = [];
  const addressed: AddressedEntry[] = [];
  for (const settings of new Set(models)) {
    for (const entry of entriesOf(settings)) {
      const address = (): AddressedEntry => addressOf(settings, entry, config, simulatorUrls);
      const found = collectProblems(address, entry.settings.path, config, problems);
      if (found !== undefined) addressed.push(found);
    }
  }
  const context: OpenContext = {
    environment,
    createId: createIdFactory(environment.random),
    serverToken: config.serverToken,
    firstCalls,
    pricesOf: (settings, priced) => modelPrices(settings, priced, config),
  };
  const opened = new Map<string, OpenDeployment>();
  const admitted = shareAdmissions(addressed, environment.clock);
  for (const settings of new Set(admitted.map(({model}) => model))) {
    const own = admitted.filter(({model}) => model === settings);
    const open = (): OpenDeployment => openOne(settings, own, context);
    const deployment = collectProblems(open, settings.path, config, problems);
    if (deployment !== undefined) opened.set(settings.name, deployment);
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
    uses: () => usesOf(opened.values()),
    hold: () => longestHold(opened.values()),
    async [Symbol.asyncDispose]() {
      await Promise.all([...opened.values()].map(({close}) => close()));
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
    // A model server of NeMo Gym's kind: its doors stand right behind its address, with which clients are given `/v1`.
    return normalizeEndpoint({
      baseUrl: url.replace(/(?:\/v1)?\/*$/, '/v1'),
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

/** One deployment of a model, and where it is. */
interface AddressedEntry extends AddressedModel {
  readonly model: DeploymentSettings;
  readonly name: string | undefined;
  readonly weight: number;
  readonly priority: number;
}

type Entry = Pick<AddressedEntry, 'settings' | 'name' | 'weight' | 'priority'>;

function entriesOf(model: DeploymentSettings): readonly Entry[] {
  const {deployments} = model;
  return deployments.length > 0 ? deployments : [{settings: model, name: undefined, weight: 1, priority: 1}];
}

function addressOf(
  model: DeploymentSettings,
  {settings, ...entry}: Entry,
  {collect}: LoadedConfig,
  simulatorUrls: ReadonlyMap<string, string>,
): AddressedEntry {
  const endpoint = endpointOf(settings, simulatorUrls);
  return {
    ...entry,
    model,
    settings,
    endpoint,
    deployment: endpoint.deployment ?? settings.openaiModel ?? '',
    limit: settings.numConcurrentRequests ?? collect.numSamplesInParallel,
    quota: {
      requestsPerMinute: settings.rpm ?? collect.rpm,
      tokensPerMinute: settings.tpm ?? collect.tpm,
      isProvisioned: settings.provisioned,
    },
  };
}

type AdmittedEntry = Omit<AddressedEntry, 'limit'> & SharedAdmission;

function openOne(
  model: DeploymentSettings,
  entries: readonly AdmittedEntry[],
  context: OpenContext,
): OpenDeployment {
  const [only] = entries;
  const isPlain = model.deployments.length === 0 && model.hedging === undefined;
  if (isPlain && only !== undefined) return openDeployment(only, context);
  const names = poolNames(entries);
  refuseTwins(entries, names);
  const named = entries.map((entry, index) => ({...entry, name: names[index] ?? ''}));
  return openPool(model, named, context);
}

/** A deployment that is named twice would be thought to have twice its quota; two of the same name cannot be told apart. */
function refuseTwins(entries: readonly AdmittedEntry[], names: readonly string[]): void {
  const problems = entries.flatMap(({admission, settings: {path}}, index): readonly Problem[] => {
    const twin = entries.slice(0, index).findIndex((other) => other.admission === admission);
    if (twin >= 0) {
      const message = `this is the deployment of \`${names[twin] ?? ''}\` once more`;
      return [{message, path, hint: 'Name each deployment once.'}];
    }
    if (names.indexOf(names[index] ?? '') === index) return [];
    const message = `another deployment is called \`${names[index] ?? ''}\` already`;
    return [{message, path, hint: 'Give each a `name` of its own.'}];
  });
  if (problems.length > 0) throw settingsError(problems);
}

function usesOf(deployments: Iterable<Deployment>): readonly DeploymentUse[] {
  const names = new Map<LimitAccount, string[]>();
  for (const {accounts} of deployments)
    for (const [name, account] of accounts) names.set(account, [...(names.get(account) ?? []), name]);
  return [...names].map(([account, users]) => account.describe(users.join(', ')));
}

function longestHold(deployments: Iterable<Deployment>): Hold | undefined {
  const holds = [...deployments].flatMap(({hold}) => hold() ?? []);
  return holds.toSorted((a, b) => b.leftMs - a.leftMs)[0];
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
    const inside = error.problems.map((one) => ({...(one.path && config.locate(one.path)), ...one}));
    // The problems say it all where there are some.
    problems.push(...(inside.length > 0 ? inside : [{message, hint, path, ...config.locate(path)}]));
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
