import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {Agent, Judge} from '../core/ports.ts';
import type {ModelReply, Outcome, Rollout} from '../core/rollout.ts';

/** What runs the rollouts of one agent. */
export interface RolloutRunner {
  readonly agent: Agent;
  /** Absent when the agent's rollouts are not scored. */
  readonly judge: Judge | undefined;
  /** Milliseconds a rollout may take, waiting included. */
  readonly timeoutMs: number;
}

/** One attempt at a rollout: the agent's answer, then its verdict. Only a bug or a cancellation is thrown. */
export async function runRollout(
  rollout: Rollout,
  {agent, judge, timeoutMs}: RolloutRunner,
  {cancellation, clock}: {readonly cancellation: Cancellation; readonly clock: Clock},
): Promise<Outcome> {
  const rolloutScope = new CancellationSource(cancellation);
  const stopTimer = clock.setTimer(timeoutMs, () => rolloutScope.cancel(timedOut(timeoutMs)));
  let reply: ModelReply | undefined;
  try {
    reply = await agent(rollout, {cancellation: rolloutScope});
    const judgedFrom = clock.monotonic();
    const verification = await judge?.(rollout.row, reply.response, {cancellation: rolloutScope});
    const judgeMs = verification === undefined ? 0 : clock.monotonic() - judgedFrom;
    return {status: 'completed', rollout, ...reply, verification, judgeMs};
  } catch (error) {
    if (cancellation.reason !== undefined || !(error instanceof CallError)) throw error;
    return {status: 'failed', rollout, error, response: reply?.response, trace: reply?.trace};
  } finally {
    stopTimer();
    rolloutScope.release();
  }
}

function timedOut(timeoutMs: number): CallError {
  return new CallError(`the rollout took longer than ${String(timeoutMs / 1000)} s`, {
    code: 'ERR_ROLLOUT_TIMEOUT',
    fault: 'agent',
    effect: 'retry',
    hint: "Raise the agent's rollout_timeout_s, or lower the concurrency if rollouts wait for their turn.",
  });
}
