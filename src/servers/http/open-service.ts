import type {Clock} from '../../core/clock.ts';
import type {Logger, Redact} from '../../core/ports.ts';
import {type HttpHandler, type MalformedStatus, openServer} from '../../runtime/http-server.ts';
import {tokenCheck} from '../../runtime/http-token.ts';
import {createTurns} from '../../runtime/turns.ts';
import type {Telemetry} from '../telemetry/telemetry.ts';
import {Exchange, type ExchangeContext} from './exchange.ts';
import {createRouteTable} from './route-table.ts';
import {healthPath, type ServeOptions, serveRoute} from './serve-route.ts';
import type {ServiceErrorBody, ServiceRoute} from './service.ts';

export type ServiceKind = 'head' | 'model' | 'judge' | 'agent' | 'gateway';

export interface ServiceOptions {
  /** The instance's name: in errors, the log and the metrics. */
  readonly name: string;
  readonly kind: ServiceKind;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What every request but those for its health has to show, as `Authorization: Bearer` or `api-key`. */
  readonly token?: string | undefined;
  /** The largest body that is taken, unpacked; 64 MiB unless said. */
  readonly bodyLimitBytes?: number | undefined;
  readonly telemetry: Telemetry;
  readonly redact: Redact;
  /** Told of bugs, with their stack. */
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A server that listens. */
export interface Service extends AsyncDisposable {
  readonly name: string;
  readonly kind: ServiceKind;
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Accepts nothing more, lets requests in progress end, then closes. */
  drain(): Promise<void>;
  /** Closes at once: every request is cancelled, every connection cut. */
  close(): Promise<void>;
}

/**
 * Opens a server with these routes, and resolves when it listens. It answers `GET /healthz` and `GET /metrics` besides, unless
 * a route does. Whatever comes in, it answers with JSON of the contract's shape, or the service's own body. Fails with
 * `ERR_PORT_IN_USE` or `ERR_PORT_REFUSED`.
 */
export async function openService(
  options: ServiceOptions,
  routes: readonly ServiceRoute[],
): Promise<Service> {
  const {
    name,
    kind,
    host,
    port,
    token,
    bodyLimitBytes = defaultBodyLimit,
    clock,
    redact,
    logger,
    telemetry,
  } = options;
  const showsToken = token === undefined ? undefined : tokenCheck(token);
  const takeTurn = createTurns();
  const serving: ServeOptions = {name, showsToken, bodyLimitBytes, redact, logger, clock, takeTurn};
  const context: ExchangeContext = {name, kind, telemetry, redact, logger, clock};
  const findRoute = createRouteTable(withCommonRoutes(routes, telemetry));
  const handle: HttpHandler = (request, response) => {
    // Its connection's end cancels it. In a set of all exchanges, four times as much would outlive the quick collections: V8 keeps
    // the tables that a busy set outgrows, with all that was in them, until the next full one.
    const exchange = new Exchange({request, response}, context);
    void serveRoute(findRoute(request), exchange, serving);
  };
  const owner = name === kind ? name : `${kind} ${name}`;
  const largestBody = Math.max(bodyLimitBytes, ...routes.map((route) => route.bodyLimits?.bytes ?? 0));
  const listening = {host, port, owner, bodyLimitBytes: largestBody, describeMalformed};
  const server = await openServer(handle, listening);
  return {
    name,
    kind,
    url: server.url,
    port: server.port,
    drain: () => server.drain(),
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

// A request with a dozen pictures in it.
const defaultBodyLimit = 67_108_864;

function withCommonRoutes(routes: readonly ServiceRoute[], telemetry: Telemetry): readonly ServiceRoute[] {
  const common: readonly ServiceRoute[] = [
    {method: 'GET', path: healthPath, handle: () => ({body: {json: {status: 'ok'}}})},
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => {
        const {contentType, text} = await telemetry.exposition();
        return {contentType, body: {bytes: text}};
      },
    },
  ];
  const paths = new Set(routes.map(({path}) => path));
  return [...routes, ...common.filter(({path}) => !paths.has(path))];
}

const malformed: Readonly<Record<MalformedStatus, string>> = {
  400: 'This is not an HTTP request.',
  405: 'This server is no proxy.',
  408: 'The request did not come to its end in time.',
  413: 'The request’s chunks have more beside them than this server reads.',
  417: 'Of expectations this server knows only 100-continue.',
  431: 'The request’s headers are longer than this server reads.',
};

function describeMalformed(status: MalformedStatus): string {
  const body: ServiceErrorBody = {
    error: {
      message: malformed[status],
      type: 'invalid_request_error',
      code: 'invalid_http_request',
      param: null,
    },
  };
  return JSON.stringify(body);
}
