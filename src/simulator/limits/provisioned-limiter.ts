/** What a deployment with provisioned throughput can do. */
export interface ProvisionedThroughput {
  /** Weighted tokens that it works off in a minute. */
  readonly tokensPerMinute: number;
  /** Seconds of that work that make up a utilisation of 100 %. */
  readonly windowS: number;
}

export interface ProvisionedAdmission {
  readonly admitted: true;
  /** With this request in it; 1 is all of it, a little more is possible. */
  readonly utilization: number;
}

export interface ProvisionedRejection {
  readonly admitted: false;
  readonly utilization: number;
  /** Until the utilisation is down at 100 %. */
  readonly retryAfterMs: number;
}

export interface ProvisionedLimiter {
  /** Decides about a request that arrives at `nowMs` (a clock that never goes back) and adds its estimate. */
  admit(nowMs: number, estimate: number): ProvisionedAdmission | ProvisionedRejection;
  /** A request is over: what it took in truth replaces its estimate. */
  settle(nowMs: number, estimate: number, actual: number): void;
}

/**
 * The leaky bucket of provisioned throughput (azure-openai.md §5.1): a request is let in unless the utilisation is above
 * 100 %, whatever its own size, so that it may pass 100 % for a moment. How much work fills the bucket is documented
 * nowhere: it is a setting.
 */
export function createProvisionedLimiter({
  tokensPerMinute,
  windowS,
}: ProvisionedThroughput): ProvisionedLimiter {
  const perMs = tokensPerMinute / 60_000;
  const capacity = perMs * windowS * 1_000;
  let level = 0;
  let levelAtMs = 0;
  const drain = (nowMs: number): void => {
    level = Math.max(0, level - (nowMs - levelAtMs) * perMs);
    levelAtMs = nowMs;
  };
  return {
    admit(nowMs, estimate) {
      drain(nowMs);
      if (level > capacity)
        return {admitted: false, utilization: level / capacity, retryAfterMs: (level - capacity) / perMs};
      level += estimate;
      return {admitted: true, utilization: level / capacity};
    },
    settle(nowMs, estimate, actual) {
      drain(nowMs);
      level = Math.max(0, level + actual - estimate);
    },
  };
}
