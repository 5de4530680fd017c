/** What a service says about a deployment's quota with a reply. Members that it did not give are missing. */
export interface RateLimits {
  /** Per minute. */
  readonly limitRequests?: number | undefined;
  readonly limitTokens?: number | undefined;
  /** A hint, not a lock: several replies may carry the same value. Requests are counted over ten seconds (azure-openai.md §5.2). */
  readonly remainingRequests?: number | undefined;
  readonly remainingTokens?: number | undefined;
  /** Of provisioned throughput, when the call arrived; 1 is all of it, a little more is possible. */
  readonly utilization?: number | undefined;
  /** What the call took in the end, in the measure of its estimate; undefined where the reply does not say. */
  readonly usedTokens?: number | undefined;
  /** The deployment could not serve the call, and another one that the service put behind it did: the limits are not its. */
  readonly isSpilledOver?: boolean | undefined;
}
