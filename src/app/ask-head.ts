import type {LoadedConfig} from '../config/load-config.ts';
import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import {createGymHttp} from '../gym/gym-http.ts';
import {askHead, findAgent, type HeadOptions, namesOf} from '../gym/head-client.ts';
import {askInstances, type ServerInstanceStatus} from '../gym/head-instances.ts';
import type {AppEnvironment} from './environment.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {impliedTimeoutMs, type RemoteAgentPlan} from './plan-agents.ts';

/** What the head server says that runs. */
export interface HeadStatus {
  readonly headUrl: string;
  readonly servers: readonly ServerInstanceStatus[];
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
    if (collect.agentName !== undefined) findAgent(view, collect.agentName);
    const agents = namesOf(view, 'responses_api_agents').map((name) => findAgent(view, name));
    return agents.map(({name, url}) => ({
      kind: 'remote',
      name,
      url,
      // A head server may name any place: our token is for those that stand beside it.
      token: new URL(url).hostname === new URL(view.address).hostname ? token : undefined,
      timeoutMs: impliedTimeoutMs,
    }));
  });
}

/** Asks the head server of the configuration what runs, and each server whether it answers. Fails with `ERR_HEAD_SERVER`. */
export async function askStatus(sources: ConfigSources, environment: AppEnvironment): Promise<HeadStatus> {
  const config = await loadRunConfig(sources, environment);
  return await withHead(config, environment, new CancellationSource(), async (options) => {
    const {address} = await askHead(options);
    return {headUrl: address, servers: await askInstances(options)};
  });
}

async function withHead<T>(
  {headServer, serverToken: token}: LoadedConfig,
  {clock, redactor}: AppEnvironment,
  cancellation: Cancellation,
  ask: (options: HeadOptions) => Promise<T>,
): Promise<T> {
  const {redact} = redactor;
  const http = createGymHttp({clock, redact});
  try {
    return await ask({...headServer, token, http, clock, redact, cancellation});
  } finally {
    await http.close();
  }
}
