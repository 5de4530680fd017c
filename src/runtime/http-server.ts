import {createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES} from 'node:http';
import {type AddressInfo, Socket} from 'node:net';
import {RollcallError} from '../core/errors.ts';
import {Connections} from './connections.ts';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Who wants the port, for the words of an error. */
  readonly owner?: string | undefined;
  /** Announced bodies beyond this are not asked for, where a client waits to be asked (`Expect: 100-continue`). */
  readonly bodyLimitBytes?: number | undefined;
  /** The JSON body for what is no HTTP request; without it the answer has none. */
  readonly describeMalformed?: ((status: MalformedStatus) => string) | undefined;
}

/** What a request that cannot be read as HTTP is answered with. */
export type MalformedStatus = 400 | 405 | 408 | 413 | 417 | 431;

export interface RunningServer extends AsyncDisposable {
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets what is being answered end, and resolves when the last connection has. */
  drain(): Promise<void>;
  /** Stops accepting and ends every open connection. */
  close(): Promise<void>;
}

const timeouts = {
  // Longer than load balancers keep an unused connection (Google's 600 s is the longest): so they end it, not the server
  // while a request is on its way to it. TCP's own probes find the clients that are gone.
  keepAliveTimeout: 620_000,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  // A head of some kilobytes that takes longer is not meant to end.
  headersTimeout: 60_000,
  // The same for a body: the largest that is taken needs 1.8 Mbit/s. The answer may take as long as it does.
  requestTimeout: 300_000,
} as const;

/** Opens an HTTP server and resolves when it listens. An address that cannot be had is a `RollcallError` (`ERR_PORT_IN_USE`, `ERR_PORT_REFUSED`). */
export async function openServer(handler: HttpHandler, given: ListenOptions): Promise<RunningServer> {
  // Brackets are for URLs.
  const options = {...given, host: given.host.replace(/^\[(.*)\]$/, '$1')};
  const {describeMalformed} = options;
  const server = createServer({...timeouts, requireHostHeader: describeMalformed === undefined});
  const connections = new Connections();
  const serve: HttpHandler = (request, response) => {
    connections.begin(request.socket, response);
    if (request.headers.host !== undefined || request.httpVersion !== '1.1') handler(request, response);
    else endMalformed(response, 400, describeMalformed);
  };
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', serve);
  acceptExpectations(server, serve, options);
  refuseMalformed(server, connections, options);
  await listen(server, options);
  let closed: Promise<void> | undefined;
  const stop = (): Promise<void> => (closed ??= new Promise((resolve) => server.close(() => resolve())));
  const close = async (): Promise<void> => {
    const stopped = stop();
    connections.destroy();
    await stopped;
  };
  const {port} = server.address() as AddressInfo;
  const {host} = options;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${String(port)}`,
    port,
    async drain() {
      const stopped = stop();
      connections.drain();
      await stopped;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function acceptExpectations(server: Server, serve: HttpHandler, options: ListenOptions): void {
  const {bodyLimitBytes = Infinity, describeMalformed} = options;
  server.on('checkContinue', (request, response) => {
    if (Number(request.headers['content-length'] ?? 0) <= bodyLimitBytes) response.writeContinue();
    serve(request, response);
  });
  server.on('checkExpectation', (_request, response) => endMalformed(response, 417, describeMalformed));
}

function endMalformed(
  response: ServerResponse,
  status: MalformedStatus,
  describe: ListenOptions['describeMalformed'],
): void {
  const body = describe?.(status) ?? '';
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

function refuseMalformed(server: Server, connections: Connections, {describeMalformed}: ListenOptions): void {
  const refuse = (socket: Socket, status: MalformedStatus): void => {
    const body = describeMalformed?.(status) ?? '';
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
    socket.on('error', () => undefined);
    socket.write(head + body);
    socket.destroySoon();
  };
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const isWaiting = stream instanceof Socket && stream.bytesRead > 0 && connections.canAnswer(stream);
    if (isWaiting && error.code !== 'ECONNRESET') refuse(stream, malformedStatus(error.code));
    else stream.destroy();
  });
  server.on('connect', (_request, stream) => {
    if (stream instanceof Socket) refuse(stream, 405);
  });
}

function malformedStatus(code: string | undefined): MalformedStatus {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

function listen(server: Server, {host, port, owner}: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toListenError(error, {host, port, owner})));
    server.listen({host, port}, resolve);
  });
}

const refusedHosts: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL']);

function toListenError(error: NodeJS.ErrnoException, {host, port, owner}: ListenOptions): Error {
  const who = owner === undefined ? '' : `${owner}: `;
  return new RollcallError(`${who}cannot listen on ${host}:${String(port)}: ${error.code ?? error.message}`, {
    code: error.code === 'EADDRINUSE' ? 'ERR_PORT_IN_USE' : 'ERR_PORT_REFUSED',
    fault: 'config',
    hint: refusedHosts.has(error.code ?? '')
      ? 'Give an address of this machine as host.'
      : 'Choose another port, or 0 for any free one.',
    cause: error,
  });
}
