import {createSimpleAgent} from '../agent/simple-agent.ts';
import {runLocally} from '../collect/run-rollout.ts';
import {scoreAnew} from '../collect/score-anew.ts';
import {limitTime} from '../collect/time-limit.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import type {ModelConfig} from '../config/model-config.ts';
import type {Clock} from '../core/clock.ts';
import type {Agent, Judge, ResourcesServer, RolloutRunner} from '../core/ports.ts';
import type {FirstCalls} from '../dispatch/first-calls.ts';
import type {Deployments} from './open-deployments.ts';
import type {RemoteServers} from './open-remote-servers.ts';
import {
  type AgentPlan,
  type LocalAgentPlan,
  localPlans,
  type RemoteAgentPlan,
  type Scoring,
} from './plan-agents.ts';

export interface Runners {
  /** Fails for a name that is not planned: rows were checked against the plan before. */
  readonly runnerOf: (agentName: string) => RolloutRunner;
  /** Rollouts in flight that keep every deployment busy as things stand: its policy's share, and its judge's beside it. */
  readonly width: () => number;
}

/** What agents are put together from, all of it open. */
export interface RunnerParts {
  readonly config: LoadedConfig;
  readonly deployments: Deployments;
  /** By instance name. */
  readonly judges: ReadonlyMap<string, Judge>;
  readonly remote: RemoteServers;
  readonly clock: Clock;
  /** Calls off what has not begun, where the run may end early; the deployments were opened with it. */
  readonly firstCalls?: FirstCalls | undefined;
}

/** An agent that runs here: its turns alone, and whole rollouts. */
export interface LocalAgentRunner {
  readonly agent: Agent;
  readonly resources: ResourcesServer | undefined;
  readonly run: RolloutRunner;
}

/** Puts each planned agent together. */
export function openRunners(plans: readonly AgentPlan[], parts: RunnerParts): Runners {
  const runners = new Map<string, RolloutRunner>(
    plans.map((plan) => [
      plan.name,
      plan.kind === 'remote' ? openRemoteAgent(plan, parts) : openLocalAgent(plan, parts).run,
    ]),
  );
  return {
    runnerOf(agentName) {
      const runner = runners.get(agentName);
      if (runner === undefined) throw new Error(`no runner for agent ${agentName}`);
      return runner;
    },
    width: () => plans.reduce((sum, plan) => sum + widthOf(plan, parts), 0),
  };
}

/** Puts one agent together: its model, its tools, its judge, its time limit. */
export function openLocalAgent(plan: LocalAgentPlan, parts: RunnerParts): LocalAgentRunner {
  const {modelName, maxSteps, tools, scoring, timeoutMs} = plan;
  const {deployments, judges, remote, clock} = parts;
  const {asPolicy} = deployments.get(modelName);
  const agent = createSimpleAgent({maxSteps}, parts.firstCalls?.calledOff(asPolicy) ?? asPolicy);
  const resources = tools === undefined ? undefined : remote.resourcesServer(tools);
  const judge = judgeOf(scoring, tools?.url, judges, remote);
  return {agent, resources, run: limitTime(runLocally({agent, resources, judge}, clock), timeoutMs, clock)};
}

function openRemoteAgent(plan: RemoteAgentPlan, {remote, clock}: RunnerParts): RolloutRunner {
  const {scoring, timeoutMs} = plan;
  const run = remote.agent(plan);
  return limitTime(
    scoring === undefined ? run : scoreAnew(run, remoteJudgeOf(scoring, remote), clock),
    timeoutMs,
    clock,
  );
}

function judgeOf(
  scoring: Scoring,
  toolsUrl: string | undefined,
  judges: ReadonlyMap<string, Judge>,
  remote: RemoteServers,
): Judge | 'session' | undefined {
  if (scoring.kind === 'judge') return judges.get(scoring.name);
  const isToolsServer = scoring.kind === 'remote' && scoring.url === toolsUrl;
  return isToolsServer ? 'session' : remoteJudgeOf(scoring, remote);
}

function remoteJudgeOf(
  scoring: NonNullable<RemoteAgentPlan['scoring']>,
  remote: RemoteServers,
): Judge | undefined {
  return scoring.kind === 'remote' ? remote.judge(scoring) : givingReward(scoring.reward);
}

/** Nobody judges: the record says so and has the reward that the user set, as NeMo Gym's agents do it. Without one it has none. */
function givingReward(reward: number | undefined): Judge | undefined {
  if (reward === undefined) return undefined;
  return () => Promise.resolve({reward, fields: {verification_skipped: true}, traces: []});
}

/** Judges that run here and are asked by the planned agents. */
export function judgeNamesOf(plans: readonly AgentPlan[]): readonly string[] {
  return localPlans(plans).flatMap(({scoring}) => (scoring.kind === 'judge' ? [scoring.name] : []));
}

/** The models that the planned agents and their judges call. */
export function modelsOf(
  plans: readonly AgentPlan[],
  {judges, models}: LoadedConfig,
): readonly ModelConfig[] {
  const policies = localPlans(plans).map(({modelName}) => modelName);
  const ofJudges = judgeNamesOf(plans).flatMap((name) => judges.get(name)?.judgeModelServer.name ?? []);
  return [...new Set([...policies, ...ofJudges])].flatMap((name) => models.get(name) ?? []);
}

// A server elsewhere has limits of its own and says nothing of them.
const remoteWidth = 128;

function widthOf(plan: AgentPlan, {config, deployments}: RunnerParts): number {
  if (plan.kind === 'remote') return remoteWidth;
  const ofPolicy = deployments.get(plan.modelName).width();
  if (plan.scoring.kind === 'remote') return ofPolicy * 2;
  const judge = plan.scoring.kind === 'judge' ? config.judges.get(plan.scoring.name) : undefined;
  if (judge === undefined) return ofPolicy;
  const ofJudge = deployments.get(judge.judgeModelServer.name).width();
  return ofPolicy + Math.min(ofJudge, judge.judgeEndpointMaxConcurrency ?? ofJudge);
}
