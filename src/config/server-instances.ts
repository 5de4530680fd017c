import type {Problem} from '../core/errors.ts';
import {
  type ConfigNode,
  emptyMap,
  formatPath,
  isMissing,
  type MapNode,
  type NodePath,
} from './config-node.ts';

/** The blocks of a document that declare something to run, and what of each kind this program has. */
export const implementations = {
  responses_api_models: ['azure_openai_model'],
  resources_servers: ['equivalence_llm_judge'],
  responses_api_agents: ['simple_agent'],
  simulators: ['azure_openai_simulator'],
} as const;

export type ServerType = keyof typeof implementations;

/** The names of the blocks, in the order of NeMo Gym's documents. */
export const serverTypes: readonly ServerType[] = [
  'responses_api_models',
  'resources_servers',
  'responses_api_agents',
  'simulators',
];

/** A declared model, judge, agent or simulator, not yet read. */
export interface ServerInstance {
  readonly name: string;
  readonly type: ServerType;
  readonly implementation: string;
  /** It has a `url`: a server of its type that runs elsewhere, whatever implements it there. */
  readonly isExternal: boolean;
  readonly node: MapNode;
  readonly path: NodePath;
}

/** Top-level keys that are never instances, whatever they hold: NeMo Gym's own and ours. */
export const reservedKeys: ReadonlySet<string> = new Set(
  (
    'config_paths head_server gateway server_token default_host use_absolute_ip disallowed_ports port_range_low port_range_high ' +
    'dry_run error_on_almost_servers hf_token ray_head_node_address uv_pip_set_python uv_venv_dir uv_cache_dir ' +
    'skip_venv_if_present results_dir cache_dir observability_enabled model_call_capture_dir token_id_capture ' +
    'skip_verification skip_verification_reward verbose json query component_name profiling_enabled nemo_gym_log_dir ' +
    'model_endpoint_readiness_timeout_seconds global_aiohttp_connector_limit ' +
    'global_aiohttp_connector_limit_per_host global_aiohttp_client_request_debug uvicorn_logging_show_200_ok ' +
    'resume_from_cache disable_aggregation upload_rollouts upload_rollouts_to_wandb rollout_collection_driver ' +
    'reuse_existing_data_preparation split skills responses_create_params num_repeats'
  ).split(/\s+/),
);

/** Every instance that the document declares. Malformed ones are reported and left out, and so are those under a reserved key. */
export function findInstances(root: MapNode, report: (problem: Problem) => void): readonly ServerInstance[] {
  return [...root.entries].flatMap(([name, node]) => {
    if (node.kind !== 'map') return [];
    if (reservedKeys.has(name)) {
      reportReserved(name, node, report);
      return [];
    }
    const instance = readInstance(name, node, report);
    return instance === undefined ? [] : [instance];
  });
}

function reportReserved(name: string, node: MapNode, report: (problem: Problem) => void): void {
  if (!serverTypes.some((type) => node.entries.has(type))) return;
  const {file, line, column} = node.origin;
  const message = `\`${name}\` is a setting of its own and cannot name a server`;
  report({file, line, column, path: name, message, hint: 'Give the instance another name.'});
}

function readInstance(
  name: string,
  node: MapNode,
  report: (problem: Problem) => void,
): ServerInstance | undefined {
  const types = serverTypes.filter((type) => node.entries.has(type));
  const [type, ...otherTypes] = types;
  if (type === undefined) return undefined;
  const block = node.entries.get(type) ?? node;
  const declared = declaredIn(block, implementations[type]);
  const [first, second] = declared;
  if (otherTypes.length > 0) {
    const message = `declares ${types.join(' and ')} at once`;
    const {file, line, column} = block.origin;
    report({file, line, column, message, path: name, hint: 'Give each an instance of its own.'});
    return undefined;
  }
  if (first !== undefined && second === undefined) {
    const [implementation, body] = first;
    const path = [name, type, implementation];
    return {name, type, implementation, isExternal: hasUrl(type, body), node: body, path};
  }
  if (first === undefined && block.kind === 'map' && hasUrl(type, block)) {
    return {name, type, implementation: 'url', isExternal: true, node: block, path: [name, type]};
  }
  if (!isMissing(block)) reportImplementations(declared, block, [name, type], report);
  return undefined;
}

type Declaration = readonly [implementation: string, settings: MapNode];

function declaredIn(block: ConfigNode, known: readonly string[]): readonly Declaration[] {
  return block.kind === 'map' ? [...block.entries].flatMap((entry) => implementationOf(entry, known)) : [];
}

/** None, or several. */
function reportImplementations(
  declared: readonly Declaration[],
  {origin: {file, line, column}}: ConfigNode,
  [name, type]: readonly [name: string, type: ServerType],
  report: (problem: Problem) => void,
): void {
  const names = declared.map(([implementation]) => `\`${implementation}\``).join(' and ');
  const known = implementations[type].join(' or ');
  report({
    ...{file, line, column, path: formatPath([name, type])},
    message: declared.length === 0 ? 'names no implementation' : `names ${names}, but only one can be`,
    hint: `Write \`${type}: {${known}: {…}}\`, or \`${type}: {url: …}\` for a server that runs elsewhere.`,
  });
}

/** Only what NeMo Gym knows can run elsewhere: a simulator is there to be started. */
function hasUrl(type: ServerType, {entries}: MapNode): boolean {
  const url = entries.get('url');
  return type !== 'simulators' && url?.kind === 'scalar' && url.value !== null;
}

/** A map is an implementation; so is a known one's name with nothing below it. Other values are descriptions. */
function implementationOf(
  [name, node]: readonly [string, ConfigNode],
  known: readonly string[],
): readonly Declaration[] {
  if (node.kind === 'map') return [[name, node]];
  return known.includes(name) ? [[name, emptyMap(node.origin)]] : [];
}
