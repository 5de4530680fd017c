import {CancellationSource} from '../core/cancellation.ts';
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
      return {status: 'completed', rollout, ...reply, verification, judgeMs};
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return {status: 'failed', rollout, error, response: reply?.response, trace: reply?.trace};
    }
  };
}

/** The same runner, but a rollout that takes longer than `timeoutMs`, waiting included, is cut off and fails. */
export function limitTime(runner: RolloutRunner, timeoutMs: number, clock: Clock): RolloutRunner {
  return async (rollout, {cancellation}) => {
    const scope = new CancellationSource(cancellation);
    const stopTimer = clock.setTimer(timeoutMs, () => scope.cancel(timedOut(timeoutMs)));
    try {
      const outcome = await runner(rollout, {cancellation: scope});
      if (cancellation.reason !== undefined && outcome.status === 'failed') throw outcome.error;
      return outcome;
    } finally {
      stopTimer();
      scope.release();
    }
  };
}

function timedOut(timeoutMs: number): CallError {
  return new CallError(`the rollout took longer than ${String(timeoutMs / 1000)} s`, {
    code: 'ERR_ROLLOUT_TIMEOUT',
    fault: 'agent',
    effect: 'retry',
    hint: "Raise the agent's rollout_timeout_s, or lower the concurrency if rollouts wait for their turn.",
  });
}
