import {mapFromJson} from '../config/config-node.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {collectSecrets} from '../config/secrets.ts';
import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import {createGymHttp} from '../gym/gym-http.ts';
import {agentsOf, askHead, findAgent, type HeadOptions, type HeadView} from '../gym/head-client.ts';
import {askDeployments, type DeploymentStatus} from '../gym/head-deployments.ts';
import {askInstances, type ServerInstanceStatus} from '../gym/head-instances.ts';
import {areOfOneHost} from '../gym/server-address.ts';
import type {AppEnvironment} from './environment.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {impliedTimeoutMs, type RemoteAgentPlan, remoteScoringOf} from './plan-agents.ts';

/** What the head server says that runs. */
export interface HeadStatus {
  readonly headUrl: string;
  readonly servers: readonly ServerInstanceStatus[];
  /** Of models that have several. */
  readonly deployments: readonly DeploymentStatus[];
}

/**
 * The agents that a head server knows, each at its own server: for a configuration that has nothing to run rollouts with.
 * Fails with `ERR_HEAD_SERVER` where none answers, and with `ERR_CONFIG` for an agent that it does not know.
 */
export async function planAgentsOfHead(
  config: LoadedConfig,
  environment: AppEnvironment,
  cancellation: Cancellation,
): Promise<readonly RemoteAgentPlan[]> {
  const {collect, serverToken: token} = config;
  return await withHead(config, environment, cancellation, async (options) => {
    const view = await askHead(options);
    learnSecrets(view, environment);
    if (collect.agentName !== undefined) findAgent(view, collect.agentName);
    return agentsOf(view).map(({name, url}) => ({
      kind: 'remote',
      name,
      url,
      // A head server may name any place: our token is for those that stand beside it.
      token: areOfOneHost(url, view.address) ? token : undefined,
      timeoutMs: impliedTimeoutMs,
      scoring: remoteScoringOf(config),
    }));
  });
}

/** Where the configuration says; else where the `rollcall run` is that started us as its command; else at the default address. */
function headAddress(
  {document, headServer}: LoadedConfig,
  env: AppEnvironment['env'],
): LoadedConfig['headServer'] {
  const url = env['ROLLCALL_HEAD_URL'] ?? '';
  if (document['head_server'] !== undefined || !URL.canParse(url)) return headServer;
  const {hostname: host, port} = new URL(url);
  return {host, port: Number(port) || 80};
}

/** Errors of NeMo Gym's servers quote what they were sent, keys included. */
function learnSecrets({config, address}: HeadView, {redactor}: AppEnvironment): void {
  for (const secret of collectSecrets(mapFromJson(config, {file: address}))) redactor.add(secret);
}

/** Asks the head server of the configuration what runs, and each server whether it answers. Fails with `ERR_HEAD_SERVER`. */
export async function askStatus(sources: ConfigSources, environment: AppEnvironment): Promise<HeadStatus> {
  const config = await loadRunConfig(sources, environment, {withServers: false});
  return await withHead(config, environment, new CancellationSource(), async (options) => {
    const {address} = await askHead(options);
    return {
      headUrl: address,
      servers: await askInstances(options),
      deployments: await askDeployments(options),
    };
  });
}

async function withHead<T>(
  config: LoadedConfig,
  {awake: clock, redactor, env}: AppEnvironment,
  cancellation: Cancellation,
  ask: (options: HeadOptions) => Promise<T>,
): Promise<T> {
  const {serverToken: token} = config;
  const {redact} = redactor;
  const headServer = headAddress(config, env);
  const http = createGymHttp({clock, redact});
  try {
    return await ask({...headServer, token, http, clock, redact, cancellation});
  } finally {
    await http.close();
  }
}
