/** What a service says about a deployment's quota with a reply. Members that it did not give are missing. */
export interface RateLimits {
  /** Per minute. */
  readonly limitRequests?: number | undefined;
  readonly limitTokens?: number | undefined;
  /** A hint, not a lock: several replies may carry the same value. Requests are counted over ten seconds (azure-openai.md §5.2). */
  readonly remainingRequests?: number | undefined;
  readonly remainingTokens?: number | undefined;
}
