import {createServer, type IncomingHttpHeaders, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {CancellationSource} from '../../src/core/cancellation.ts';
import {createGymHttp, type GymHttp} from '../../src/gym/gym-http.ts';
import type {ReplyContext} from '../../src/gym/reply-failure.ts';
import {createFakeClock, type FakeClock} from '../helpers/fake-clock.ts';

export interface GymServerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface GymServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: GymServerRequest[];
  /** Resolves when that many requests have come. */
  received(count: number): Promise<void>;
  /** Resolves when that many connections have been closed. */
  closed(count: number): Promise<void>;
}

export type Answer = (request: GymServerRequest, response: ServerResponse, index: number) => void;

/** A server of NeMo Gym's that answers as `answer` says. */
export async function openGymServer(answer: Answer): Promise<GymServer> {
  const requests: GymServerRequest[] = [];
  let closed = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const {method = '', url = '', headers} = request;
      const seen = {method, path: url, headers, text};
      answer(seen, response, requests.push(seen) - 1);
    });
  });
  server.on('connection', (socket) => {
    socket.on('close', () => (closed += 1));
  });
  await new Promise<void>((resolve) => server.listen({host: '127.0.0.1', port: 0}, resolve));
  const {port} = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    port,
    requests,
    received: (count) => until(() => requests.length >= count),
    closed: (count) => until(() => closed >= count),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers with JSON as a text, so that `1.0` stays what Python prints. */
export function json(text: string, status = 200, headers: Record<string, string | string[]> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, {'content-type': 'application/json', ...headers});
    response.end(text);
  };
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  await using server = await openGymServer(() => undefined);
  return server.port;
}

export interface GymDoors extends AsyncDisposable {
  readonly http: GymHttp;
  readonly clock: FakeClock;
  readonly random: () => number;
  readonly redact: (text: string) => string;
  readonly cancellation: CancellationSource;
}

/** What the parts of the room take: a client, time that stands still, the longest of all chances. */
export function openDoors(options: {readonly maxBodyBytes?: number} = {}): GymDoors {
  const clock = createFakeClock();
  const redact = (text: string): string => text.replaceAll('s3cret', '****');
  const http = createGymHttp({clock, redact, ...options});
  return {
    http,
    clock,
    redact,
    random: () => 1,
    cancellation: new CancellationSource(),
    [Symbol.asyncDispose]: () => http.close(),
  };
}

/** The surroundings in which a reply of an agent is read. */
export function replyContext(about: Partial<ReplyContext> = {}): ReplyContext {
  const redact = (text: string): string => text.replaceAll('s3cret', '****');
  return {fault: 'agent', peer: 'the agent a at http://h:1', clock: createFakeClock(), redact, ...about};
}

/** Resolves when somebody waits for the clock. */
export function untilWaiting(clock: FakeClock): Promise<void> {
  return until(() => clock.pendingTimers > 0);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
