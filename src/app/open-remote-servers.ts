import type {ExternalServer} from '../config/external-server.ts';
import type {Judge, ResourcesServer, RolloutRunner} from '../core/ports.ts';
import {createGymHttp, type GymHttp} from '../gym/gym-http.ts';
import {createRemoteRunner} from '../gym/remote-agent.ts';
import {createRemoteJudge, createRemoteResources} from '../gym/remote-resources.ts';
import type {AppEnvironment} from './environment.ts';
import type {RemoteAgentPlan} from './plan-agents.ts';

/** Servers of NeMo Gym's kind that run elsewhere, all called through one client. Nothing is opened until the first call. */
export interface RemoteServers extends AsyncDisposable {
  agent(plan: RemoteAgentPlan): RolloutRunner;
  resourcesServer(server: ExternalServer): ResourcesServer;
  judge(server: {readonly url: string; readonly token: string | undefined}): Judge;
}

/** The client for servers that run elsewhere. `serverToken` is shown to those that have no token of their own. */
export function openRemoteServers(
  {awake: clock, random, redactor}: AppEnvironment,
  serverToken: string | undefined,
): RemoteServers {
  const {redact} = redactor;
  const http: GymHttp = createGymHttp({clock, redact});
  const common = {http, clock, random, redact};
  return {
    agent: ({url, name, token}) => createRemoteRunner({...common, url, agentName: name, token}),
    resourcesServer: ({url, token}) => createRemoteResources({...common, url, token: token ?? serverToken}),
    judge: ({url, token}) => createRemoteJudge({...common, url, token}),
    [Symbol.asyncDispose]: () => http.close(),
  };
}
