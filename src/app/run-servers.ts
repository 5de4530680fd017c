import {type Cancellation, throwIfCancelled} from '../core/cancellation.ts';
import {RollcallError} from '../core/errors.ts';
import {Closers} from './closers.ts';
import type {AppEnvironment} from './environment.ts';
import {gatewayModels} from './gateway-models.ts';
import {loadServerConfig, type ServerConfiguration, type ServerSources} from './load-server-config.ts';
import {openDeployments} from './open-deployments.ts';
import {openJudges} from './open-judges.ts';
import {openRemoteServers} from './open-remote-servers.ts';
import {openSimulators, type Simulators} from './open-simulators.ts';
import {planServices, type ServiceParts} from './plan-services.ts';
import {refuseOpenBind} from './refuse-open-bind.ts';
import {refuseSamePorts} from './refuse-same-ports.ts';
import {type RunningServer, Services} from './services.ts';

export interface RunRequest extends ServerSources {
  /** Cancelled: what is being started is given up. */
  readonly cancellation: Cancellation;
}

/** Servers that have all been started. Disposing of them closes them at once. */
export interface RunningServers extends AsyncDisposable {
  /** The head first. */
  readonly list: readonly RunningServer[];
  readonly headUrl: string;
  /** Accepts nothing more and lets requests in progress end. */
  drain(): Promise<void>;
  /** Cuts off what still runs. */
  close(): Promise<void>;
}

/**
 * Starts every server that configuration and manifests name, in this process: simulators, models, judges, agents, the
 * gateway, the head. Everything wrong is told before a port is opened; a port that cannot be had closes those that
 * were. `writeAccessLine` takes the lines of the access log.
 */
export async function runServers(
  request: RunRequest,
  environment: AppEnvironment,
  writeAccessLine: (line: string) => void,
): Promise<RunningServers> {
  const configuration = await loadServerConfig(request, environment);
  refuseNothingToDo(configuration);
  refuseOpenBinds(configuration);
  refuseSamePorts(configuration);
  const closers = new Closers();
  const close = (): Promise<void> => closers.close();
  try {
    const {parts, simulators} = await openParts(configuration, environment, closers);
    const services = new Services(configuration.config, environment, writeAccessLine);
    closers.add(() => services.close());
    for (const [name, url] of simulators.urls)
      services.tellOf(configuration.config.simulators.get(name), url);
    for (const plan of planServices(configuration, parts, environment)) {
      throwIfCancelled(request.cancellation);
      await services.open(plan);
    }
    services.watch(parts.deployments);
    const head = await services.openHead();
    return {
      list: [head, ...simulatorsOf(simulators), ...services.list],
      // Whoever listens everywhere is found here too.
      headUrl: head.url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'),
      drain: () => services.drain(),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function refuseNothingToDo({config, gateway}: ServerConfiguration): void {
  const {models, judges, agents, simulators} = config;
  if (gateway !== undefined || models.size + judges.size + agents.size + simulators.size > 0) return;
  throw new RollcallError('the configuration names no server', {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Give one with --config or "+config_paths=[…]", e.g. --config configs/azure_openai_model.yaml, or Kubernetes documents with -f.',
  });
}

/** All at once, before any port is opened. */
function refuseOpenBinds({config, gateway}: ServerConfiguration): void {
  const {serverToken, headServer, defaultHost, models, judges, agents, simulators} = config;
  refuseOpenBind(headServer.host, serverToken);
  const served = [...models.values()].filter(({url}) => url === undefined);
  for (const {host} of [...served, ...judges.values(), ...agents.values()]) refuseOpenBind(host, serverToken);
  for (const {host} of simulators.values()) if (host !== undefined) refuseOpenBind(host, serverToken);
  if (gateway !== undefined) refuseOpenBind(config.gateway.host ?? defaultHost, serverToken);
}

/** What the servers stand on, each opened once however many of them use it. */
async function openParts(
  {config, gateway}: ServerConfiguration,
  environment: AppEnvironment,
  closers: Closers,
): Promise<{readonly parts: ServiceParts; readonly simulators: Simulators}> {
  const {awake: clock} = environment;
  const remote = closers.use(openRemoteServers(environment, config.serverToken));
  const simulators = closers.use(await openSimulators(config, config.simulators.keys(), environment));
  const models = [...config.models.values(), ...gatewayModels(gateway)];
  const options = {models, simulatorUrls: simulators.urls};
  const deployments = closers.use(openDeployments(config, environment, options));
  const judges = await openJudges(config.judges.keys(), config, deployments, environment);
  return {parts: {config, deployments, judges, remote, clock}, simulators};
}

function simulatorsOf({urls}: Simulators): readonly RunningServer[] {
  return [...urls].map(([name, url]) => ({name, type: 'simulator', url, detail: 'a simulated Azure OpenAI'}));
}
