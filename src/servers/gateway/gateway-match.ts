import type {IncomingHttpHeaders} from 'node:http';
import {type Problem, RollcallError} from '../../core/errors.ts';
import type {GatewayRoute, RouteMatch, ValueMatch} from '../../manifests/gateway-config.ts';
import {compileHostname, everyHost, type HostRule, hostOf} from './gateway-hosts.ts';
import {compilePath, isOwnPath, trimSlashes} from './gateway-paths.ts';
import {compilePattern} from './gateway-patterns.ts';

/** What a route can be chosen by. */
export interface RoutableRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
}

export interface FoundRoute {
  readonly route: GatewayRoute;
  /** The path is the route's own, not one below it. */
  readonly own: boolean;
}

export type FindRoute = (request: RoutableRequest) => FoundRoute | undefined;

/**
 * Chooses a route as the Gateway API has it: the most specific host first; then `Exact` before `PathPrefix` before
 * `RegularExpression`, the longer path, a match with a method, the one with more headers, with more query parameters,
 * and the first in order. Everything is compiled here, once. Fails with `ERR_CONFIG`, naming every pattern that is none.
 */
export function compileRoutes(routes: readonly GatewayRoute[]): FindRoute {
  const problems: Problem[] = [];
  const candidates = routes
    .flatMap((route) => candidatesOf(route, problems))
    .sort((a, b) => compareRanks(a.rank, b.rank));
  if (problems.length > 0) throw badPatterns(problems);
  return (request) => {
    const host = hostOf(request.headers.host);
    const found = candidates.find(({hostRule, matches}) => hostRule.matches(host) && matches(request));
    return found && {route: found.route, own: isOwnPath(found.match.path, request.path)};
  };
}

/** One match of a route at one of its hosts. */
interface Candidate {
  readonly route: GatewayRoute;
  readonly match: RouteMatch;
  readonly hostRule: HostRule;
  readonly matches: (request: RoutableRequest) => boolean;
  /** Compared from the front; the higher number comes first. */
  readonly rank: readonly number[];
}

const pathRanks = {Exact: 3, PathPrefix: 2, RegularExpression: 1} as const;

function candidatesOf(route: GatewayRoute, problems: Problem[]): Candidate[] {
  const hostRules = route.hostnames.length === 0 ? [everyHost] : route.hostnames.map(compileHostname);
  return route.matches.flatMap((match) => {
    const unique = withoutRepeatedNames(match);
    const matches = compileMatch(route, unique, problems);
    return hostRules.map((hostRule) => ({
      route,
      match,
      hostRule,
      matches,
      rank: [hostRule.specificity, ...rankOf(unique)],
    }));
  });
}

function rankOf({path, method, headers, queryParams}: RouteMatch): readonly number[] {
  return [
    pathRanks[path.type],
    (path.type === 'PathPrefix' ? trimSlashes(path.value) : path.value).length,
    method === undefined ? 0 : 1,
    headers.length,
    queryParams.length,
  ];
}

// Array.sort keeps the order of equals: what is left is the order of the routes.
function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((rank, index) => rank !== b[index]);
  return at === -1 ? 0 : (b[at] ?? 0) > (a[at] ?? 0) ? 1 : -1;
}

/** Of several matches for one name only the first counts (Gateway API). */
function withoutRepeatedNames(match: RouteMatch): RouteMatch {
  return {
    ...match,
    headers: firstOfEachName(match.headers.map((header) => ({...header, name: header.name.toLowerCase()}))),
    queryParams: firstOfEachName(match.queryParams),
  };
}

function firstOfEachName(matches: readonly ValueMatch[]): readonly ValueMatch[] {
  return matches.filter(({name}, index) => matches.findIndex((other) => other.name === name) === index);
}

type Test<T> = (value: T) => boolean;

function compileMatch(route: GatewayRoute, match: RouteMatch, problems: Problem[]): Test<RoutableRequest> {
  const attempt = <T>(what: string, compile: () => Test<T>): Test<T> => {
    try {
      return compile();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      problems.push({message: `HTTPRoute ${route.name}: the ${what} is no pattern: ${error.message}`});
      return () => false;
    }
  };
  const path = attempt('path', () => compilePath(match.path));
  const headers = match.headers.map(({name, ...value}) => ({
    name,
    test: attempt(`value of header ${name}`, () => compileValue(value)),
  }));
  const queryParams = match.queryParams.map(({name, ...value}) => ({
    name,
    test: attempt(`value of query parameter ${name}`, () => compileValue(value)),
  }));
  return (request) =>
    (match.method === undefined || match.method === request.method) &&
    path(request.path) &&
    headers.every(({name, test}) => test(headerText(request.headers[name]))) &&
    queryParams.every(({name, test}) => test(request.query.get(name) ?? undefined));
}

function compileValue({type, value}: Omit<ValueMatch, 'name'>): Test<string | undefined> {
  if (type === 'Exact') return (text) => text === value;
  const pattern = compilePattern(value);
  return (text) => text !== undefined && pattern.test(text);
}

function headerText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

function badPatterns(problems: readonly Problem[]): RollcallError {
  return new RollcallError('a route of the manifests cannot be used', {
    code: 'ERR_CONFIG',
    fault: 'config',
    hint: "Patterns are JavaScript's.",
    problems,
  });
}
