import {closeMatch} from '../core/close-match.ts';
import type {WeightedBackend} from './gateway-config.ts';
import type {Grants, GrantTarget} from './grants.ts';
import {groups} from './kinds.ts';
import type {ObjectReader} from './object-reader.ts';
import type {ReadBackend} from './read-backends.ts';
import type {Resource} from './resources.ts';
import {refuseFilters} from './route-filters.ts';

/** A backend that a reference leads to, with its share and what people are told of it. */
export interface FoundBackend extends WeightedBackend {
  readonly about: string;
}

export interface ReferenceSurroundings {
  readonly backends: readonly ReadBackend[];
  readonly grants: Grants;
  /** A document could not be read: what is missing may be in it. */
  readonly incomplete: boolean;
}

/** Follows the `backendRefs` of one HTTPRoute. */
export class BackendReferences {
  readonly #resource: Resource;
  readonly #surroundings: ReferenceSurroundings;

  constructor(resource: Resource, surroundings: ReferenceSurroundings) {
    this.#resource = resource;
    this.#surroundings = surroundings;
  }

  /** Reads one reference and follows it; undefined after a complaint. */
  follow(reader: ObjectReader): FoundBackend | undefined {
    const name = reader.requiredText('name', {expand: true});
    const kind = reader.text('kind') ?? 'Service';
    const group = reader.text('group', {allowEmpty: true}) ?? groups.core;
    const namespace = reader.text('namespace', {expand: true}) ?? this.#resource.namespace;
    const weight = reader.integer('weight', {min: 0, max: 1_000_000}) ?? 1;
    reader.ignore('port');
    refuseFilters(reader);
    if (name === undefined) return undefined;
    const target = {group, kind, namespace, name};
    const found = this.#find(reader, target);
    if (found === undefined) return undefined;
    this.#checkGrant(reader, target);
    return {backend: found.backend?.name ?? found.resource.id, weight, about: found.about};
  }

  #find(reader: ObjectReader, {group, kind, namespace, name}: GrantTarget): ReadBackend | undefined {
    const id = `${namespace}/${name}`;
    const {backends, incomplete} = this.#surroundings;
    const sameName = backends.filter(({resource}) => resource.id === id);
    const found = sameName.find(({resource}) => resource.kind === kind && resource.group === group);
    if (found !== undefined) return found;
    const [other] = sameName;
    if (other !== undefined || !isBackendKind(group, kind)) this.#reportKind(reader, {group, kind}, other);
    else if (!incomplete) {
      reader.problem(`there is no ${kind} ${id}`, {key: 'name', hint: this.#suggest(namespace, name)});
    }
    return undefined;
  }

  #reportKind(
    reader: ObjectReader,
    {group, kind}: Pick<GrantTarget, 'group' | 'kind'>,
    other: ReadBackend | undefined,
  ): void {
    const [any] = this.#surroundings.backends;
    const meant = (other ?? any)?.resource ?? {group: groups.kgateway, kind: 'Backend'};
    const what = group === groups.core ? `a ${kind}` : `a \`${kind}\` of \`${group}\``;
    const why = isBackendKind(group, kind)
      ? `what has this name is a \`${meant.kind}\` of \`${meant.group}\``
      : 'only backends can be served';
    reader.problem(`means ${what}; ${why}`, {
      key: reader.has('kind') ? 'kind' : 'name',
      hint: `Write \`group: ${meant.group}\` and \`kind: ${meant.kind}\`.`,
    });
  }

  #suggest(namespace: string, name: string): string {
    const ids = this.#surroundings.backends.map(({resource}) => resource);
    const elsewhere = ids.find((resource) => resource.name === name);
    if (elsewhere !== undefined) return `There is one in the namespace \`${elsewhere.namespace}\`.`;
    const meant = closeMatch(
      name,
      ids.filter((resource) => resource.namespace === namespace).map((resource) => resource.name),
    );
    return meant === undefined
      ? 'Give its document in the same file, or with another -f.'
      : `Did you mean \`${meant}\`?`;
  }

  #checkGrant(reader: ObjectReader, target: GrantTarget): void {
    if (this.#surroundings.grants.allow(this.#resource.namespace, target)) return;
    reader.problem(`is in another namespace, and no ReferenceGrant there allows it`, {
      key: reader.has('namespace') ? 'namespace' : 'name',
      hint: `Add a ReferenceGrant in \`${target.namespace}\` from HTTPRoutes of \`${this.#resource.namespace}\`, or use one namespace.`,
    });
  }
}

function isBackendKind(group: string, kind: string): boolean {
  if (kind === 'Backend') return group === groups.kgateway;
  return kind === 'AgentgatewayBackend' && (group === groups.agentgateway || group === groups.kgateway);
}

/** `a → …`, with its share where there are several. */
export function describeBackends(backends: readonly FoundBackend[]): string {
  if (backends.length === 0) return 'nothing';
  const shares = backends.length > 1 || backends.some(({weight}) => weight !== 1);
  return backends
    .map(({backend, weight, about}) => `${backend}${shares ? ` (weight ${weight})` : ''} → ${about}`)
    .join(' | ');
}
