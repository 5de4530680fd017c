import type {CallError} from './errors.ts';
import type {JsonObject} from './json.ts';
import type {RateLimits} from './rate-limits.ts';
import type {Spending} from './spending.ts';

/** What makes a rollout the same rollout over resumes: `_ng_task_index` and `_ng_rollout_index`. */
export interface RolloutId {
  readonly taskIndex: number;
  readonly rolloutIndex: number;
}

/** One rollout that is owed: a materialised row. */
export interface Rollout {
  readonly id: RolloutId;
  /** Name of the agent that runs it (`agent_ref.name`). */
  readonly agentName: string;
  /** Which execution of this rollout this is, over all resumes; the first is 1. */
  readonly attempt: number;
  /** The materialised row, parsed. */
  readonly row: JsonObject;
  /** The same row as its line in the materialised file, without the newline: its members go into the record as they are written. */
  readonly text: string;
}

/** What a call to a deployment cost in time and tries. All times in milliseconds. */
export interface CallTrace {
  readonly deployment: string;
  /** HTTP exchanges made, failed ones included. */
  readonly calls: number;
  /** Waiting for admission: the limit, a cool-down, back-off. */
  readonly queuedMs: number;
  /** On the wire, over all exchanges. */
  readonly callMs: number;
  /** The service's own id of the last exchange. */
  readonly requestId?: string | undefined;
  /** The reply says that a simulator gave it. */
  readonly simulated?: boolean | undefined;
  /** The service had another deployment of the resource answer: the one that was full, and the one behind it if told. */
  readonly spilledOver?: {readonly from: string; readonly to: string | undefined} | undefined;
  /** Tokens and cost of the calls that were answered; undefined where no reply said. */
  readonly spent?: Spending | undefined;
  /** Copies of calls that were broken off because another copy was answered first; missing where there were none. */
  readonly hedged?: readonly HedgedCopy[] | undefined;
  /** What the last reply said about the deployment's quota: for who admits calls, not for the record. */
  readonly rateLimits?: RateLimits | undefined;
}

/** A copy of a call that was broken off. What it generated nobody has seen, but it may be billed. */
export interface HedgedCopy {
  readonly deployment: string;
  /** What it would have used with the answer that was kept; undefined where that reports no usage. */
  readonly ifAnswered: Spending | undefined;
  /** How long it ran. */
  readonly callMs: number;
}

/** A model's answer: a Responses API object, with how it was come by. */
export interface ModelReply {
  readonly response: JsonObject;
  readonly trace: CallTrace;
}

/** What a judge adds to a rollout's record. */
export interface Verification {
  readonly reward: number;
  /** The other members for the record, `judge_evaluations` among them, in the order to write them. */
  readonly fields: JsonObject;
  readonly traces: readonly CallTrace[];
}

/** A rollout that got its answer, and its reward if it was judged. */
export interface CompletedOutcome {
  readonly status: 'completed';
  readonly rollout: Rollout;
  readonly response: JsonObject;
  readonly trace: CallTrace;
  readonly verification: Verification | undefined;
  /** Wall time of the judge's part, in milliseconds; 0 when not judged. */
  readonly judgeMs: number;
}

/** A rollout that failed; `response` and `trace` are those of the policy's answer if it was the judge that failed. */
export interface FailedOutcome {
  readonly status: 'failed';
  readonly rollout: Rollout;
  readonly error: CallError;
  readonly response: JsonObject | undefined;
  readonly trace?: CallTrace | undefined;
}

/** What became of one attempt at a rollout. A bad rollout is data, not a crash. */
export type Outcome = CompletedOutcome | FailedOutcome;
