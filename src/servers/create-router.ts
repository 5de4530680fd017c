import type {IncomingMessage, ServerResponse} from 'node:http';
import {type FastifyInstance, type FastifyReply, type FastifyRequest, fastify} from 'fastify';
import type {HttpHandler} from '../runtime/http-server.ts';
import {pathOf} from './exchange.ts';
import {RequestRefusal} from './request-refusal.ts';
import type {ServiceRoute} from './service.ts';

/** Answers a request by its route, or says why it has none. */
export type ServeRoute = (
  route: ServiceRoute | RequestRefusal,
  request: IncomingMessage,
  response: ServerResponse,
) => void;

export interface Router {
  readonly route: HttpHandler;
  close(): Promise<void>;
}

/**
 * Finds the route of each request with fastify's router and hands it to `serve`, with the body unread. Paths that only differ in
 * a slash at their end, or in doubled ones, are the same; a path that has the wrong method is a 405.
 */
export async function createRouter(routes: readonly ServiceRoute[], serve: ServeRoute): Promise<Router> {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: true,
    routerOptions: {ignoreTrailingSlash: true, ignoreDuplicateSlashes: true},
    frameworkErrors: (_error, request, reply) => {
      takeOver(reply);
      serve(badPath(), request.raw, reply.raw);
    },
  });
  readNoBodies(app);
  for (const route of routes) {
    app.route({
      method: route.method === '*' ? methodsFor(app, route, routes) : route.method,
      url: patternOf(route.path),
      handler: (request, reply) => {
        takeOver(reply);
        serve(route, request.raw, reply.raw);
      },
    });
  }
  const allowed = methodsByPath(routes);
  app.setNotFoundHandler((request: FastifyRequest, reply) => {
    takeOver(reply);
    serve(refuseUnknown(request.raw, allowed), request.raw, reply.raw);
  });
  await app.ready();
  return {
    route: (request, response) => app.routing(asOriginForm(request), response),
    close: () => app.close(),
  };
}

/** The reply is ours from here on. */
function takeOver(reply: FastifyReply): void {
  reply.hijack();
}

/** A handler reads the body itself, after it has looked at the token. */
function readNoBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (_request, _payload, done) => done(null));
}

function methodsFor(app: FastifyInstance, {path}: ServiceRoute, routes: readonly ServiceRoute[]): string[] {
  const taken = new Set<string>(routes.filter((other) => other.path === path).map(({method}) => method));
  if (taken.has('GET')) taken.add('HEAD');
  return app.supportedMethods.filter((method) => !taken.has(method));
}

/** A colon stands for a parameter in the router's paths; ours have none. */
function patternOf(path: string): string {
  return path.replaceAll(':', '::');
}

function methodsByPath(routes: readonly ServiceRoute[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const {path, method} of routes) {
    const methods = method === 'GET' ? 'GET, HEAD' : method;
    const others = found.get(path);
    found.set(path, others === undefined ? methods : `${others}, ${methods}`);
  }
  return found;
}

function refuseUnknown(request: IncomingMessage, allowed: ReadonlyMap<string, string>): RequestRefusal {
  const path = pathOf(request);
  const plain = path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
  const methods = allowed.get(plain) ?? allowed.get(`${plain.slice(0, plain.lastIndexOf('/'))}/*`);
  const shown = JSON.stringify(path.slice(0, longestShown));
  if (methods === undefined)
    return new RequestRefusal(`There is nothing at ${shown} on this server.`, {
      status: 404,
      code: 'not_found',
    });
  return new RequestRefusal(`${request.method ?? ''} is not what ${shown} takes: ${methods}.`, {
    status: 405,
    code: 'method_not_allowed',
    headers: {allow: methods},
  });
}

const longestShown = 200;

function badPath(): RequestRefusal {
  return new RequestRefusal('The path of the request is not a valid URL path.', {
    status: 400,
    code: 'invalid_path',
  });
}

const authority = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** Clients that think they talk to a proxy send a whole URL; fastify reads content types, and refuses what is none. */
function asOriginForm(request: IncomingMessage): IncomingMessage {
  const {url = '/', headers} = request;
  if (!url.startsWith('/')) request.url = url.replace(authority, '') || '/';
  headers['content-type'] = 'application/json';
  return request;
}
