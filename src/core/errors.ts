import type {JsonObject} from './json.ts';
import type {Spending} from './spending.ts';

/** The boundary a failure crossed. `internal` is a bug of ours. */
export type Fault = 'usage' | 'config' | 'dataset' | 'model' | 'judge' | 'agent' | 'store' | 'internal';

/** One thing that is wrong, where it is, and what to do about it. */
export interface Problem {
  readonly message: string;
  readonly file?: string | undefined;
  /** 1-based. */
  readonly line?: number | undefined;
  /** 1-based. */
  readonly column?: number | undefined;
  /** Dotted path of the key in a document, e.g. `policy_model.responses_api_models`. */
  readonly path?: string | undefined;
  readonly hint?: string | undefined;
}

export interface RollcallErrorOptions {
  /** Stable, listed in docs/errors.md: `ERR_CONFIG`, `ERR_MODEL_AUTH`, … */
  readonly code: string;
  readonly fault: Fault;
  readonly hint?: string | undefined;
  /** Every problem at once, where there can be several. */
  readonly problems?: readonly Problem[] | undefined;
  readonly cause?: unknown;
}

/** A failure that we expected could happen. Anything else that is thrown is a bug and shows its stack. */
export class RollcallError extends Error {
  static {
    RollcallError.prototype.name = 'RollcallError';
  }

  readonly code: string;
  readonly fault: Fault;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(message: string, {code, fault, hint, problems = [], cause}: RollcallErrorOptions) {
    super(message, cause === undefined ? undefined : {cause});
    this.code = code;
    this.fault = fault;
    this.hint = hint;
    this.problems = problems;
  }
}

/**
 * What a failed call means for the work around it.
 * - `retry`: the same call may succeed later.
 * - `rollout`: this rollout cannot succeed as it is; others can.
 * - `settings`: every call with these parameters will fail alike; ends the run unless another call succeeds.
 * - `run`: no call to this deployment can succeed (credentials, deployment name, API version, network rules).
 */
export type CallEffect = 'retry' | 'rollout' | 'settings' | 'run';

export interface CallErrorOptions extends RollcallErrorOptions {
  readonly effect: CallEffect;
  /** How long the server asked us to wait, in full, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
  /** The failed reply's headers that a client may use, redacted, by lower-case name: for servers that pass them on. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The failed reply's body, redacted, where it was a JSON object: for servers that pass it on. */
  readonly body?: JsonObject | undefined;
  /** The same as it came, where it did not come inside something else. */
  readonly bodyText?: string | undefined;
  /** The endpoint could not be reached at all (name, route, refused, TLS). */
  readonly unreachable?: boolean | undefined;
  /** The deployment refused for want of quota or capacity: not an error of ours, does not use up the attempts. */
  readonly throttled?: boolean | undefined;
  /** More tries than this are in vain, the first included. */
  readonly mostTries?: number | undefined;
}

/** A failed call to a model, judge or agent. Its text is redacted where it is made. */
export class CallError extends RollcallError {
  static {
    CallError.prototype.name = 'CallError';
  }

  readonly effect: CallEffect;
  readonly retryAfterMs: number | undefined;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
  readonly bodyText: string | undefined;
  readonly unreachable: boolean;
  readonly throttled: boolean;
  readonly mostTries: number | undefined;
  /** Calls made for this rollout until it failed, when a dispatcher counted them. */
  calls = 1;
  /** What calls of this rollout used that were answered before it failed, where no trace has it. */
  spent: Spending | undefined;

  constructor(message: string, options: CallErrorOptions) {
    super(message, options);
    this.effect = options.effect;
    this.retryAfterMs = options.retryAfterMs;
    this.httpStatus = options.httpStatus;
    this.requestId = options.requestId;
    this.headers = options.headers ?? {};
    this.body = options.body;
    this.bodyText = options.bodyText;
    this.unreachable = options.unreachable ?? false;
    this.throttled = options.throttled ?? false;
    this.mostTries = options.mostTries;
  }
}

/** What an error was made with, for one like it that differs in a few points and has it as its cause. */
export function callErrorOptions(error: CallError): CallErrorOptions {
  const {code, fault, hint, problems, effect, unreachable, throttled, mostTries} = error;
  const {retryAfterMs, httpStatus, requestId, headers, body, bodyText} = error;
  const meaning = {code, fault, hint, problems, effect, unreachable, throttled, mostTries};
  return {...meaning, retryAfterMs, httpStatus, requestId, headers, body, bodyText, cause: error};
}

/** Thrown out of work that was cut off on purpose: a drain's end, an abort, a deadline. Never a failed rollout. */
export class CancelledError extends Error {
  static {
    CancelledError.prototype.name = 'CancelledError';
  }
}

/** The contract's exit codes. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  refused: 2,
  failedRollouts: 3,
  gateFailed: 4,
  endedEarly: 5,
  unavailable: 75,
  interrupted: 130,
  terminated: 143,
} as const;
