import type {z} from 'zod';
import {emptyMap, formatPath} from './config-node.ts';
import {choice, flag, integer, number, optional, text, textMap, withDefault} from './fields.ts';
import {missingFields, uselessQuota, warnAboutKeysOfQuery, warnAboutPlaceholders} from './model-checks.ts';
import {authentication, deploymentFields} from './model-fields.ts';
import {entryList, type PoolEntryConfig, readPool} from './model-pool.ts';
import {createSection, group, type KeyTree, type SectionContext, switchable} from './section.ts';
import type {ServerConfig} from './server-config.ts';
import type {ServerInstance} from './server-instances.ts';
import type {ServerRef} from './server-reference.ts';

/** Times in seconds after which a call to the deployment is given up. */
interface ModelTimeouts {
  readonly connectS: number;
  readonly firstByteS: number;
  /** Between two pieces of a streamed answer. */
  readonly idleS: number;
  readonly callS: number;
}

/** How failed calls are tried again. Times in seconds. */
interface ModelRetry {
  /** Exchanges for one call, the first included. */
  readonly maxTries: number;
  readonly baseDelayS: number;
  readonly maxDelayS: number;
  /** Spent waiting between tries, in all. */
  readonly maxWaitS: number;
  /** The same two for a client at our door, who waits and has retries of its own. */
  readonly doorMaxTries: number;
  readonly doorMaxWaitS: number;
}

/** `responses_api_models.azure_openai_model`: one deployment, or several that answer alike. */
export interface ModelConfig extends ServerConfig {
  /** As the user gave it, or the simulator to take the place of Azure. Undefined only when `url` is given. */
  readonly openaiBaseUrl: string | ServerRef<'simulators'> | undefined;
  /** Present when `auth` needs one. */
  readonly openaiApiKey: string | undefined;
  /** The deployment's name; undefined when the URL names it. */
  readonly openaiModel: string | undefined;
  /** `api-version` and whatever a gateway wants besides. */
  readonly defaultQuery: Readonly<Record<string, string>>;
  /** Undefined: no fixed limit. */
  readonly numConcurrentRequests: number | undefined;
  /** Requests and tokens a minute that may be used of the deployment's quota; undefined: what the service says. */
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  /** Whether throughput is provisioned; undefined: what replies tell. */
  readonly provisioned: boolean | undefined;
  readonly auth: 'api_key' | 'bearer' | 'entra_id';
  readonly entraScope: string | undefined;
  /** Name of the header that carries the key; gateways may want another than `api-key`. */
  readonly apiKeyHeader: string | undefined;
  /** How a gateway's paths are built, where its URL does not tell. */
  readonly endpointStyle: 'v1' | 'deployments' | 'models' | 'opaque' | undefined;
  /** Undefined: decided by what the deployment and the API version can do. */
  readonly upstreamApi: 'chat_completions' | 'responses' | undefined;
  readonly modelFamily: string | undefined;
  /** Whether calls to the deployment are streamed. */
  readonly stream: boolean;
  readonly defaultHeaders: Readonly<Record<string, string>>;
  readonly timeouts: ModelTimeouts;
  readonly retry: ModelRetry;
  /** Several deployments that answer alike, in the place of the one that the keys above describe; empty: that one. */
  readonly deployments: readonly PoolEntryConfig[];
  /** `prefix`: calls whose prompts begin alike go to the same of several deployments, where that costs no waiting. */
  readonly affinity: 'none' | 'prefix';
  /** A call that takes longer than this percentile of its deployment's calls is sent twice, up to a share of all calls. */
  readonly hedging: {readonly percentile: number; readonly maxShare: number} | undefined;
}

const port = (): z.ZodType<number | undefined> => optional(integer(0, 65_535));

const section = createSection({
  entrypoint: withDefault(text(), 'app.py'),
  host: optional(text()),
  port: port(),
  ...deploymentFields,
  auth: withDefault(authentication(), 'api_key'),
  default_query: withDefault(textMap(), {}),
  default_headers: withDefault(textMap(), {}),
  stream: withDefault(flag(), false),
  timeouts: group({
    connect_s: withDefault(number(0.001), 10),
    first_byte_s: withDefault(number(0.001), 600),
    idle_s: withDefault(number(0.001), 120),
    call_s: withDefault(number(0.001), 900),
  }),
  retry: group({
    max_tries: withDefault(integer(1), 6),
    base_delay_s: withDefault(number(0), 1),
    max_delay_s: withDefault(number(0), 60),
    max_wait_s: withDefault(number(0), 600),
    door_max_tries: withDefault(integer(1), 3),
    door_max_wait_s: withDefault(number(0), 10),
  }),
  deployments: withDefault(entryList(), []),
  affinity: withDefault(choice('none', 'prefix'), 'none'),
  hedging: switchable({
    percentile: withDefault(number(50, 99.9), 95),
    max_share: withDefault(number(0.001, 1), 0.05),
  }),
  url: optional(text()),
});

/** The keys of a model's settings; a test holds docs/configuration.md to them. @internal */
export const modelKeys: KeyTree = section.keys;

/** Reads a model's settings. What is wrong or missing is reported; then the result is undefined. */
export function readModel(
  {name, node, path}: ServerInstance,
  context: SectionContext & {readonly defaultHost: string},
): ModelConfig | undefined {
  warnAboutKeysOfQuery(node, context);
  const fields = section.read(node, context);
  const pool = readPool(node, context);
  if (fields === undefined) return undefined;
  const config: ModelConfig = {
    ...fields,
    name,
    path: formatPath(path),
    host: fields.host ?? context.defaultHost,
    openaiBaseUrl: trimmed(fields.openaiBaseUrl),
    openaiApiKey: fields.openaiApiKey?.trim(),
    openaiModel: fields.openaiModel?.trim(),
    deployments: [],
  };
  if (!pool.isEmpty) return pool.of(config);
  const problems = [...missingFields(config, node, path), ...uselessQuota(config, node, path)];
  for (const problem of problems) context.problem(problem);
  if (problems.length === 0) warnAboutPlaceholders(config, node, context);
  return problems.length === 0 ? config : undefined;
}

/** A deployment that something else than this configuration describes: what `known` leaves out has its default. */
export function modelConfigOf(known: Pick<ModelConfig, 'name' | 'path'> & Partial<ModelConfig>): ModelConfig {
  const ignore = (): void => undefined;
  const origin = {file: known.path};
  const fields = section.read(emptyMap(origin), {path: [], problem: ignore, warn: ignore});
  if (fields === undefined) throw new Error('the defaults of a model do not fit its own fields');
  return {...fields, host: '', deployments: [], ...known};
}

function trimmed(value: ModelConfig['openaiBaseUrl']): ModelConfig['openaiBaseUrl'] {
  return typeof value === 'string' ? value.trim() : value;
}
