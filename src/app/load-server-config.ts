import type {LoadedConfig} from '../config/load-config.ts';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {GatewayConfig} from '../manifests/gateway-config.ts';
import {loadManifests} from '../manifests/load-manifests.ts';
import type {AppEnvironment} from './environment.ts';
import {type ConfigSources, describeProblem, loadRunConfig} from './load-run-config.ts';
import {readManifests} from './read-manifests.ts';

/** What `run` and `validate` are told: configuration, and Kubernetes documents. */
export interface ServerSources extends ConfigSources {
  /** Files of Kubernetes documents, or folders of them; `-` is standard input. */
  readonly manifestPaths: readonly string[];
}

export interface ServerConfiguration {
  readonly config: LoadedConfig;
  /** Undefined without documents. */
  readonly gateway: GatewayConfig | undefined;
}

/**
 * Loads both, teaches the redactor their secrets and warns of what looks wrong. Everything wrong with either is one
 * `ERR_CONFIG`.
 */
export async function loadServerConfig(
  sources: ServerSources,
  environment: AppEnvironment,
): Promise<ServerConfiguration> {
  const [config, gateway] = await Promise.allSettled([
    loadRunConfig(sources, environment),
    loadGateway(sources.manifestPaths, environment),
  ]);
  if (config.status === 'rejected') throw bothProblems(config.reason, gateway);
  if (gateway.status === 'rejected') throw gateway.reason;
  return {config: config.value, gateway: gateway.value};
}

async function loadGateway(
  paths: readonly string[],
  environment: AppEnvironment,
): Promise<GatewayConfig | undefined> {
  if (paths.length === 0) return undefined;
  const {env, redactor, logger} = environment;
  const gateway = loadManifests(await readManifests(paths, environment), {env});
  for (const secret of gateway.secrets) redactor.add(secret);
  for (const warning of gateway.warnings) logger.warn(describeProblem(warning));
  return gateway;
}

/** With both broken, both are told. */
function bothProblems(reason: unknown, other: PromiseSettledResult<unknown>): unknown {
  if (other.status === 'fulfilled' || !(reason instanceof RollcallError)) return reason;
  if (!(other.reason instanceof RollcallError)) return other.reason;
  return new RollcallError('the configuration and the manifests have problems', {
    code: 'ERR_CONFIG',
    fault: 'config',
    problems: [...problemsOf(reason), ...problemsOf(other.reason)],
  });
}

function problemsOf({message, hint, problems}: RollcallError): readonly Problem[] {
  return problems.length > 0 ? problems : [{message, hint}];
}
