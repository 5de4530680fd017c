/** Tokens of a role, and their cost in US dollars; undefined where a price is not known. */
export interface RoleEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | undefined;
}

/** What rollouts are expected to take. */
export interface WorkEstimate {
  readonly policy: RoleEstimate;
  /** Undefined: nothing is judged, or not here. */
  readonly judge: RoleEstimate | undefined;
  /** What the outputs are told from: the answers seen so far, the requests' `max_output_tokens`, or nothing but custom. */
  readonly basis: 'answers' | 'max_output_tokens' | 'guess';
}

/** How long a deployment takes for its part, as its quota has it. */
export interface QuotaTime {
  /** The model instance. */
  readonly name: string;
  /** By the service's own estimate on arrival, which counts the most that an answer may have. */
  readonly chargedTokens: number;
  readonly requests: number;
  /** Undefined: not configured. */
  readonly tokensPerMinute: number | undefined;
  readonly requestsPerMinute: number | undefined;
  /** Undefined where no quota is configured. */
  readonly minutes: number | undefined;
}

/** What the rollouts that are owed will take, told before any of them is sent. */
export interface RunEstimate extends WorkEstimate {
  readonly rollouts: number;
  readonly quota: readonly QuotaTime[];
}

/** The cost of all roles; undefined where one is not known. */
export function totalCostUsd({policy, judge}: WorkEstimate): number | undefined {
  if (policy.costUsd === undefined || judge === undefined) return policy.costUsd;
  return judge.costUsd === undefined ? undefined : policy.costUsd + judge.costUsd;
}

/** The tokens of all roles, in and out. */
export function totalTokens({policy, judge}: WorkEstimate): number {
  return tokensOf(policy) + (judge === undefined ? 0 : tokensOf(judge));
}

function tokensOf({inputTokens, outputTokens}: RoleEstimate): number {
  return inputTokens + outputTokens;
}
