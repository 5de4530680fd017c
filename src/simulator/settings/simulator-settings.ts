import type {JsonValue} from '../../core/json.ts';

/** What the simulator is told to be. Made by `parseSimulatorSettings`; documented in docs/simulator.md. */
export interface SimulatorSettings {
  /** Drives every draw: the same seed and request give the same reply. */
  readonly seed: number;
  readonly keys: readonly string[];
  readonly bearerTokens: readonly string[];
  /** Any non-empty key or token is accepted. */
  readonly allowAnyKey: boolean;
  /** Dated versions that are served; the v1 surface has its own three. */
  readonly apiVersions: readonly string[];
  readonly region: string;
  readonly clock: 'real' | 'virtual';
  /** Unix seconds that replies carry as their birth, or the clock's time. */
  readonly created: number | 'clock';
  /** Requests that the ledger remembers one by one. */
  readonly ledgerEntries: number;
  /** When set, the control plane asks for it as a bearer token. */
  readonly controlToken: string | undefined;
  readonly deployments: ReadonlyMap<string, DeploymentSettings>;
  /** What a deployment name that is not listed gets; undefined answers `DeploymentNotFound`. */
  readonly undefinedDeployment: DeploymentSettings | undefined;
}

export interface DeploymentSettings {
  /** Family with version, e.g. `gpt-4o-2024-08-06`; replies name it. */
  readonly model: string;
  readonly limits: RateLimitSettings;
  /** In the place of a quota. */
  readonly provisioned: ProvisionedSettings | undefined;
  /** The standard deployment that gets what a provisioned one cannot serve. */
  readonly spillover: string | undefined;
  readonly latency: LatencySettings;
  readonly contentFilter: ContentFilterSettings;
  /** The first that has an answer wins. */
  readonly answers: readonly AnswerSettings[];
  /** The first that strikes wins. */
  readonly faults: readonly FaultSettings[];
}

export interface RateLimitSettings {
  /** Undefined: no limit. */
  readonly requestsPerMinute: number | undefined;
  /** Undefined: no limit. */
  readonly tokensPerMinute: number | undefined;
  /** Charged for a request that sets no maximum; undefined: as measured for the model family. */
  readonly defaultMaxTokens: number | undefined;
}

export interface ProvisionedSettings {
  /** Of all units together: input tokens, or output tokens times `outputWeight`. */
  readonly tokensPerMinute: number;
  /** How many tokens of input a token of output counts for. */
  readonly outputWeight: number;
  /** Seconds of work that make up a utilisation of 100 %. */
  readonly windowS: number;
}

export interface LatencySettings {
  /** Lognormal time to the first token; sigma 0 makes it constant. */
  readonly firstTokenMedianMs: number;
  readonly firstTokenSigma: number;
  readonly perTokenMs: number;
}

type FilterCategory = 'hate' | 'self_harm' | 'sexual' | 'violence' | 'jailbreak';

export interface FilterRule {
  readonly pattern: RegExp;
  readonly category: FilterCategory;
  readonly severity: 'low' | 'medium' | 'high';
}

export interface ContentFilterSettings {
  readonly blockPrompt: readonly FilterRule[];
  readonly blockCompletion: readonly FilterRule[];
  /** `buffered` withholds text until it is checked; `asynchronous` streams it and takes it back. */
  readonly mode: 'buffered' | 'asynchronous';
  /** Which of the three shapes seen in the wild a blocked prompt's error has. */
  readonly errorShape: 'innererror' | 'inner_error' | 'bare';
}

/** Whose text a rule reads: the last message of that role, or every message. */
type TextSource = 'user' | 'system' | 'tool' | 'any';

interface ToolCallTemplate {
  readonly name: string;
  /** JSON text, with `$1` places filled from the match. */
  readonly argumentsTemplate: string;
}

export type FinishOverride = 'stop' | 'length' | 'content_filter';

export interface RuleAnswerSettings {
  readonly kind: 'rule';
  readonly match: RegExp | undefined;
  readonly source: TextSource;
  /** Texts with `$1` and `$<name>` places; several are drawn from by seed. */
  readonly replies: readonly string[];
  readonly toolCalls: readonly ToolCallTemplate[];
  readonly refusal: string | undefined;
  readonly finishReason: FinishOverride | undefined;
}

export interface AnswerKeySettings {
  readonly kind: 'answer_key';
  /** Absolute path of the JSONL file. */
  readonly path: string;
  /** Share of questions answered right, 0 to 1. */
  readonly accuracy: number;
  /** Text with `$answer` and `$question` places. */
  readonly right: string;
  readonly wrong: string;
}

export interface CompareSettings {
  readonly kind: 'compare';
  readonly source: TextSource;
  readonly expected: RegExp;
  readonly generated: RegExp;
  readonly equal: string;
  readonly notEqual: string;
}

export type AnswerSettings =
  | RuleAnswerSettings
  | AnswerKeySettings
  | CompareSettings
  | {readonly kind: 'echo'}
  | {readonly kind: 'text'; readonly text: string};

export type FaultKind =
  | 'status'
  | 'html'
  | 'empty_body'
  | 'reset'
  | 'half_close'
  | 'hang'
  | 'endless_headers'
  | 'truncate'
  | 'stall'
  | 'drip'
  | 'endless_body'
  | 'malformed_json'
  | 'in_stream_error'
  | 'missing_done'
  | 'dup_frame'
  | 'split_utf8'
  | 'wrong_length'
  | 'interim'
  | 'slow';

/** When a fault rule strikes, among the requests that it matches. */
export type FaultTiming =
  | {readonly kind: 'probability'; readonly probability: number}
  | {readonly kind: 'nth'; readonly positions: ReadonlySet<number>}
  | {readonly kind: 'every'; readonly period: number}
  | {readonly kind: 'first'; readonly count: number};

export interface FaultSettings {
  readonly kind: FaultKind;
  readonly path: RegExp | undefined;
  readonly deployment: RegExp | undefined;
  readonly text: RegExp | undefined;
  readonly timing: FaultTiming;
  /** What `nth`, `every` and `first` count: all requests the rule matches, or the times this very request came. */
  readonly count: 'requests' | 'attempts';
  /** The status of `status`, `html` and `interim`, and that which the error of `in_stream_error` stands for. */
  readonly code: number;
  /** Body of `status`, and error of `in_stream_error`, instead of the service's own. */
  readonly body: JsonValue | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
  /** Time before the fault shows. */
  readonly afterMs: number;
  /** Where it strikes: the share of the body or of the frames before it. */
  readonly at: number;
  /** `truncate`: whether the connection ends cleanly rather than being cut. */
  readonly clean: boolean;
  /** `slow`: multiplies the latency. */
  readonly factor: number;
  /** `drip`, `endless_body`, `endless_headers`: the time between two pieces. */
  readonly intervalMs: number;
  /** `wrong_length`: bytes announced beyond those that come; negative: fewer than come. */
  readonly excessBytes: number;
}
