import type {AgentConfig} from '../config/agent-config.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {type Problem, RollcallError} from '../core/errors.ts';

/** Who answers and who judges for the rows of one agent. */
export interface AgentPlan {
  readonly name: string;
  /** Instance name of the policy's deployment. */
  readonly modelName: string;
  /** Instance name of the judge; undefined when answers are not scored. */
  readonly judgeName: string | undefined;
  /** The reward that the user gives to answers that are not scored; undefined: they have none. */
  readonly unscoredReward: number | undefined;
  /** Milliseconds for one rollout, judging included. */
  readonly timeoutMs: number;
}

const impliedAgentName = 'simple_agent';
const impliedModelName = 'policy_model';
const impliedTimeoutMs = 3_600_000;

/**
 * The agents that rows may name. A configuration with a model but no agent gets one of its own, over that model and its
 * judge if it has one. Fails with `ERR_CONFIG` when there is no model to ask, or more than one and nothing says which.
 */
export function planAgents(config: LoadedConfig): readonly AgentPlan[] {
  const skipAll = config.collect.skipVerification;
  if (config.agents.size > 0) return [...config.agents.values()].map((agent) => planAgent(agent, skipAll));
  if (config.models.size === 0) throw noModel();
  return [planImpliedAgent(config)];
}

/** The agent of rows that name none, if the configuration leaves no doubt about it. */
export function defaultAgentName(config: LoadedConfig, plans: readonly AgentPlan[]): string | undefined {
  return config.collect.agentName ?? (plans.length === 1 ? plans[0]?.name : undefined);
}

function planAgent(agent: AgentConfig, skipAll: boolean): AgentPlan {
  const isJudged = !skipAll && !agent.skipVerification;
  return {
    name: agent.name,
    modelName: agent.modelServer.name,
    judgeName: isJudged ? agent.resourcesServer?.name : undefined,
    unscoredReward: agent.skipVerificationReward,
    timeoutMs: agent.rolloutTimeoutS * 1000,
  };
}

function planImpliedAgent({models, judges, collect}: LoadedConfig): AgentPlan {
  const [onlyModel, ...otherModels] = models.keys();
  const modelName = models.has(impliedModelName) || otherModels.length > 0 ? impliedModelName : onlyModel;
  const [onlyJudge, ...otherJudges] = judges.keys();
  const problems: Problem[] = [];
  if (modelName === undefined || !models.has(modelName)) {
    problems.push({
      message: `there are several models (${[...models.keys()].join(', ')}) and no agent says which answers`,
    });
  }
  if (otherJudges.length > 0) {
    problems.push({
      message: `there are several judges (${[...judges.keys()].join(', ')}) and no agent says which scores`,
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
  return {
    name: collect.agentName ?? impliedAgentName,
    modelName,
    judgeName: collect.skipVerification ? undefined : onlyJudge,
    unscoredReward: collect.skipVerificationReward,
    timeoutMs: impliedTimeoutMs,
  };
}

function noModel(): RollcallError {
  return new RollcallError('the configuration names no model', {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: 'Give one with --config, e.g. --config configs/azure_openai_model.yaml, and its credentials in env.yaml.',
  });
}
