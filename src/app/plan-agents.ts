import type {AgentConfig} from '../config/agent-config.ts';
import type {ExternalServer} from '../config/external-server.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {type Problem, RollcallError} from '../core/errors.ts';

/** Who scores the rollouts of an agent. */
export type Scoring =
  /** A judge that runs here, by its instance name. */
  | {readonly kind: 'judge'; readonly name: string}
  /** A server that runs elsewhere: the agent's resources server, or the one of `--judge-url`. */
  | {readonly kind: 'remote'; readonly url: string; readonly token: string | undefined}
  /** Nobody; the reward that the user gives, if any. */
  | {readonly kind: 'nobody'; readonly reward: number | undefined};

/** An agent that runs here. */
export interface LocalAgentPlan {
  readonly kind: 'local';
  readonly name: string;
  /** Instance name of the policy's deployment. */
  readonly modelName: string;
  readonly maxSteps: number | undefined;
  /** Where its tools are, if that is a server that runs elsewhere. */
  readonly tools: ExternalServer | undefined;
  readonly scoring: Scoring;
  /** Milliseconds for one rollout, judging included. */
  readonly timeoutMs: number;
}

/** An agent that runs elsewhere and is sent whole rows. */
export interface RemoteAgentPlan {
  readonly kind: 'remote';
  readonly name: string;
  /** Base URL of its `/run`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
  /** Who scores instead of itself; undefined: its own rewards count. */
  readonly scoring: Exclude<Scoring, {readonly kind: 'judge'}> | undefined;
}

/** Who answers and who judges for the rows of one agent. */
export type AgentPlan = LocalAgentPlan | RemoteAgentPlan;

const impliedAgentName = 'simple_agent';
const impliedModelName = 'policy_model';

/** Milliseconds for a rollout of an agent that says nothing about it. */
export const impliedTimeoutMs = 3_600_000;

/** Whether a configuration has anything that rollouts could be run with; else a head server has to know. */
export function declaresAgents({agents, externals, models}: LoadedConfig): boolean {
  return agents.size > 0 || models.size > 0 || remoteAgents(externals).length > 0;
}

/**
 * The agents that rows may name. A configuration with a model but no agent gets one of its own, over that model and its
 * judge if it has one. Fails with `ERR_CONFIG` when there is no model to ask, or more than one and nothing says which.
 */
export function planAgents(config: LoadedConfig): readonly AgentPlan[] {
  const {agents, externals, models} = config;
  const remote = remoteAgents(externals).map((server) => planRemoteAgent(server, config));
  if (agents.size + remote.length > 0) {
    return [...[...agents.values()].map((agent) => planAgent(agent, config)), ...remote];
  }
  if (models.size === 0) throw noModel();
  return [planImpliedAgent(config)];
}

/** The agent of rows that name none, if the configuration leaves no doubt about it. */
export function defaultAgentName(config: LoadedConfig, plans: readonly AgentPlan[]): string | undefined {
  return config.collect.agentName ?? (plans.length === 1 ? plans[0]?.name : undefined);
}

/** The agents of plans that run here. */
export function localPlans(plans: readonly AgentPlan[]): readonly LocalAgentPlan[] {
  return plans.filter((plan) => plan.kind === 'local');
}

function remoteAgents(externals: LoadedConfig['externals']): readonly ExternalServer[] {
  return [...externals.values()].filter(({type}) => type === 'responses_api_agents');
}

function planRemoteAgent(
  {name, url, token, rolloutTimeoutS}: ExternalServer,
  config: LoadedConfig,
): RemoteAgentPlan {
  const timeoutMs = rolloutTimeoutS * 1000;
  const scoring = remoteScoringOf(config);
  return {kind: 'remote', name, url, token: token ?? config.serverToken, timeoutMs, scoring};
}

/** Who scores the answers of agents that run elsewhere, if the user wants somebody else, or nobody, to. */
export function remoteScoringOf({collect, serverToken}: LoadedConfig): RemoteAgentPlan['scoring'] {
  const {skipVerification, skipVerificationReward: reward, judgeUrl: url} = collect;
  if (skipVerification) return {kind: 'nobody', reward};
  return url === undefined ? undefined : {kind: 'remote', url, token: serverToken};
}

function planAgent(agent: AgentConfig, config: LoadedConfig): LocalAgentPlan {
  const resources = agent.resourcesServer?.name;
  return {
    kind: 'local',
    name: agent.name,
    modelName: agent.modelServer.name,
    maxSteps: agent.maxSteps,
    tools: resources === undefined ? undefined : config.externals.get(resources),
    scoring: scoringOf(resources, agent, config),
    timeoutMs: agent.rolloutTimeoutS * 1000,
  };
}

function scoringOf(
  resources: string | undefined,
  {
    skipVerification,
    skipVerificationReward,
  }: Pick<AgentConfig, 'skipVerification' | 'skipVerificationReward'>,
  {collect, externals, serverToken}: LoadedConfig,
): Scoring {
  if (collect.skipVerification || (skipVerification && collect.judgeUrl === undefined)) {
    return {kind: 'nobody', reward: skipVerificationReward};
  }
  if (collect.judgeUrl !== undefined) return {kind: 'remote', url: collect.judgeUrl, token: serverToken};
  if (resources === undefined) return {kind: 'nobody', reward: skipVerificationReward};
  const external = externals.get(resources);
  if (external === undefined) return {kind: 'judge', name: resources};
  return {kind: 'remote', url: external.url, token: external.token ?? serverToken};
}

function planImpliedAgent(config: LoadedConfig): LocalAgentPlan {
  const {models, judges, externals, collect} = config;
  const [onlyModel, ...otherModels] = models.keys();
  const modelName = models.has(impliedModelName) || otherModels.length > 0 ? impliedModelName : onlyModel;
  const resources = [...judges.keys(), ...externals.keys()];
  const problems: Problem[] = [];
  if (modelName === undefined || !models.has(modelName)) {
    problems.push({
      message: `there are several models (${[...models.keys()].join(', ')}) and no agent says which answers`,
    });
  }
  if (resources.length > 1) {
    problems.push({
      message: `there are several judges (${resources.join(', ')}) and no agent says which scores`,
    });
  }
  if (modelName === undefined || problems.length > 0) {
    throw new RollcallError('the configuration leaves open who runs the rollouts', {
      code: 'ERR_CONFIG',
      fault: 'config',
      problems,
      hint: 'Declare an agent: NAME: {responses_api_agents: {simple_agent: {model_server: …, resources_server: …}}}.',
    });
  }
  const [only] = resources;
  const {skipVerification, skipVerificationReward} = collect;
  return {
    kind: 'local',
    name: collect.agentName ?? impliedAgentName,
    modelName,
    maxSteps: undefined,
    tools: only === undefined ? undefined : externals.get(only),
    scoring: scoringOf(only, {skipVerification, skipVerificationReward}, config),
    timeoutMs: impliedTimeoutMs,
  };
}

function noModel(): RollcallError {
  return new RollcallError('the configuration names no model', {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Give one with --config, e.g. --config configs/azure_openai_model.yaml, and its credentials in env.yaml; or start the servers with `rollcall run` first.',
  });
}
