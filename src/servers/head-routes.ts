import type {JsonObject} from '../core/json.ts';
import type {ServiceRoute} from './http/service.ts';

/** A server as the head server lists it, with what NeMo Gym says of its own. */
export interface HeadInstance {
  /** The instance's name in the configuration. */
  readonly processName: string;
  /** NeMo Gym's word: `responses_api_models`, `resources_servers`, `responses_api_agents`; a word of ours where it has none. */
  readonly serverType: string;
  /** The implementation's name, e.g. `azure_openai_model`. */
  readonly name: string;
  readonly entrypoint?: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Seconds since 1970. */
  readonly startTime: number;
}

/** A deployment as the head server lists it. */
export interface HeadDeployment {
  /** The model instance that it answers for. */
  readonly model: string;
  /** Its own name, where the model has several. */
  readonly name: string | undefined;
  /** `serving`, or why others of its model are asked before it. */
  readonly standing: string;
  readonly inFlight: number;
  /** Calls that wait for it; where the model has several, for any of these. */
  readonly waiting: number;
}

export interface HeadRoutesOptions {
  /** What runs at the time of asking. */
  readonly instances: () => readonly HeadInstance[];
  /** Every deployment that models of this process ask. */
  readonly deployments: () => readonly HeadDeployment[];
  /** The merged configuration as YAML, secrets masked. */
  readonly maskedConfig: () => string;
}

/**
 * The head server's routes, in the shapes that NeMo Gym's collector and status command read: the list of servers, and the
 * configuration as a JSON string that holds YAML. The list of deployments is ours.
 */
export function headRoutes({
  instances,
  deployments,
  maskedConfig,
}: HeadRoutesOptions): readonly ServiceRoute[] {
  return [
    {method: 'GET', path: '/', handle: () => ({body: {json: {status: 'ok'}}})},
    {method: 'GET', path: '/server_instances', handle: () => ({body: {json: instances().map(toWire)}})},
    {
      method: 'GET',
      path: '/deployments',
      handle: () => ({body: {json: deployments().map(deploymentToWire)}}),
    },
    {method: 'GET', path: '/global_config_dict_yaml', handle: () => ({body: {json: maskedConfig()}})},
  ];
}

function toWire(instance: HeadInstance): JsonObject {
  const {processName, serverType, name, entrypoint = null, host, port, url, pid, startTime} = instance;
  return {
    process_name: processName,
    server_type: serverType,
    name,
    // Where NeMo Gym has the folder of the implementation's code, which is a process of its own there.
    dir_path: `${serverType}/${name}`,
    entrypoint,
    host,
    port,
    url,
    pid,
    // Its name of the instance again: the key of its settings in the configuration.
    config_path: processName,
    start_time: startTime,
    // It answers, or nobody would read this.
    status: 'success',
  };
}

function deploymentToWire({model, name, standing, inFlight, waiting}: HeadDeployment): JsonObject {
  return {model, name: name ?? null, state: standing, in_flight: inFlight, waiting};
}
