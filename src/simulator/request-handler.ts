import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Logger} from '../core/ports.ts';
import type {HttpHandler} from '../runtime/http-server.ts';
import {answerControl, type Controlled, isControlPath} from './control/control-plane.ts';
import {readBody} from './read-body.ts';
import {sendReply} from './send-reply.ts';
import {jsonReply} from './wire/reply.ts';
import {simulatedHeader} from './wire/reply-headers.ts';

export interface HandlerDeps extends Controlled {
  readonly logger: Logger | undefined;
}

/** A request whose body has arrived. */
export interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: string;
  /** Undefined: larger than the service takes. */
  readonly body: Buffer | undefined;
}

/** Answers a request that is not for the control plane, and notes it in the ledger. What it throws or rejects with is a bug. */
export type Answer = (incoming: Incoming) => void | Promise<void>;

/** What a simulator does with an HTTP request: the control plane's answer, or that of `answer`. */
export function createRequestHandler(answer: Answer, deps: HandlerDeps): HttpHandler {
  return (request, response) => {
    readBody(request, (body) => {
      const incoming = {request, response, body, ...splitTarget(request.url ?? '/')};
      const isControl = isControlPath(incoming.path);
      try {
        const answered = isControl ? answerControlRequest(incoming, deps) : answer(incoming);
        answered?.catch((error: unknown) => fail(error, response, deps));
      } catch (error) {
        fail(error, response, deps);
      }
    });
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

/** The query's `api-version`, if it has one. */
export function apiVersionOf(query: string): string | undefined {
  if (query === '') return undefined;
  return new URLSearchParams(query).get('api-version') ?? undefined;
}
