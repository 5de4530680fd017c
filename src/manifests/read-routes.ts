import {BackendReferences, describeBackends, type ReferenceSurroundings} from './backend-references.ts';
import type {GatewayRoute, RouteMatch} from './gateway-config.ts';
import {groups} from './kinds.ts';
import type {ObjectReader} from './object-reader.ts';
import type {Policies} from './policies.ts';
import type {Resource} from './resources.ts';
import {refuseFilters} from './route-filters.ts';
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

export interface RouteSurroundings extends ReferenceSurroundings {
  readonly policies: Policies;
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
  readonly #policies: Policies;
  readonly #references: BackendReferences;

  constructor(resource: Resource, surroundings: RouteSurroundings) {
    this.#resource = resource;
    this.#policies = surroundings.policies;
    this.#references = new BackendReferences(resource, surroundings);
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
    const references = rule
      .children('backendRefs', referenceCount)
      .map((reader) => this.#references.follow(reader));
    if (!references.some((found) => (found?.weight ?? 1) > 0)) {
      rule.warn('has no backend to send requests to: it answers 500', {key: 'backendRefs'});
    }
    const timeouts = readTimeouts(rule);
    const fallback = this.#policies.requestTimeoutOf(this.#resource.id, ruleName);
    const backends = references.filter((found) => found !== undefined);
    const route: GatewayRoute = {
      name,
      hostnames,
      matches,
      backends: backends.map(({backend, weight}) => ({backend, weight})),
      requestTimeoutMs: zeroToUndefined(timeouts.requestTimeoutMs ?? fallback),
      backendRequestTimeoutMs: zeroToUndefined(timeouts.backendRequestTimeoutMs),
    };
    const hosts = hostnames.length === 0 ? '' : `${hostnames.join(', ')}: `;
    return {route, about: `${hosts}${matches.map(describeMatch).join(', ')} → ${describeBackends(backends)}`};
  }
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

function zeroToUndefined(ms: number | undefined): number | undefined {
  return ms === 0 ? undefined : ms;
}

function describeMatch({path, method, headers, queryParams}: RouteMatch): string {
  const marks = {Exact: '=', PathPrefix: '', RegularExpression: '~'} as const;
  const conditions = [...headers, ...queryParams].map(({name}) => name);
  const when = conditions.length === 0 ? '' : ` (${conditions.join(', ')})`;
  return `${method === undefined ? '' : `${method} `}${marks[path.type]}${path.value}${when}`;
}
