import type {Clock, Random} from '../../core/clock.ts';
import {asString} from '../../core/json.ts';
import type {Logger} from '../../core/ports.ts';
import type {WireApi, WireModel} from '../../core/wire.ts';
import type {GatewayBackend, GatewayRoute, RouteKind} from '../../manifests/gateway-config.ts';
import {toWireReply} from '../doors/wire-reply.ts';
import type {ServiceReply, ServiceRequest, ServiceRoute} from '../http/service.ts';
import {compileBody, type ShapeBody} from './gateway-body.ts';
import {compileRoutes} from './gateway-match.ts';
import {compileKinds, deploymentInPath, type KindTable, kindOf} from './gateway-paths.ts';
import {isAllowed, methodNotAllowed, noBackend, pathNotServed, routeNotFound} from './gateway-refusals.ts';
import {limitExchangeTime} from './gateway-time-limit.ts';
import {pickBackend} from './gateway-weights.ts';

/** A backend of the manifests with what answers for it. */
export interface ServedBackend {
  readonly config: GatewayBackend;
  /** Failover inside. */
  readonly model: WireModel;
  /** Names for the list of models; empty where the client names the deployment. */
  readonly deployments: readonly string[];
}

export interface GatewayOptions {
  readonly routes: readonly GatewayRoute[];
  /** By name; every backend of a route that has a weight must be there. */
  readonly backends: ReadonlyMap<string, ServedBackend>;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The gateway of a set of manifests: one route of a server for everything that no other route has. Paths mean what
 * docs/gateway.md says. Fails with `ERR_CONFIG` for patterns that are none.
 */
export function gatewayRoutes(options: GatewayOptions): readonly ServiceRoute[] {
  warnOfReservedPaths(options);
  const gateway = new Gateway(options);
  return [{method: '*', path: '*', handle: (request) => gateway.answer(request)}];
}

interface CompiledBackend extends ServedBackend {
  readonly kinds: KindTable | undefined;
  readonly shape: ShapeBody;
}

class Gateway {
  readonly #options: GatewayOptions;
  readonly #find: ReturnType<typeof compileRoutes>;
  readonly #backends: ReadonlyMap<string, CompiledBackend>;
  readonly #startedAt: number;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#find = compileRoutes(options.routes);
    this.#backends = new Map([...options.backends].map(([name, backend]) => [name, compileBackend(backend)]));
    this.#startedAt = Math.floor(options.clock.now() / 1000);
    for (const {name, backends} of options.routes)
      for (const {backend, weight} of backends)
        if (weight > 0 && !this.#backends.has(backend))
          throw new Error(`route ${name}: backend ${backend} is not there`);
  }

  async answer(request: ServiceRequest): Promise<ServiceReply> {
    const {method, path, notes} = request;
    const found = this.#find(request);
    if (found === undefined) throw routeNotFound(method, path, this.#options.routes);
    const {route, own} = found;
    notes.target = route.name;
    const picked = pickBackend(route.backends, this.#options.random);
    const backend = picked === undefined ? undefined : this.#backends.get(picked);
    if (backend === undefined) throw noBackend(route);
    const kind = kindOf({method, path, own, table: backend.kinds});
    if (kind === undefined) throw pathNotServed(path, route);
    notes.operation = operations[kind];
    if (!isAllowed(method, kind)) throw methodNotAllowed(method, kind);
    return kind === 'models' ? this.#listModels(route) : this.#call(request, route, backend, apis[kind]);
  }

  /** Of all the route's backends: which of them a call will go to is not known before. */
  #listModels({backends}: GatewayRoute): ServiceReply {
    const names = backends
      .filter(({weight}) => weight > 0)
      .flatMap(({backend}) => this.#backends.get(backend)?.deployments ?? []);
    const data = [...new Set(names)].map((id) => ({
      id,
      object: 'model',
      created: this.#startedAt,
      owned_by: 'rollcall',
    }));
    return {body: {json: {object: 'list', data}}};
  }

  async #call(
    {body, path, headers, notes, cancellation}: ServiceRequest,
    {requestTimeoutMs, backendRequestTimeoutMs}: GatewayRoute,
    backend: CompiledBackend,
    api: WireApi,
  ): Promise<ServiceReply> {
    const pathModel = deploymentInPath(path);
    notes.requestModel = asString(body?.['model']) || pathModel;
    const sent = backend.shape(api, body, pathModel);
    const {authorization} = headers;
    const model = limitWhole(backend.model, requestTimeoutMs, this.#options.clock);
    const answer = await model(
      {api, body: sent, authorization, tryTimeoutMs: limitOf(backendRequestTimeoutMs)},
      {cancellation},
    );
    const reply = toWireReply({api, answer, notes});
    return {...reply, headers: {...reply.headers, ...namesOf(backend, answer.trace.deployment)}};
  }
}

const apis: Readonly<Record<Exclude<RouteKind, 'models'>, WireApi>> = {
  completions: 'chat',
  responses: 'responses',
  embeddings: 'embeddings',
};

const operations: Readonly<Record<RouteKind, string>> = {...apis, models: 'models'};

function compileBackend(backend: ServedBackend): CompiledBackend {
  const {config} = backend;
  return {
    ...backend,
    kinds: config.routes && compileKinds(config.routes),
    shape: compileBody(config),
  };
}

/** Gateway API: a timeout of 0 is none. */
function limitOf(timeoutMs: number | undefined): number | undefined {
  return timeoutMs === 0 ? undefined : timeoutMs;
}

function limitWhole(model: WireModel, timeoutMs: number | undefined, clock: Clock): WireModel {
  const limitMs = limitOf(timeoutMs);
  return limitMs === undefined ? model : limitExchangeTime(model, limitMs, clock);
}

/** Who answered. A deployment may be what the client called it: a header takes no more than printable ASCII. */
function namesOf({config}: ServedBackend, deployment: string): Readonly<Record<string, string>> {
  const names = {'x-rollcall-backend': config.name, 'x-rollcall-deployment': deployment};
  return Object.fromEntries(Object.entries(names).filter(([, name]) => /^[\x21-\x7e]{1,200}$/.test(name)));
}

const reservedPaths: ReadonlySet<string> = new Set(['/healthz', '/metrics']);

function warnOfReservedPaths({routes, logger}: GatewayOptions): void {
  for (const {name, matches} of routes)
    for (const {path} of matches)
      if (path.type !== 'RegularExpression' && reservedPaths.has(path.value))
        logger.warn(`HTTPRoute ${name}: ${path.value} itself is answered by the server, not by this route`);
}
