import type {IncomingMessage} from 'node:http';
import {pathOf} from './exchange.ts';
import {RequestRefusal} from './request-refusal.ts';
import type {ServiceRoute} from './service.ts';

/** Finds the route of a request, or why it has none. */
export type FindRoute = (request: IncomingMessage) => ServiceRoute | RequestRefusal;

/**
 * A server's routes as a table by path. Paths that differ only in a slash at their end or in doubled ones are the same; NeMo
 * Gym's `/ng-rollout/<id>` before a path says whose call it is and changes nothing; `HEAD` is a `GET`; a path that has
 * the wrong method is a 405. What the table does not have is the `*` route's, if there is one.
 */
export function createRouteTable(routes: readonly ServiceRoute[]): FindRoute {
  const byPath = new Map<string, readonly ServiceRoute[]>();
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
  const rest = byPath.get('*')?.at(0);
  const below = [...byPath.keys()].filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1));
  return (request) => {
    const {method = ''} = request;
    const path = plainPath(pathOf(request));
    if (path === undefined) return badPath();
    const candidates =
      byPath.get(path) ?? byPath.get(`${String(below.find((each) => path.startsWith(each)))}*`) ?? [];
    const wanted = method === 'HEAD' ? 'GET' : method;
    const found = candidates.find((route) => route.method === '*' || route.method === wanted) ?? rest;
    return found ?? refuse(method, path, candidates);
  };
}

const rolloutPrefix = /^\/ng-rollout\/[a-z\d][\w.-]*(?=\/)/i;

/** A path as the table has it; undefined for what is none. */
function plainPath(given: string): string | undefined {
  const path = given.replace(rolloutPrefix, '');
  try {
    const decoded = path.includes('%') ? decodeURIComponent(path) : path;
    return decoded.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  } catch {
    return undefined;
  }
}

function refuse(method: string, path: string, candidates: readonly ServiceRoute[]): RequestRefusal {
  const shown = JSON.stringify(path.slice(0, longestShown));
  if (candidates.length === 0) {
    return new RequestRefusal(`There is nothing at ${shown} on this server.`, {
      status: 404,
      code: 'not_found',
    });
  }
  const allowed = candidates.map((route) => (route.method === 'GET' ? 'GET, HEAD' : route.method)).join(', ');
  return new RequestRefusal(`${method} is not what ${shown} takes: ${allowed}.`, {
    status: 405,
    code: 'method_not_allowed',
    headers: {allow: allowed},
  });
}

const longestShown = 200;

function badPath(): RequestRefusal {
  return new RequestRefusal('The path of the request is not a valid URL path.', {
    status: 400,
    code: 'invalid_path',
  });
}
