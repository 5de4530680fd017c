import type {Environment} from './expand-variables.ts';
import type {Findings} from './findings.ts';
import {type ApiVersion, classifyKind, parseApiVersion, type Role} from './kinds.ts';
import {
  describeKind,
  type ManifestNode,
  type MapNode,
  memberOf,
  type Position,
  peekText,
} from './manifest-node.ts';
import {normalizeLines} from './manifest-text.ts';
import {ObjectReader} from './object-reader.ts';
import {unwrapPastedText} from './pasted-text.ts';
import {parseDocuments} from './yaml-documents.ts';

/** A file's text, or what came through standard input. */
export interface ManifestSource {
  /** As it is named in messages. */
  readonly file: string;
  readonly text: string;
}

/** One Kubernetes object, identified. */
export interface Resource extends ApiVersion {
  readonly kind: string;
  readonly role: Role;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/name`. */
  readonly id: string;
  readonly at: Position;
  /** Its root; `finish` it when everything has been read. */
  readonly reader: ObjectReader;
}

interface Surroundings {
  readonly env: Environment;
  readonly findings: Findings;
}

const metadataFields = [
  ...['labels', 'annotations', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields'],
  ...['ownerReferences', 'finalizers', 'generateName', 'selfLink'],
  ...['deletionTimestamp', 'deletionGracePeriodSeconds'],
];
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
// Templates leave it empty where nobody chose one.
const labelOrNothing = /^(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)?$/;
const defaultNamespace = 'default';

/** Every object of every file in order, lists taken apart; what cannot be identified is reported. */
export function readResources(
  sources: readonly ManifestSource[],
  surroundings: Surroundings,
): readonly Resource[] {
  const resources = sources.flatMap(({file, text}) => {
    const plain = unwrapPastedText(normalizeLines(text), file, surroundings.findings);
    return parseDocuments(plain, file, surroundings.findings).flatMap(({root, index}) =>
      readObject(root, `documents[${index}]`, surroundings),
    );
  });
  reportDuplicates(resources, surroundings.findings);
  return resources;
}

function readObject(root: ManifestNode, path: string, surroundings: Surroundings): readonly Resource[] {
  const {findings} = surroundings;
  if (root.kind !== 'map') {
    findings.incomplete = true;
    findings.problem({
      message: `must be a map with \`apiVersion\` and \`kind\`, not ${describeKind(root)}`,
      ...root.at,
      path,
      ...(root.kind === 'list' ? {hint: 'Put the objects under `items` of a `kind: List`.'} : {}),
    });
    return [];
  }
  const items = memberOf(root, 'items');
  if (items?.kind === 'list' && peekText(root, 'kind')?.endsWith('List') === true) {
    return items.items.flatMap((item, index) => readObject(item, `${path}.items[${index}]`, surroundings));
  }
  return identify(root, path, surroundings);
}

function identify(root: MapNode, path: string, surroundings: Surroundings): readonly Resource[] {
  const context = {label: labelOf(root, path), ...surroundings};
  const reader = new ObjectReader(root, {path: '', at: root.at}, context);
  reader.ignore('status');
  const type = readType(reader);
  const isForeign = type?.role === 'foreign' && !type.isSlip;
  const identity = isForeign ? looseIdentity(root) : readIdentity(reader);
  // It would have been one of ours under its right kind, version or name.
  if (type === undefined || type.isSlip || identity === undefined) surroundings.findings.incomplete = true;
  if (type === undefined || identity === undefined) return [];
  return [{...type, ...identity, id: `${identity.namespace}/${identity.name}`, at: root.at, reader}];
}

interface Type extends ApiVersion {
  readonly kind: string;
  readonly role: Role;
  /** Meant as one of ours, and written wrongly. */
  readonly isSlip: boolean;
}

function readType(reader: ObjectReader): Type | undefined {
  const apiVersion = reader.requiredText('apiVersion');
  const kind = reader.requiredText('kind');
  if (apiVersion === undefined || kind === undefined) return undefined;
  const where = parseApiVersion(apiVersion);
  const {role, complaint} = classifyKind(kind, where);
  if (complaint !== undefined) reader.problem(complaint.message, complaint);
  return {...where, kind, role, isSlip: role === 'foreign' && complaint !== undefined};
}

interface Identity {
  readonly namespace: string;
  readonly name: string;
}

function readIdentity(reader: ObjectReader): Identity | undefined {
  const metadata = reader.requiredChild('metadata');
  if (metadata === undefined) return undefined;
  metadata.ignore(...metadataFields);
  const name = metadata.require('name') ? readName(metadata, 'name', subdomain) : undefined;
  const namespace = metadata.has('namespace') ? readName(metadata, 'namespace', labelOrNothing) : '';
  if (name === undefined || namespace === undefined) return undefined;
  return {name, namespace: namespace === '' ? defaultNamespace : namespace};
}

function readName(metadata: ObjectReader, key: string, form: RegExp): string | undefined {
  const text = metadata.text(key, {expand: true, max: 253, allowEmpty: form.test('')});
  if (text === undefined || form.test(text)) return text;
  metadata.problem(`is no name for a Kubernetes ${key === 'name' ? 'object' : key}`, {
    key,
    hint: 'Small letters, digits and `-`; a letter or digit at both ends.',
  });
  return undefined;
}

/** Of an object that is none of our business, whose name is only shown. */
function looseIdentity(root: MapNode): Identity {
  return {
    namespace: namespaceOf(root),
    name: peekText(root, 'metadata', 'name') ?? '(no name)',
  };
}

function labelOf(root: MapNode, path: string): string {
  const kind = peekText(root, 'kind');
  const name = peekText(root, 'metadata', 'name');
  if (kind === undefined || name === undefined) return path;
  return `${kind} ${namespaceOf(root)}/${name}`;
}

function namespaceOf(root: MapNode): string {
  const written = peekText(root, 'metadata', 'namespace') ?? '';
  return written === '' ? defaultNamespace : written;
}

function reportDuplicates(resources: readonly Resource[], findings: Findings): void {
  const first = new Map<string, Resource>();
  for (const resource of resources) {
    const {group, kind, id, at, role} = resource;
    const key = `${group} ${kind} ${id}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, resource);
    else if (role !== 'foreign' && role !== 'furniture') {
      findings.problem({
        message: `is declared twice: here and at ${earlier.at.file}:${earlier.at.line}`,
        ...at,
        path: `${kind} ${id}`,
        hint: 'Take one of the two out, or give it another name.',
      });
    }
  }
}
