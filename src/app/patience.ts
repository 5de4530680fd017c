import type {ModelConfig} from '../config/model-config.ts';
import type {RetryOptions} from '../dispatch/retry-policy.ts';

/** For rollouts, which have all the time that the run has. */
export function patienceOf({retry}: ModelConfig): RetryOptions {
  return {
    maxTries: retry.maxTries,
    baseDelayMs: retry.baseDelayS * 1000,
    maxDelayMs: retry.maxDelayS * 1000,
    maxWaitMs: retry.maxWaitS * 1000,
  };
}

/** For clients at a door, who wait and have retries of their own. */
export function doorPatienceOf(settings: ModelConfig): RetryOptions {
  const {maxTries, maxWaitMs, ...patience} = patienceOf(settings);
  const {doorMaxTries, doorMaxWaitS} = settings.retry;
  return {
    ...patience,
    maxTries: Math.min(maxTries, doorMaxTries),
    maxWaitMs: Math.min(maxWaitMs, doorMaxWaitS * 1000),
    outageMs: 0,
  };
}
