import type {Cancellation} from './cancellation.ts';
import type {JsonObject} from './json.ts';
import type {ModelReply, Outcome, Rollout, Verification} from './rollout.ts';

export interface CallOptions {
  readonly cancellation: Cancellation;
  /** The rollout has been served before: its next turn goes before others' first. */
  readonly isBegun?: boolean | undefined;
}

/** Answers one Responses API request (its `responses_create_params`). Fails with a `CallError`, or with the cancellation's reason. */
export type ModelClient = (params: JsonObject, options: CallOptions) => Promise<ModelReply>;

/** A rollout's stay at its resources server: its tools on the way, its verdict at the end. */
export interface ResourcesSession {
  /** Calls a tool and gives back what it says, as text, whatever its status. Fails with a `CallError` when it cannot be reached. */
  callTool(name: string, args: JsonObject, options: CallOptions): Promise<string>;
  /** Scores the answer. See `Judge`. */
  readonly verify: Judge;
}

/** Opens the session of one rollout (`/seed_session`). Fails as a `ModelClient` does. */
export type ResourcesServer = (row: JsonObject, options: CallOptions) => Promise<ResourcesSession>;

export interface AgentOptions extends CallOptions {
  /** Where the tools are; undefined when the agent has no resources server, or one without tools. */
  readonly session: ResourcesSession | undefined;
}

/** Runs one rollout's turns and returns the policy's answer. Fails as a `ModelClient` does. */
export type Agent = (rollout: Rollout, options: AgentOptions) => Promise<ModelReply>;

/** Runs one rollout to its outcome, within its limits. Only a bug or the cancellation's reason is thrown. */
export type RolloutRunner = (rollout: Rollout, options: CallOptions) => Promise<Outcome>;

/** Scores an answer (`response`, a Responses API object) to a row. A judge call that fails is a `CallError`, never a reward. */
export type Judge = (row: JsonObject, response: JsonObject, options: CallOptions) => Promise<Verification>;

/** Keeps outcomes: completed ones in the output, failed ones beside it. */
export interface Sink {
  /** Undefined where there is room for more; else resolves when there is, or fails with fault `store`. */
  write(outcome: Outcome): Promise<void> | undefined;
  /** Writes what is buffered and closes the files. */
  close(): Promise<void>;
}

/** Notes what is begun, so that after a crash it is known what may have been paid for without a record. */
export interface DispatchJournal {
  /** Resolves when the note outlives this process: nothing is sent for the rollout before. Fails with fault `store`. */
  begin(rollout: Rollout): Promise<void>;
}

/** A line for people on stderr, at a level. Secrets are taken out behind it. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Takes known secrets out of a text before it goes anywhere. */
export type Redact = (text: string) => string;
