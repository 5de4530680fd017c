import type {GatewayRoute, RouteKind} from '../../manifests/gateway-config.ts';
import {RequestRefusal} from '../http/request-refusal.ts';

/** No route takes the request: says which there are. */
export function routeNotFound(method: string, path: string, routes: readonly GatewayRoute[]): RequestRefusal {
  const served = listed(routes.flatMap(describeRoute)) || 'no route at all';
  return new RequestRefusal(`No route takes ${shortened(method)} ${shortened(path)}. There is ${served}.`, {
    status: 404,
    code: 'route_not_found',
  });
}

/** A route takes the request, but nothing is served at its path: says what is. */
export function pathNotServed(path: string, route: GatewayRoute): RequestRefusal {
  const served = Object.values(operations).map(({method, path: below}) => `${method} …${below}`);
  return new RequestRefusal(
    `${shortened(path)} is not served. Below ${listed(describeRoute(route))} there is ${listed(served)}; ` +
      'the bare path is chat completions.',
    {status: 404, code: 'path_not_served'},
  );
}

/** Whether a kind of path takes the method. */
export function isAllowed(method: string, kind: RouteKind): boolean {
  return operations[kind].method === (method === 'HEAD' ? 'GET' : method);
}

/** Says which method the path takes, in `allow` too. */
export function methodNotAllowed(method: string, kind: RouteKind): RequestRefusal {
  const allowed = operations[kind].method;
  return new RequestRefusal(`${shortened(method)} is not allowed for ${kind}: use ${allowed}.`, {
    status: 405,
    code: 'method_not_allowed',
    headers: {allow: allowed === 'GET' ? 'GET, HEAD' : allowed},
  });
}

/** Every weight of the route is 0, or it has no backend (Gateway API: 500). */
export function noBackend({name}: GatewayRoute): RequestRefusal {
  return new RequestRefusal(`The route ${name} has no backend with a weight above 0.`, {
    status: 500,
    code: 'no_backend',
    type: 'server_error',
  });
}

/** The client's model is all there is, and it has none. */
export function modelMissing(): RequestRefusal {
  return new RequestRefusal(
    'The request names no model, and the backend has no deployment of its own: set "model" to a deployment.',
    {status: 400, code: 'missing_model', param: 'model'},
  );
}

const operations: Readonly<Record<RouteKind, {readonly method: 'GET' | 'POST'; readonly path: string}>> = {
  completions: {method: 'POST', path: '/v1/chat/completions'},
  responses: {method: 'POST', path: '/v1/responses'},
  embeddings: {method: 'POST', path: '/v1/embeddings'},
  models: {method: 'GET', path: '/v1/models'},
};

const patternMarks = {Exact: '', PathPrefix: '', RegularExpression: '~ '} as const;

function describeRoute({hostnames, matches}: GatewayRoute): string[] {
  const hosts = hostnames.length === 0 ? '' : ` on ${hostnames.join(' or ')}`;
  return matches.map(({path, method, headers, queryParams}) => {
    const verb = method === undefined ? '' : `${method} `;
    const asked = [...headers, ...queryParams].map(({name}) => name);
    const only = asked.length === 0 ? '' : ` (by ${asked.join(', ')})`;
    return `${verb}${patternMarks[path.type]}${path.value}${hosts}${only}`;
  });
}

const longestList = 50;

function listed(entries: readonly string[]): string {
  const unique = [...new Set(entries)];
  const more = unique.length - longestList;
  return more > 0 ? `${unique.slice(0, longestList).join(', ')} and ${more} more` : unique.join(', ');
}

function shortened(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
