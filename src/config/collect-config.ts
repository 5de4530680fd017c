import {z} from 'zod';
import {type Gate, type GateBasis, parseGate} from '../core/gate.ts';
import type {JsonObject} from '../core/json.ts';
import type {ShardSetting} from '../core/shard.ts';
import type {MapNode} from './config-node.ts';
import {
  choice,
  duration,
  expecting,
  flag,
  httpUrl,
  integer,
  json,
  number,
  optional,
  parsedText,
  shard,
  text,
  WrittenScalar,
  withDefault,
} from './fields.ts';
import {type PriceTable, priceTable} from './price-config.ts';
import {createSection, group, type KeyTree, type SectionContext, warnAboutKeys} from './section.ts';

/** How many rollouts may fail in a run that still counts as a success. */
export interface FailureAllowance {
  readonly unit: 'rollouts' | 'percent';
  readonly value: number;
}

/** The top-level keys that say what to collect. Paths are as given, to be resolved from the working directory. */
export interface CollectConfig {
  readonly inputJsonlFpath: string | undefined;
  readonly outputJsonlFpath: string | undefined;
  readonly agentName: string | undefined;
  /** Undefined: all rows. */
  readonly limit: number | undefined;
  /** The job's share of the rows that are taken; undefined: all of them. */
  readonly shard: ShardSetting | undefined;
  /** For every row, or by agent name, where `_default` is for agents that are not named. */
  readonly numRepeats: number | Readonly<Record<string, number>>;
  readonly numRepeatsAddSeed: boolean;
  /** Undefined: no fixed limit on rollouts in flight. */
  readonly numSamplesInParallel: number | undefined;
  /** Requests and tokens a minute of each deployment that sets none of its own; undefined: what the service says. */
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  /** Laid over each row's own. */
  readonly responsesCreateParams: JsonObject;
  readonly promptConfig: string | undefined;
  /** Base URL of a server whose `/verify` scores, whatever the agents say. */
  readonly judgeUrl: string | undefined;
  readonly skipVerification: boolean;
  /** The reward of answers that are not scored; undefined: they have none. */
  readonly skipVerificationReward: number | undefined;
  /** Executions of one rollout, over all resumes. */
  readonly maxAttempts: number;
  readonly maxFailed: FailureAllowance;
  /** Milliseconds after which a run starts nothing more. */
  readonly deadline: number | undefined;
  /** What an output may cost in all, over every run of it: US dollars, and tokens in and out of policy and judge. */
  readonly maxCost: number | undefined;
  readonly maxTokensTotal: number | undefined;
  /** What the rollouts have to come up to in the end. */
  readonly gates: readonly Gate[];
  readonly gateOn: GateBasis;
}

/** Settings at the top of the document, outside of any instance. */
export interface TopLevelConfig {
  readonly collect: CollectConfig;
  readonly headServer: {readonly host: string; readonly port: number};
  /** Undefined: `defaultHost`, and the port of a manifest's Gateway or 8080. */
  readonly gateway: {readonly host: string | undefined; readonly port: number | undefined};
  /** How each request to a server of ours is told on stderr. */
  readonly accessLog: 'human' | 'json' | 'none';
  /** Largest request body that a server of ours takes, in MiB. */
  readonly bodyLimitMb: number;
  /** The host of servers that name none. */
  readonly defaultHost: string;
  readonly serverToken: string | undefined;
  /** The user's own prices; they win over the packaged ones. */
  readonly prices: PriceTable;
  /** Whether a malformed server ends the program, or is left out with a warning. */
  readonly errorOnAlmostServers: boolean;
}

const section = createSection({
  input_jsonl_fpath: optional(text()),
  output_jsonl_fpath: optional(text()),
  agent_name: optional(text()),
  limit: optional(integer(0)),
  shard: optional(shard()),
  num_repeats: withDefault(repeats(), 1),
  num_repeats_add_seed: withDefault(flag(), false),
  num_samples_in_parallel: optional(integer(0)),
  rpm: optional(integer(1)),
  tpm: optional(integer(1)),
  responses_create_params: withDefault(json(), {}),
  prompt_config: optional(text()),
  judge_url: optional(httpUrl()),
  skip_verification: withDefault(flag(), false),
  skip_verification_reward: optional(number()),
  max_attempts: withDefault(integer(1), 3),
  max_failed: withDefault(failureAllowance(), {unit: 'rollouts', value: 0}),
  deadline: optional(duration()),
  max_cost: optional(number(0)),
  max_tokens_total: optional(integer(1)),
  gates: withDefault(z.array(gate(), {error: expecting('a list of gates')}), []),
  gate_on: withDefault(choice('point', 'lower-bound'), 'point'),
  prices: withDefault(priceTable(), new Map()),
  head_server: group({
    host: withDefault(text(), '127.0.0.1'),
    port: withDefault(integer(0, 65_535), 11_000),
  }),
  gateway: group({host: optional(text()), port: optional(integer(0, 65_535))}),
  access_log: withDefault(choice('human', 'json', 'none'), 'human'),
  body_limit_mb: withDefault(number(0.001), 64),
  default_host: withDefault(text(), '127.0.0.1'),
  server_token: optional(text()),
  error_on_almost_servers: withDefault(flag(), true),
});

/** The keys that are read at the top of a document. */
export const topLevelKeys: KeyTree = section.keys;

const parameterNames =
  'input instructions max_output_tokens max_tool_calls metadata parallel_tool_calls prompt reasoning service_tier ' +
  'store temperature text tool_choice tools top_logprobs top_p truncation user seed stream include background model';
const parameterKeys: KeyTree = Object.fromEntries(parameterNames.split(' ').map((name) => [name, null]));

/** Reads the top-level settings. What is wrong is reported; then the result is undefined. */
export function readTopLevel(
  root: MapNode,
  context: Omit<SectionContext, 'path'>,
): TopLevelConfig | undefined {
  for (const [key, known] of [
    ['responses_create_params', parameterKeys],
    ['head_server', topLevelKeys['head_server']],
    ['gateway', topLevelKeys['gateway']],
  ] as const) {
    const node = root.entries.get(key);
    if (node?.kind === 'map' && known) warnAboutKeys(node, known, {path: [key], warn: context.warn});
  }
  // Unknown keys of the whole document are somebody else's question: most of them are instances and variables.
  const fields = section.read(root, {...context, path: [], warn: () => undefined});
  if (fields === undefined) return undefined;
  const {
    headServer,
    gateway,
    accessLog,
    bodyLimitMb,
    defaultHost,
    serverToken,
    prices,
    errorOnAlmostServers,
    ...collect
  } = fields;
  return {
    collect: {
      ...collect,
      // As NeMo Gym has it, 0 is no limit.
      limit: collect.limit === 0 ? undefined : collect.limit,
      numSamplesInParallel: collect.numSamplesInParallel === 0 ? undefined : collect.numSamplesInParallel,
    },
    headServer,
    gateway,
    accessLog,
    bodyLimitMb,
    defaultHost,
    prices,
    // A variable that is set to nothing: who shows nothing must not come in.
    serverToken: serverToken?.trim() === '' ? undefined : serverToken,
    errorOnAlmostServers,
  };
}

function repeats(): z.ZodType<CollectConfig['numRepeats']> {
  const byAgent = z.record(z.string(), integer(1));
  return z.unknown().transform((input, context) => {
    const isMap =
      typeof input === 'object' &&
      input !== null &&
      !Array.isArray(input) &&
      !(input instanceof WrittenScalar);
    const result = (isMap ? byAgent : integer(1)).safeParse(input);
    if (result.success) return result.data;
    for (const {message, path} of result.error.issues)
      context.addIssue({code: 'custom', message, path: [...path]});
    return z.NEVER;
  });
}

function gate(): z.ZodType<Gate> {
  return text().transform((given, context) => {
    const parsed = parseGate(given);
    if (typeof parsed !== 'string') return parsed;
    context.addIssue({code: 'custom', message: parsed});
    return z.NEVER;
  });
}

function failureAllowance(): z.ZodType<FailureAllowance> {
  return parsedText('a number of rollouts, or a percentage such as `5%`', parseFailureAllowance);
}

function parseFailureAllowance(given: string): FailureAllowance | undefined {
  const [, value, percent] = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(given) ?? [];
  const amount = Number(value);
  const fits = percent === '%' ? amount <= 100 : Number.isInteger(amount);
  return value !== undefined && fits
    ? {unit: percent === '%' ? 'percent' : 'rollouts', value: amount}
    : undefined;
}
