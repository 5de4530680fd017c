import type {Clock} from '../core/clock.ts';
import {CallError} from '../core/errors.ts';
import type {Judge, RolloutRunner} from '../core/ports.ts';

/**
 * The same runner, but its answers have this judge's reward in place of the one that they come with; without a judge none.
 * An answer whose own judge failed is scored too.
 */
export function scoreAnew(runner: RolloutRunner, judge: Judge | undefined, clock: Clock): RolloutRunner {
  return async (rollout, options) => {
    const outcome = await runner(rollout, options);
    const {response, trace} = outcome;
    if (response === undefined || trace === undefined) return outcome;
    const judgedFrom = clock.monotonic();
    try {
      const verification = await judge?.(rollout.row, response, options);
      const judgeMs = verification === undefined ? 0 : clock.monotonic() - judgedFrom;
      return {status: 'completed', rollout, response, trace, verification, judgeMs};
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      return {status: 'failed', rollout, error, response, trace};
    }
  };
}
