import type {ServerConfig} from '../config/server-config.ts';
import {modelRoutes} from '../servers/doors/model-routes.ts';
import type {ServiceKind} from '../servers/http/open-service.ts';
import type {ServiceRoute} from '../servers/http/service.ts';
import {agentRoutes} from '../servers/rollouts/agent-routes.ts';
import {judgeRoutes} from '../servers/rollouts/judge-routes.ts';
import type {AppEnvironment} from './environment.ts';
import type {ServerConfiguration} from './load-server-config.ts';
import {openGateway} from './open-gateway.ts';
import {openLocalAgent, type RunnerParts} from './open-runners.ts';
import {localPlans, planAgents, type Scoring} from './plan-agents.ts';

export type ServiceParts = RunnerParts;

/** One server to open, with all that stands behind it. */
export interface ServicePlan {
  readonly name: string;
  readonly kind: Exclude<ServiceKind, 'head'>;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly routes: readonly ServiceRoute[];
  /** What stands behind it, for people. */
  readonly detail: string;
  /** Its settings in the configuration; undefined for the gateway, which is of the manifests. */
  readonly settings: ServerConfig | undefined;
}

const gatewayPort = 8080;

/** The servers of a configuration and its manifests: models, judges, agents, the gateway. The head is not among them. */
export function planServices(
  {config, gateway}: ServerConfiguration,
  parts: ServiceParts,
  environment: AppEnvironment,
): readonly ServicePlan[] {
  const plans = [
    ...planModels(parts, environment),
    ...planJudges(parts, environment),
    ...planAgentServers(parts, environment),
  ];
  if (gateway === undefined) return plans;
  return [
    ...plans,
    {
      name: 'gateway',
      kind: 'gateway',
      host: config.gateway.host ?? config.defaultHost,
      port: config.gateway.port ?? gateway.port ?? gatewayPort,
      routes: openGateway(gateway, parts.deployments, environment),
      detail: gateway.routes.flatMap(({matches}) => matches.map(({path}) => path.value)).join(', '),
      settings: undefined,
    },
  ];
}

function planModels({config, deployments}: ServiceParts, {clock}: AppEnvironment): readonly ServicePlan[] {
  const created = Math.floor(clock.now() / 1000);
  return [...config.models.values()]
    .filter(({url}) => url === undefined)
    .map((settings) => {
      const {deployment, wire, address, members} = deployments.get(settings.name);
      const routes = modelRoutes({name: settings.name, deployment, model: wire, created});
      const detail = members.size > 0 ? address : `${deployment} at ${address}`;
      return {...commonOf(settings), kind: 'model', routes, detail};
    });
}

function planJudges({config, judges}: ServiceParts, {logger}: AppEnvironment): readonly ServicePlan[] {
  return [...config.judges.values()].flatMap((settings) => {
    const judge = judges.get(settings.name);
    if (judge === undefined) return [];
    const routes = judgeRoutes({name: settings.name, judge, logger});
    return [{...commonOf(settings), kind: 'judge', routes, detail: `asks ${settings.judgeModelServer.name}`}];
  });
}

function planAgentServers(parts: ServiceParts, {logger}: AppEnvironment): readonly ServicePlan[] {
  const {config} = parts;
  if (config.agents.size === 0) return [];
  return localPlans(planAgents(config)).flatMap((plan) => {
    const settings = config.agents.get(plan.name);
    if (settings === undefined) return [];
    const {agent, resources, run} = openLocalAgent(plan, parts);
    const routes = agentRoutes({name: plan.name, runner: run, agent, resources, logger});
    return [
      {
        ...commonOf(settings),
        kind: 'agent',
        routes,
        detail: `asks ${plan.modelName}, ${describeScoring(plan.scoring)}`,
      },
    ];
  });
}

function commonOf(settings: ServerConfig): Pick<ServicePlan, 'name' | 'host' | 'port' | 'settings'> {
  const {name, host, port = 0} = settings;
  return {name, host, port, settings};
}

function describeScoring(scoring: Scoring): string {
  switch (scoring.kind) {
    case 'judge':
      return `judged by ${scoring.name}`;
    case 'remote':
      return `judged at ${scoring.url}`;
    case 'nobody':
      return 'not judged';
  }
}
