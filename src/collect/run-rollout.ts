import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {Agent, Judge, ResourcesServer, RolloutRunner} from '../core/ports.ts';
import type {ModelReply} from '../core/rollout.ts';

/** What runs the rollouts of one agent in this process. */
export interface LocalAgent {
  readonly agent: Agent;
  /** Where the agent's tools are, if it has any. */
  readonly resources: ResourcesServer | undefined;
  /** `session`: the resources server scores. Undefined when the agent's rollouts are not scored. */
  readonly judge: Judge | 'session' | undefined;
}

/** Runs rollouts here: the session, the agent's answer, its verdict. */
export function runLocally({agent, resources, judge}: LocalAgent, clock: Clock): RolloutRunner {
  return async (rollout, {cancellation}) => {
    let reply: ModelReply | undefined;
    try {
      const session = resources === undefined ? undefined : await resources(rollout.row, {cancellation});
      reply = await agent(rollout, {cancellation, session});
      const judgedFrom = clock.monotonic();
      const verify = judge === 'session' ? session?.verify : judge;
      const verification = await verify?.(rollout.row, reply.response, {cancellation});
      const judgeMs = verification === undefined ? 0 : clock.monotonic() - judgedFrom;
      const {response, trace} = reply;
      return {status: 'completed', rollout, response, trace, verification, judgeMs};
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return {status: 'failed', rollout, error, response: reply?.response, trace: reply?.trace};
    }
  };
}
