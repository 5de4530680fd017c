/** What a run made of a deployment's limits. Members of which nothing is known are undefined. */
export interface DeploymentUse {
  /** As configuration names it. */
  readonly name: string;
  /** Per minute, as last told. */
  readonly limitRequests: number | undefined;
  readonly limitTokens: number | undefined;
  /** Calls that may be in flight, in the end. */
  readonly places: number;
  /** Answered calls, and calls refused for want of quota. */
  readonly answered: number;
  readonly refused: number;
  /** Whole minutes in which somebody always waited. */
  readonly saturatedMinutes: number;
  /** Share of the limit (tokens or requests, whichever is more) that was taken in these. */
  readonly useAtSaturation: number | undefined;
  /** Of provisioned throughput, over all calls. */
  readonly meanUtilization: number | undefined;
  /** Tokens that the service reserved for each one that calls took. */
  readonly reservedPerUsed: number | undefined;
  readonly changes: readonly LimitChange[];
  /** Changes in the middle that are not among these: there were too many. */
  readonly changesLeftOut: number;
}

/** How a deployment's limits stood from a moment on, or a cool-down. */
export type LimitChange = LimitState | CoolDownPeriod;

export interface LimitState {
  /** Milliseconds since the deployment was opened. */
  readonly atMs: number;
  readonly limitRequests: number | undefined;
  readonly limitTokens: number | undefined;
  readonly places: number;
}

export interface CoolDownPeriod {
  readonly atMs: number;
  readonly coolDownMs: number;
  /** Code of the error that brought it about; undefined where none did. */
  readonly because: string | undefined;
  /** Refusals that asked for it, or came before it was over. */
  readonly refusals: number;
}
