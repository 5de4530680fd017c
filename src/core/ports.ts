import type {Cancellation} from './cancellation.ts';
import type {JsonObject} from './json.ts';
import type {ModelReply, Outcome, Rollout, Verification} from './rollout.ts';

export interface CallOptions {
  readonly cancellation: Cancellation;
}

/** Answers one Responses API request (its `responses_create_params`). Fails with a `CallError`, or with the cancellation's reason. */
export type ModelClient = (params: JsonObject, options: CallOptions) => Promise<ModelReply>;

/** Runs one rollout's turns and returns the policy's answer. Fails as a `ModelClient` does. */
export type Agent = (rollout: Rollout, options: CallOptions) => Promise<ModelReply>;

/** Scores an answer (`response`, a Responses API object) to a row. A judge call that fails is a `CallError`, never a reward. */
export type Judge = (row: JsonObject, response: JsonObject, options: CallOptions) => Promise<Verification>;

/** Keeps outcomes: completed ones in the output, failed ones beside it. Resolves when there is room for more; fails with fault `store`. */
export interface Sink {
  write(outcome: Outcome): Promise<void>;
  /** Writes what is buffered and closes the files. */
  close(): Promise<void>;
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
