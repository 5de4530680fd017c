import type {JsonObject, JsonValue} from '../core/json.ts';

/** Where a value was written: a file with its position, an override word, a flag or an environment variable. */
export interface Origin {
  readonly file: string;
  /** 1-based. */
  readonly line?: number | undefined;
  /** 1-based. */
  readonly column?: number | undefined;
  /** Folder of the file that wrote it; undefined for what did not come from a file. */
  readonly folder?: string | undefined;
}

export type ScalarValue = string | number | boolean | null;

/** A single value, with its text as written: `00123` is the number 83 to YAML and the text `00123` to a string field. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  readonly text: string;
  readonly origin: Origin;
  /** Taken as it is: neither `${…}` nor `???` mean anything in it (flags, environment variables). */
  readonly literal?: boolean | undefined;
  /** A value that could not be had and was already complained about. */
  readonly reported?: boolean | undefined;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
  readonly origin: Origin;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, ConfigNode>;
  readonly origin: Origin;
}

/** A configuration value that remembers where it was written, through merging and interpolation. */
export type ConfigNode = ScalarNode | ListNode | MapNode;

/** The way from the root to a value: map keys and list indices. */
export type NodePath = readonly (string | number)[];

/** A scalar whose text is what its value prints as. */
export function scalarNode(value: ScalarValue, origin: Origin, text: string = String(value)): ScalarNode {
  return {kind: 'scalar', value, text, origin};
}

/** A value that stands for one that could not be had; later checks keep silent about it. */
export function reportedNode(origin: Origin): ScalarNode {
  return {kind: 'scalar', value: '???', text: '???', origin, reported: true};
}

/** An empty map. */
export function emptyMap(origin: Origin): MapNode {
  return {kind: 'map', entries: new Map(), origin};
}

/** Whether the value is `???`: somebody has to set it. */
export function isMissing(node: ConfigNode): boolean {
  return node.kind === 'scalar' && node.value === '???' && node.literal !== true;
}

/** The text of a scalar that may hold `${…}`, else undefined. */
export function interpolationText(node: ConfigNode): string | undefined {
  if (node.kind !== 'scalar' || node.literal === true || typeof node.value !== 'string') return undefined;
  return node.value.includes('${') ? node.value : undefined;
}

/** The child under a map key or a list index (a number, or its digits). */
export function childOf(node: ConfigNode, key: string | number): ConfigNode | undefined {
  if (node.kind === 'map') return node.entries.get(String(key));
  if (node.kind !== 'list' || !/^\d+$/.test(String(key))) return undefined;
  return node.items[Number(key)];
}

/** The value at a path, if it is there. */
export function nodeAt(root: ConfigNode, path: NodePath): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const key of path) {
    if (node === undefined) return undefined;
    node = childOf(node, key);
  }
  return node;
}

/** The value at a path, or the nearest one above it that exists. */
export function nearestNode(root: ConfigNode, path: NodePath): ConfigNode {
  let node = root;
  for (const key of path) {
    const child = childOf(node, key);
    if (child === undefined) return node;
    node = child;
  }
  return node;
}

/** A copy of `root` with `value` at `path`; maps on the way are made where there are none. */
export function withNodeAt(root: MapNode, path: readonly string[], value: ConfigNode): MapNode {
  const [key, ...rest] = path;
  if (key === undefined) return value.kind === 'map' ? value : root;
  const child = root.entries.get(key);
  const parent = child?.kind === 'map' ? child : emptyMap(value.origin);
  const entries = new Map(root.entries);
  entries.set(key, rest.length === 0 ? value : withNodeAt(parent, rest, value));
  return {...root, entries};
}

/** A copy of `root` without what is at `path`. */
export function withoutNodeAt(root: MapNode, path: readonly string[]): MapNode {
  const [key, ...rest] = path;
  const child = key === undefined ? undefined : root.entries.get(key);
  if (key === undefined || child === undefined) return root;
  const entries = new Map(root.entries);
  if (rest.length === 0) entries.delete(key);
  else if (child.kind === 'map') entries.set(key, withoutNodeAt(child, rest));
  return {...root, entries};
}

/** `a.b[0].c`, as NeMo Gym writes paths. */
export function formatPath(path: NodePath): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}

/** The plain JSON of a value. */
export function toJson(node: ConfigNode): JsonValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  return mapToJson(node);
}

/** The plain JSON of a map. */
export function mapToJson(node: MapNode): JsonObject {
  return Object.fromEntries([...node.entries].map(([key, child]) => [key, toJson(child)]));
}

/** A tree of plain JSON in which every text is literal: flags. */
function fromJson(value: JsonValue, origin: Origin): ConfigNode {
  if (typeof value === 'bigint') return fromJson(Number(value), origin);
  if (typeof value !== 'object' || value === null) return {...scalarNode(value, origin), literal: true};
  if (Array.isArray(value)) {
    return {
      kind: 'list',
      items: (value as readonly JsonValue[]).map((item) => fromJson(item, origin)),
      origin,
    };
  }
  return mapFromJson(value as JsonObject, origin);
}

/** The same for an object; members that are undefined are left out. */
export function mapFromJson(value: JsonObject, origin: Origin): MapNode {
  const entries = new Map<string, ConfigNode>();
  for (const [key, child] of Object.entries(value)) {
    if (child !== undefined) entries.set(key, fromJson(child, origin));
  }
  return {kind: 'map', entries, origin};
}
