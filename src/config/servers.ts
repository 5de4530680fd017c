import {closeKey} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {type AgentConfig, type AgentDefaults, readAgent} from './agent-config.ts';
import {type ConfigNode, formatPath, type MapNode} from './config-node.ts';
import {type ExternalServer, readExternalServer} from './external-server.ts';
import {type JudgeConfig, readJudge} from './judge-config.ts';
import {type ModelConfig, readModel} from './model-config.ts';
import type {PathRoots} from './packaged-path.ts';
import type {SectionContext} from './section.ts';
import {findInstances, implementations, type ServerInstance, type ServerType} from './server-instances.ts';
import {checkReferences, readReference, suggest} from './server-reference.ts';
import {readSimulator, type SimulatorConfig} from './simulator-config.ts';

/** What the document declares, by instance name. */
export interface Servers {
  readonly models: ReadonlyMap<string, ModelConfig>;
  readonly judges: ReadonlyMap<string, JudgeConfig>;
  readonly agents: ReadonlyMap<string, AgentConfig>;
  readonly simulators: ReadonlyMap<string, SimulatorConfig>;
  /** Judges and agents that run elsewhere. A model that does is one of `models`. */
  readonly externals: ReadonlyMap<string, ExternalServer>;
}

export interface ServerOptions extends PathRoots {
  readonly defaultHost: string;
  readonly agentDefaults: AgentDefaults;
  /** The agent that the collection names, if it names one. */
  readonly agentName: string | undefined;
  /** False: a malformed server is left out with a warning. */
  readonly errorOnAlmostServers: boolean;
  readonly problem: (problem: Problem) => void;
  readonly warn: (problem: Problem) => void;
}

/** Reads every instance of a resolved document, and checks that those that refer to each other exist. */
export function readServers(root: MapNode, options: ServerOptions): Servers {
  const report = options.errorOnAlmostServers ? options.problem : options.warn;
  const instances = findInstances(root, report);
  const reader = createReader();
  for (const instance of instances) {
    warnAboutStrayOverride(instance, instances, options.warn);
    if (!instance.isExternal && !isSupported(instance)) {
      reportUnsupported(instance, instances, {...options, problem: report});
      continue;
    }
    const found: Problem[] = [];
    const problem = (one: Problem): void => void found.push(one);
    checkReferences(instance, instances, problem);
    reader.read(instance, {...options, path: instance.path, problem});
    for (const one of found) report(one);
    if (found.length > 0) reader.forget(instance.name);
  }
  checkAgentName(root, instances, options);
  return reader.servers;
}

type ReadContext = ServerOptions & SectionContext;

interface Reader {
  readonly servers: Servers;
  read(instance: ServerInstance, context: ReadContext): void;
  forget(name: string): void;
}

function createReader(): Reader {
  const models = new Map<string, ModelConfig>();
  const judges = new Map<string, JudgeConfig>();
  const agents = new Map<string, AgentConfig>();
  const simulators = new Map<string, SimulatorConfig>();
  const externals = new Map<string, ExternalServer>();
  const readers: Readonly<Record<ServerType, (instance: ServerInstance, context: ReadContext) => void>> = {
    responses_api_models: (instance, context) => keep(models, readModel(instance, context)),
    resources_servers: (instance, context) => keep(judges, readJudge(instance, context)),
    responses_api_agents: (instance, context) => keep(agents, readAgent(instance, context)),
    simulators: (instance, context) => keep(simulators, readSimulator(instance, context)),
  };
  return {
    servers: {models, judges, agents, simulators, externals},
    read(instance, context) {
      const runsElsewhere = instance.isExternal && instance.type !== 'responses_api_models';
      if (runsElsewhere) keep(externals, readExternalServer(instance, context));
      else readers[instance.type](instance, context);
    },
    forget: (name) => {
      for (const map of [models, judges, agents, simulators, externals]) map.delete(name);
    },
  };
}

function keep<Config extends {readonly name: string}>(
  map: Map<string, Config>,
  config: Config | undefined,
): void {
  if (config !== undefined) map.set(config.name, config);
}

function isSupported({type, implementation}: ServerInstance): boolean {
  return (implementations[type] as readonly string[]).includes(implementation);
}

/** A model of another kind is always a problem; a judge or an agent of another kind only if something needs it. */
function reportUnsupported(
  {name, type, implementation, node, path}: ServerInstance,
  instances: readonly ServerInstance[],
  {agentName, problem, warn}: ServerOptions,
): void {
  const referrer = instances.find(
    (other) =>
      (other.isExternal || isSupported(other)) &&
      [...other.node.entries.values()].some((value) => refersTo(value, type, name)),
  );
  const needed = type === 'responses_api_models' || referrer !== undefined || agentName === name;
  const {file, line, column} = node.origin;
  const by = referrer === undefined ? '' : `, and \`${referrer.name}\` refers to it`;
  (needed ? problem : warn)({
    message: needed
      ? `\`${implementation}\` is not supported here${by}`
      : `\`${implementation}\` is not supported here and is left out`,
    file,
    line,
    column,
    path: formatPath(path),
    hint: `Supported in ${type}: ${implementations[type].map((known) => `\`${known}\``).join(', ')}.`,
  });
}

function refersTo(value: ConfigNode, type: ServerType, name: string): boolean {
  const target = readReference(value);
  return target?.type === type && target.name === name;
}

/** An override with a slip in an instance's name makes an instance of its own. */
function warnAboutStrayOverride(
  {name, type, node, path}: ServerInstance,
  instances: readonly ServerInstance[],
  warn: (problem: Problem) => void,
): void {
  if (node.origin.folder !== undefined) return;
  const declared = instances.filter((other) => other.type === type && other.node.origin.folder !== undefined);
  const meant = closeKey(
    name,
    declared.map((other) => other.name),
  );
  if (meant === undefined) return;
  const {file} = node.origin;
  const message = `this makes an instance \`${name}\` of its own`;
  warn({message, file, path: formatPath(path), hint: `Did you mean \`${meant}\`?`});
}

function checkAgentName(
  root: MapNode,
  instances: readonly ServerInstance[],
  {agentName, problem}: ServerOptions,
): void {
  const names = instances.filter(({type}) => type === 'responses_api_agents').map(({name}) => name);
  if (agentName === undefined || names.length === 0 || names.includes(agentName)) return;
  const {file, line, column} = (root.entries.get('agent_name') ?? root).origin;
  const message = `there is no agent \`${agentName}\``;
  problem({message, file, line, column, path: 'agent_name', hint: suggest(agentName, names)});
}
