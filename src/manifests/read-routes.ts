import {closeMatch} from '../core/close-match.ts';
import type {GatewayRoute, RouteMatch, WeightedBackend} from './gateway-config.ts';
import type {Grants} from './grants.ts';
import {groups} from './kinds.ts';
import type {ObjectReader} from './object-reader.ts';
import type {Policies} from './policies.ts';
import type {ReadBackend} from './read-backends.ts';
import type {Resource} from './resources.ts';
import {readMatches} from './route-matches.ts';
import {readTimeouts} from './route-timeouts.ts';

/** A HTTPRoute that was read: one route for each rule, each with what people are told of it. */
export interface ReadRoute {
  readonly resource: Resource;
  readonly routes: readonly {readonly route: GatewayRoute; readonly about: string}[];
  readonly parents: readonly ParentReference[];
}

/** The Gateway that a route wants to be reached through. */
export interface ParentReference {
  readonly gateway: string;
  readonly listener: string | undefined;
  readonly port: number | undefined;
  readonly reader: ObjectReader;
}

export interface RouteSurroundings {
  readonly backends: readonly ReadBackend[];
  readonly grants: Grants;
  readonly policies: Policies;
  /** A document could not be read: what is missing may be in it. */
  readonly incomplete: boolean;
}

const ruleCount = {min: 0, max: 16};
const referenceCount = {min: 0, max: 16};
const hostname = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Reads every HTTPRoute, with all of its references followed. */
export function readRoutes(
  resources: readonly Resource[],
  surroundings: RouteSurroundings,
): readonly ReadRoute[] {
  return resources
    .filter(({role}) => role === 'route')
    .map((resource) => new RouteReader(resource, surroundings).read());
}

class RouteReader {
  readonly #resource: Resource;
  readonly #surroundings: RouteSurroundings;

  constructor(resource: Resource, surroundings: RouteSurroundings) {
    this.#resource = resource;
    this.#surroundings = surroundings;
  }

  read(): ReadRoute {
    const resource = this.#resource;
    const spec = resource.reader.requiredChild('spec');
    if (spec === undefined) return {resource, routes: [], parents: []};
    const hostnames = readHostnames(spec);
    spec.ignore('useDefaultGateways');
    const parents = this.#readParents(spec);
    const rules = spec.children('rules', ruleCount);
    if (rules.length === 0) spec.problem('has no `rules`, so it leads nowhere', {key: 'rules'});
    const routes = rules.map((rule, index) => {
      const name = rules.length === 1 ? resource.id : `${resource.id}#${index + 1}`;
      return this.#readRule(rule, {name, hostnames});
    });
    return {resource, routes, parents};
  }

  #readParents(spec: ObjectReader): readonly ParentReference[] {
    return spec.children('parentRefs', {min: 0, max: 32}).flatMap((reader) => {
      const name = reader.requiredText('name', {expand: true});
      const namespace = reader.text('namespace', {expand: true}) ?? this.#resource.namespace;
      const listener = reader.text('sectionName');
      const port = reader.integer('port', {min: 1, max: 65_535});
      const kind = reader.text('kind') ?? 'Gateway';
      const group = reader.text('group', {allowEmpty: true}) ?? groups.gatewayApi;
      if (name === undefined || kind !== 'Gateway' || group !== groups.gatewayApi) return [];
      return [{gateway: `${namespace}/${name}`, listener, port, reader}];
    });
  }

  #readRule(
    rule: ObjectReader,
    {name, hostnames}: Pick<GatewayRoute, 'name' | 'hostnames'>,
  ): ReadRoute['routes'][number] {
    const ruleName = rule.text('name');
    const matches = readMatches(rule);
    refuseFilters(rule);
    rule.notApplied(['retry'], 'Calls are retried as Azure asks for it.');
    rule.notApplied(['sessionPersistence']);
    const references = rule.children('backendRefs', referenceCount).map((reader) => this.#follow(reader));
    if (!references.some((found) => (found?.weight ?? 1) > 0)) {
      rule.warn('has no backend to send requests to: it answers 500', {key: 'backendRefs'});
    }
    const fallback = this.#surroundings.policies.timeoutsOf(this.#resource.id, ruleName);
    const timeouts = readTimeouts(rule);
    const backends = references.filter((found) => found !== undefined);
    const route: GatewayRoute = {
      name,
      hostnames,
      matches,
      backends: backends.map(({backend, weight}) => ({backend, weight})),
      requestTimeoutMs: timeouts.requestTimeoutMs ?? fallback,
      backendRequestTimeoutMs: timeouts.backendRequestTimeoutMs,
    };
    const hosts = hostnames.length === 0 ? '' : `${hostnames.join(', ')}: `;
    return {route, about: `${hosts}${matches.map(describeMatch).join(', ')} → ${describeBackends(backends)}`};
  }

  #follow(reader: ObjectReader): FoundBackend | undefined {
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

  #find(reader: ObjectReader, {group, kind, namespace, name}: Target): ReadBackend | undefined {
    const id = `${namespace}/${name}`;
    const {backends, incomplete} = this.#surroundings;
    const sameName = backends.filter(({resource}) => resource.id === id);
    const found = sameName.find(({resource}) => resource.kind === kind && resource.group === group);
    if (found !== undefined) return found;
    const [other] = sameName;
    if (other !== undefined || !isBackendKind(group, kind)) {
      const meant = other?.resource ?? {group: groups.kgateway, kind: 'Backend'};
      const what = kind === 'Service' && group === '' ? 'a Service' : `a \`${kind}\` of \`${group}\``;
      reader.problem(`means ${what}; only backends can be served`, {
        key: reader.has('kind') ? 'kind' : 'name',
        hint: `Write \`group: ${meant.group}\` and \`kind: ${meant.kind}\`.`,
      });
    } else if (!incomplete) {
      reader.problem(`there is no ${kind} ${id}`, {key: 'name', hint: this.#suggest(namespace, name)});
    }
    return undefined;
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

  #checkGrant(reader: ObjectReader, target: Target): void {
    if (this.#surroundings.grants.allow(this.#resource.namespace, target)) return;
    reader.problem(`is in another namespace, and no ReferenceGrant there allows it`, {
      key: reader.has('namespace') ? 'namespace' : 'name',
      hint: `Add a ReferenceGrant in \`${target.namespace}\` from HTTPRoutes of \`${this.#resource.namespace}\`, or use one namespace.`,
    });
  }
}

interface Target {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

interface FoundBackend extends WeightedBackend {
  readonly about: string;
}

function isBackendKind(group: string, kind: string): boolean {
  if (kind === 'Backend') return group === groups.kgateway;
  return kind === 'AgentgatewayBackend' && (group === groups.agentgateway || group === groups.kgateway);
}

function readHostnames(spec: ObjectReader): readonly string[] {
  return spec.texts('hostnames').map(({text}, index) => {
    if (!hostname.test(text) || /^[\d.]+$/.test(text)) {
      spec.problem(`[${index}] is no host name`, {
        key: 'hostnames',
        hint: 'Small letters, without scheme and port; `*.` may stand before it.',
      });
    }
    return text;
  });
}

function refuseFilters(reader: ObjectReader): void {
  for (const filter of reader.children('filters', {min: 0, max: 16})) {
    const type = filter.text('type') ?? 'filter';
    filter.ignore(...filter.keys);
    filter.problem(`the filter \`${type}\` is not supported`, {
      key: 'type',
      hint: 'Take it out: Azure gets its own path and headers in any case.',
    });
  }
}

function describeMatch({path, method, headers, queryParams}: RouteMatch): string {
  const marks = {Exact: '=', PathPrefix: '', RegularExpression: '~'} as const;
  const conditions = [...headers, ...queryParams].map(({name}) => name);
  const when = conditions.length === 0 ? '' : ` (${conditions.join(', ')})`;
  return `${method === undefined ? '' : `${method} `}${marks[path.type]}${path.value}${when}`;
}

function describeBackends(backends: readonly FoundBackend[]): string {
  if (backends.length === 0) return 'nothing';
  const shares = backends.length > 1 || backends.some(({weight}) => weight !== 1);
  return backends
    .map(({backend, weight, about}) => `${backend}${shares ? ` (weight ${weight})` : ''} → ${about}`)
    .join(' | ');
}
