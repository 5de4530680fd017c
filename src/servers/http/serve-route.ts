import type {IncomingHttpHeaders} from 'node:http';
import type {Clock} from '../../core/clock.ts';
import {CallError} from '../../core/errors.ts';
import type {Logger, Redact} from '../../core/ports.ts';
import {tokenRefusal} from '../../runtime/http-token.ts';
import type {TakeTurn} from '../../runtime/turns.ts';
import {type ErrorReply, toErrorReply} from './error-reply.ts';
import type {Exchange} from './exchange.ts';
import {readBody} from './read-body.ts';
import {RequestRefusal} from './request-refusal.ts';
import {sendReply} from './send-reply.ts';
import type {BodyLimits, ServiceRoute} from './service.ts';

export interface ServeOptions {
  /** The instance's name, for the log. */
  readonly name: string;
  /** Whether a request's headers show the server's token; undefined where none is wanted. */
  readonly showsToken: ((headers: IncomingHttpHeaders) => boolean) | undefined;
  readonly bodyLimitBytes: number;
  readonly redact: Redact;
  readonly logger: Logger;
  readonly clock: Clock;
  /** For bodies that take long. */
  readonly takeTurn: TakeTurn;
}

/** The one path that is open to all: who watches a server needs no token. */
export const healthPath = '/healthz';

/** Answers one request: token, body, route, reply, or the error of any of them. Never fails. */
export async function serveRoute(
  route: ServiceRoute | RequestRefusal,
  exchange: Exchange,
  options: ServeOptions,
): Promise<void> {
  try {
    if (options.showsToken !== undefined) checkToken(route, exchange, options.showsToken);
    else refuseOtherSites(exchange);
    if (route instanceof RequestRefusal) throw route;
    const limits = limitsOf(route, options);
    const body = hasBody(exchange) ? await readBody(exchange.request, limits, options.takeTurn) : undefined;
    const reply = await route.handle(exchange.toServiceRequest(body));
    await sendReply(exchange, reply, options.clock);
  } catch (error) {
    fail(error, exchange, options);
  } finally {
    exchange.routeFinished();
  }
}

function checkToken(
  route: ServiceRoute | RequestRefusal,
  {request: {headers}}: Exchange,
  showsToken: (headers: IncomingHttpHeaders) => boolean,
): void {
  if (!(route instanceof RequestRefusal) && route.path === healthPath) return;
  if (showsToken(headers)) {
    // It was for this server: no route passes it on.
    if (showsToken({authorization: headers.authorization})) delete headers.authorization;
    if (showsToken({'api-key': headers['api-key']})) delete headers['api-key'];
    return;
  }
  const {message, type, code} = tokenRefusal;
  throw new RequestRefusal(message, {status: 401, type, code, headers: {'www-authenticate': 'Bearer'}});
}

/**
 * Any web page can have its reader's browser post to this machine, also under a name of its own that it lets point here. Browsers
 * say whose page it was; other clients say nothing.
 */
function refuseOtherSites({request: {headers}}: Exchange): void {
  const {origin} = headers;
  const isOther = headers['sec-fetch-site'] === 'cross-site' || (origin !== undefined && !isLocal(origin));
  if (!isOther) return;
  throw new RequestRefusal('Web pages of other sites may not ask this server.', {
    status: 403,
    code: 'cross_site_request',
  });
}

// Each value costs the parser some dozens of bytes however short it is written.
const mostValues = 2_000_000;

function limitsOf({bodyLimits}: ServiceRoute, {bodyLimitBytes}: ServeOptions): BodyLimits {
  return {
    bytes: Math.max(bodyLimitBytes, bodyLimits?.bytes ?? 0),
    values: Math.max(mostValues, bodyLimits?.values ?? 0),
  };
}

function isLocal(origin: string): boolean {
  return URL.canParse(origin) && localHost.test(new URL(origin).hostname);
}

const localHost = /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

function hasBody({request: {method, headers}}: Exchange): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function fail(error: unknown, exchange: Exchange, {name, redact, logger}: ServeOptions): void {
  const {response, notes, cancellation} = exchange;
  const reply = cancellation.reason === undefined ? toErrorReply(error, redact) : undefined;
  if (reply === undefined) {
    notes.error ??= 'cancelled';
    response.destroy();
    return;
  }
  notes.error ??= reply.code;
  if (error instanceof CallError) {
    notes.calls ??= error.calls;
    notes.upstreamRequestId ??= error.requestId;
  }
  if (reply.isBug)
    logger.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  // What has begun to come as a success can only be cut off.
  if (response.headersSent) response.destroy();
  else sendError(exchange, reply);
}

function sendError({response}: Exchange, {status, headers, body}: ErrorReply): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
