import {z} from 'zod';
import type {Problem} from '../core/errors.ts';
import {emptyMap, formatPath, isMissing, type MapNode, type NodePath, nodeAt} from './config-node.ts';
import {choice, expecting, flag, integer, number, optional, text, textMap, withDefault} from './fields.ts';
import {createSection, group, type KeyTree, type SectionContext} from './section.ts';
import type {ServerConfig} from './server-config.ts';
import type {ServerInstance} from './server-instances.ts';
import {readReference, reference, type ServerRef} from './server-reference.ts';

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

/** `responses_api_models.azure_openai_model`: one deployment. */
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
}

const port = (): z.ZodType<number | undefined> => optional(integer(0, 65_535));

const section = createSection({
  entrypoint: withDefault(text(), 'app.py'),
  host: optional(text()),
  port: port(),
  openai_base_url: optional(
    z.union([text(), reference('simulators')], {
      error: expecting('a URL, or `{type: simulators, name: <instance>}`'),
    }),
  ),
  openai_api_key: optional(text()),
  openai_model: optional(text()),
  default_query: withDefault(textMap(), {}),
  num_concurrent_requests: optional(integer(1)),
  rpm: optional(integer(1)),
  tpm: optional(integer(1)),
  provisioned: optional(flag()),
  auth: withDefault(choice('api_key', 'bearer', 'entra_id'), 'api_key'),
  entra_scope: optional(text()),
  api_key_header: optional(text()),
  endpoint_style: optional(choice('v1', 'deployments', 'models', 'opaque')),
  upstream_api: optional(choice('chat_completions', 'responses')),
  model_family: optional(text()),
  stream: withDefault(flag(), false),
  default_headers: withDefault(textMap(), {}),
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
  if (fields === undefined) return undefined;
  const config: ModelConfig = {
    ...fields,
    name,
    path: formatPath(path),
    host: fields.host ?? context.defaultHost,
    openaiBaseUrl: trimmed(fields.openaiBaseUrl),
    openaiApiKey: fields.openaiApiKey?.trim(),
    openaiModel: fields.openaiModel?.trim(),
  };
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
  return {...fields, host: '', ...known};
}

function trimmed(value: ModelConfig['openaiBaseUrl']): ModelConfig['openaiBaseUrl'] {
  return typeof value === 'string' ? value.trim() : value;
}

function warnAboutKeysOfQuery(node: MapNode, {path, warn}: SectionContext): void {
  const query = node.entries.get('default_query');
  if (query?.kind !== 'map' || query.entries.has('api-version')) return;
  for (const [key, child] of query.entries) {
    if (!/^api_?-?version$/i.test(key)) continue;
    const {file, line, column} = child.origin;
    const hint = 'Did you mean `api-version`?';
    const message = `\`${key}\` does not set the API version`;
    warn({message, file, line, column, path: formatPath([...path, 'default_query', key]), hint});
  }
}

function missingFields(config: ModelConfig, node: MapNode, path: NodePath): Problem[] {
  if (config.url !== undefined) return [];
  const {openaiBaseUrl: url, openaiApiKey, openaiModel, auth} = config;
  const problems: Problem[] = [];
  const demand = (key: string, hint: string): void => {
    const given = nodeAt(node, [key]);
    if (given !== undefined && isMissing(given)) return;
    const {file, line, column} = (given ?? node).origin;
    problems.push({
      message: `\`${key}\` is required here`,
      file,
      line,
      column,
      path: formatPath([...path, key]),
      hint,
    });
  };
  if (isBlank(url))
    demand(
      'openai_base_url',
      'Give the endpoint, e.g. `https://<resource>.openai.azure.com`, or set AZURE_OPENAI_ENDPOINT.',
    );
  const simulated = typeof url === 'object';
  if (auth !== 'entra_id' && !simulated && isBlank(openaiApiKey)) {
    demand(
      'openai_api_key',
      'Set `policy_api_key` in env.yaml, or AZURE_OPENAI_API_KEY, or `auth: entra_id` to sign in without a key.',
    );
  }
  const deploymentInUrl = typeof url === 'string' && /\/deployments\/[^/?#]/.test(url);
  if (!deploymentInUrl && isBlank(openaiModel))
    demand('openai_model', "Give the deployment's name (not the model's).");
  return problems;
}

function uselessQuota({provisioned}: ModelConfig, node: MapNode, path: NodePath): Problem[] {
  if (provisioned !== true) return [];
  return ['rpm', 'tpm'].flatMap((key) => {
    const given = nodeAt(node, [key]);
    if (given === undefined || (given.kind === 'scalar' && given.value === null)) return [];
    const {file, line, column} = given.origin;
    const message = `provisioned throughput has no \`${key}\``;
    const hint = `Leave out \`${key}\`, or \`provisioned\` if this deployment is paid by use.`;
    return [{message, file, line, column, path: formatPath([...path, key]), hint}];
  });
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === '';
}

/** The values that NeMo Gym's page prints are legal, but nobody can have meant them. */
function warnAboutPlaceholders(config: ModelConfig, node: MapNode, {path, warn}: SectionContext): void {
  const url = typeof config.openaiBaseUrl === 'string' ? config.openaiBaseUrl : '';
  const placeholders: readonly (readonly [string, boolean, string])[] = [
    ['openai_base_url', /^(?:https?:\/\/)?<?your[-_]/i.test(url), "your resource's endpoint"],
    ['openai_api_key', /^<?your[-_ ].*key>?$/i.test(config.openaiApiKey ?? ''), 'your key'],
  ];
  for (const [key, isPlaceholder, wanted] of placeholders) {
    const given = node.entries.get(key);
    if (!isPlaceholder || given === undefined || readReference(given) !== undefined) continue;
    const {file, line, column} = given.origin;
    const message = `\`${key}\` still holds the example of the documentation`;
    warn({message, file, line, column, path: formatPath([...path, key]), hint: `Put ${wanted} there.`});
  }
}
