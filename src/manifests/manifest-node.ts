import type {JsonValue} from '../core/json.ts';

/** Where something was written. */
export interface Position {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it stands in the file, without quotes: what `12345678901234567890` was before it became a number. */
  readonly source: string;
  readonly at: Position;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly ManifestNode[];
  readonly at: Position;
}

/** A member of a map: where its key stands, and its value. */
export interface MapEntry {
  readonly keyAt: Position;
  readonly node: ManifestNode;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly at: Position;
}

/** A value of a document that remembers where it was written. */
export type ManifestNode = ScalarNode | ListNode | MapNode;

/** The member's value, if the node is a map that has it and it is not null. */
export function memberOf(node: ManifestNode | undefined, key: string): ManifestNode | undefined {
  if (node?.kind !== 'map') return undefined;
  const member = node.entries.get(key)?.node;
  return member === undefined || isNull(member) ? undefined : member;
}

/** Whether it is null, which Kubernetes takes for absent. */
export function isNull(node: ManifestNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** The text at a path of keys, if there is one: for a look ahead, without complaints. */
export function peekText(node: ManifestNode, ...keys: readonly string[]): string | undefined {
  const found = keys.reduce<ManifestNode | undefined>(memberOf, node);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}

/** The plain JSON of a value. */
export function toJson(node: ManifestNode): JsonValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.node)]));
}

/** What kind of value it is, for people. */
export function describeKind(node: ManifestNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`;
  if (typeof node.value === 'string') return 'a text';
  if (node.value === null) return 'empty';
  return typeof node.value === 'number' ? 'a number' : 'true or false';
}
