import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Logger} from '../core/ports.ts';
import type {HttpHandler} from '../runtime/http-server.ts';
import {answerControl, type Controlled, isControlPath} from './control/control-plane.ts';
import {toLedgerEntry} from './control/ledger-entry.ts';
import type {Exchange} from './exchange.ts';
import {digest} from './generation/request-hash.ts';
import {decideReply} from './layers.ts';
import {onceOver} from './once-over.ts';
import {readBody} from './read-body.ts';
import {sendReply} from './send-reply.ts';
import {jsonReply} from './wire/reply.ts';
import {createReplyHeaders, simulatedHeader} from './wire/reply-headers.ts';
import type {World} from './world.ts';

export interface HandlerDeps extends Controlled {
  /** The resource as it is: a reset replaces it. */
  readonly world: () => World;
  readonly logger: Logger | undefined;
}

/** A request whose body has arrived. */
interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer | undefined;
}

/** What the simulator does with an HTTP request: the control plane's answer, or the layers', noted in the ledger and sent. */
export function createRequestHandler(deps: HandlerDeps): HttpHandler {
  const answerModel = createModelHandler(deps);
  return (request, response) => {
    readBody(request, (body) => {
      const incoming = {request, response, body, ...splitTarget(request.url ?? '/')};
      if (isControlPath(incoming.path)) {
        answerControlRequest(incoming, deps).catch((error: unknown) => fail(error, response, deps));
        return;
      }
      try {
        answerModel(incoming);
      } catch (error) {
        fail(error, response, deps);
      }
    });
  };
}

function createModelHandler({settings, clock, ledger, world}: HandlerDeps): (incoming: Incoming) => void {
  const idStem = requestIdStem(settings.seed);
  const replyHeaders = createReplyHeaders(settings.region);
  let sequence = 0;
  return ({request, response, path, query, body}) => {
    const arrivedMs = clock.monotonic();
    const {method = 'GET', headers} = request;
    const exchange: Exchange = {
      sequence: ++sequence,
      method,
      path,
      apiVersion: apiVersionOf(query),
      headers,
      body,
    };
    const {reply, layer} = decideReply(exchange, world());
    const requestId = idStem + sequence.toString(16).padStart(12, '0');
    const entry = toLedgerEntry(exchange, {reply, layer, arrivedAt: clock.now(), requestId});
    ledger.record(entry);
    onceOver(request, response, () => {
      ledger.finish(entry, response.writableFinished ? 'sent' : 'cut', clock.monotonic() - arrivedMs);
    });
    sendReply(reply, response, {clock, headers: replyHeaders(entry), arrivedMs});
  };
}

async function answerControlRequest(
  {request, response, path, query, body}: Incoming,
  deps: HandlerDeps,
): Promise<void> {
  const {method = 'GET', headers} = request;
  const reply = await answerControl({method, path, query: new URLSearchParams(query), headers, body}, deps);
  sendReply(reply, response, {clock: deps.clock, headers: simulatedHeader});
}

/** A bug of the simulator's own: said in the log and in the reply, without bringing the others down. */
function fail(error: unknown, response: ServerResponse, {logger, clock}: HandlerDeps): void {
  logger?.error(
    `the simulator failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = {
    error: {message: 'the simulator failed; see its log', type: 'simulator_bug', code: null, param: null},
  };
  sendReply(jsonReply(500, body), response, {clock, headers: simulatedHeader});
}

function splitTarget(target: string): {path: string; query: string} {
  const mark = target.indexOf('?');
  return mark < 0 ? {path: target, query: ''} : {path: target.slice(0, mark), query: target.slice(mark + 1)};
}

function apiVersionOf(query: string): string | undefined {
  if (query === '') return undefined;
  return new URLSearchParams(query).get('api-version') ?? undefined;
}

/** The first half of every request id, shaped as a UUID's: the seed's; the arrival's number is the other half. */
function requestIdStem(seed: number): string {
  const digits = digest(`request ids of ${seed}`);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(12, 15)}-8${digits.slice(15, 18)}-`;
}
