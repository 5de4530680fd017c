import {z} from 'zod';
import type {Problem} from '../core/errors.ts';
import {type ConfigNode, formatPath, type MapNode, type NodePath, nearestNode} from './config-node.ts';
import {expecting, integer, number, optional, text, textMap, withDefault} from './fields.ts';
import {missingFields, uselessQuota, warnAboutKeysOfQuery, warnAboutPlaceholders} from './model-checks.ts';
import type {ModelConfig} from './model-config.ts';
import {authentication, deploymentFields} from './model-fields.ts';
import {createSection, group, type KeyTree, type SectionContext} from './section.ts';

/** One of several deployments: the instance's settings with its own in their place. */
export interface PoolEntryConfig {
  /** As it is to be called in records and logs; undefined: after the deployment. */
  readonly name: string | undefined;
  readonly weight: number;
  /** Those with the lowest number are asked first. */
  readonly priority: number;
  readonly settings: ModelConfig;
}

const timeLimit = (): z.ZodType<number | undefined> => optional(number(0.001));

const section = createSection({
  name: optional(text()),
  weight: withDefault(number(0.001), 1),
  priority: withDefault(integer(1), 1),
  ...deploymentFields,
  auth: optional(authentication()),
  default_query: withDefault(textMap(), {}),
  default_headers: withDefault(textMap(), {}),
  timeouts: group({
    connect_s: timeLimit(),
    first_byte_s: timeLimit(),
    idle_s: timeLimit(),
    call_s: timeLimit(),
  }),
});

/** The keys of one of several deployments; a test holds docs/configuration.md to them. @internal */
export const entryKeys: KeyTree = section.keys;

/** The list of them as a field; its items are read by `readPool`. */
export function entryList(): z.ZodType<readonly unknown[]> {
  const isMap = (item: unknown): boolean =>
    typeof item === 'object' && item !== null && Object.getPrototypeOf(item) === Object.prototype;
  const error = expecting('a list with the keys of a deployment in each item');
  return z.array(z.custom(isMap, {error: expecting('the keys of a deployment')}), {error});
}

/** The deployments of an instance, as far as they can be read without it. */
export interface PoolReading {
  readonly isEmpty: boolean;
  /** The instance with them. What they still miss is reported; then the result is undefined. */
  of(instance: ModelConfig): ModelConfig | undefined;
}

/** Reads the `deployments` of an instance, whatever becomes of the instance. What does not fit is reported. */
export function readPool(node: MapNode, context: SectionContext): PoolReading {
  const list = node.entries.get('deployments');
  const nodes = list?.kind === 'list' ? list.items : [];
  const items = nodes.map((item, index): EntryItem => {
    const path = [...context.path, 'deployments', index];
    if (item.kind !== 'map') return {node: item, path, fields: undefined};
    warnAboutKeysOfQuery(item, {...context, path});
    warnAboutKeysOfModel(item, {...context, path});
    return {node: item, path, fields: section.read(item, {...context, path})};
  });
  refuseSameNames(items, context);
  return {isEmpty: items.length === 0, of: (instance) => poolOf(instance, items, {...context, node})};
}

/** An item of the list; `fields` is undefined where one does not fit. */
interface EntryItem {
  readonly node: ConfigNode;
  readonly path: NodePath;
  readonly fields: EntryFields | undefined;
}

type EntryFields = NonNullable<ReturnType<typeof section.read>>;

function poolOf(
  instance: ModelConfig,
  items: readonly EntryItem[],
  {node, ...context}: SectionContext & {readonly node: MapNode},
): ModelConfig | undefined {
  let isSound = items.every(({fields}) => fields !== undefined);
  const problem = (one: Problem): void => {
    isSound = false;
    context.problem(one);
  };
  if (instance.url !== undefined) {
    const message = 'a model server that runs elsewhere has its own deployments';
    const hint = 'Leave out `url`, or `deployments`.';
    problem(problemAt(nearestNode(node, ['url']), [...context.path, 'url'], {message, hint}));
  }
  const deployments = items.flatMap((item) => entryOf(item, instance, {...context, problem}) ?? []);
  return isSound ? {...instance, deployments} : undefined;
}

function entryOf(
  {node, path, fields}: EntryItem,
  instance: ModelConfig,
  context: SectionContext,
): PoolEntryConfig | undefined {
  if (node.kind !== 'map' || fields === undefined) return undefined;
  const {name, weight, priority} = fields;
  const settings = settingsOf(fields, instance, path);
  const problems = [...missingFields(settings, node, path), ...uselessQuota(settings, node, path)];
  for (const one of problems) context.problem(one);
  if (problems.length === 0) warnAboutPlaceholders(settings, node, {...context, path});
  return {name: name?.trim(), weight, priority, settings};
}

function settingsOf(fields: EntryFields, instance: ModelConfig, path: NodePath): ModelConfig {
  const {openaiBaseUrl: url, openaiApiKey, openaiModel, timeouts, defaultQuery, defaultHeaders} = fields;
  const base = typeof url === 'string' ? url.trim() : url;
  const inherited = inheritedBeside(base, instance);
  const {numConcurrentRequests, rpm, tpm, provisioned, auth, entraScope, apiKeyHeader} = fields;
  const {endpointStyle, upstreamApi, modelFamily} = fields;
  return {
    ...inherited,
    ...given({numConcurrentRequests, rpm, tpm, provisioned, auth, entraScope, apiKeyHeader}),
    ...given({endpointStyle, upstreamApi, modelFamily}),
    ...given({openaiBaseUrl: base, openaiApiKey: openaiApiKey?.trim(), openaiModel: openaiModel?.trim()}),
    path: formatPath(path),
    timeouts: {...instance.timeouts, ...given(timeouts)},
    defaultQuery: {...inherited.defaultQuery, ...defaultQuery},
    defaultHeaders: {...instance.defaultHeaders, ...defaultHeaders},
  };
}

/** A URL of its own may say what the instance says for the others: then that is not inherited. */
function inheritedBeside(url: ModelConfig['openaiBaseUrl'], instance: ModelConfig): ModelConfig {
  const text = typeof url === 'string' ? url : '';
  const {'api-version': version, ...query} = instance.defaultQuery;
  const namesVersion = /\/openai\/v1(?:$|[/?#])|[?&]api-version=/.test(text);
  const namesDeployment = /\/deployments\/[^/?#]/.test(text);
  return {
    ...instance,
    defaultQuery: version === undefined || namesVersion ? query : instance.defaultQuery,
    openaiModel: namesDeployment ? undefined : instance.openaiModel,
  };
}

function given<T extends object>(values: T): {[Key in keyof T]?: NonNullable<T[Key]>} {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: NonNullable<T[Key]>;
  };
}

/** They hold for all calls to the model, whichever deployment takes them. */
const keysOfModel = ['affinity', 'deployments', 'hedging', 'retry', 'stream', 'url'];

function warnAboutKeysOfModel({entries}: MapNode, {path, warn}: SectionContext): void {
  for (const key of keysOfModel) {
    const node = entries.get(key);
    if (node === undefined) continue;
    const message = `\`${key}\` is a key of the model, not of one of its deployments, and is not used here`;
    warn(problemAt(node, [...path, key], {message, hint: 'Set it beside `deployments`.'}));
  }
}

function refuseSameNames(items: readonly EntryItem[], {problem}: SectionContext): void {
  const seen = new Set<string>();
  for (const {node, path, fields} of items) {
    const name = fields?.name?.trim();
    if (name === undefined) continue;
    const message = `another deployment has the name \`${name}\` already`;
    const hint = 'Give each a name of its own.';
    if (seen.has(name)) problem(problemAt(nearestNode(node, ['name']), [...path, 'name'], {message, hint}));
    seen.add(name);
  }
}

function problemAt(
  {origin: {file, line, column}}: ConfigNode,
  path: NodePath,
  about: Pick<Problem, 'message' | 'hint'>,
): Problem {
  return {...about, file, line, column, path: formatPath(path)};
}
