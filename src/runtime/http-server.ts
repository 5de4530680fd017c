import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import {RollcallError} from '../core/errors.ts';

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface RunningServer extends AsyncDisposable {
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting and ends every open connection. */
  close(): Promise<void>;
}

/** Opens an HTTP server and resolves when it listens. An address that cannot be had is a `RollcallError` (`ERR_PORT_IN_USE`, `ERR_PORT_REFUSED`). */
export async function openServer(handler: HttpHandler, {host, port}: ListenOptions): Promise<RunningServer> {
  const server = createServer({keepAliveTimeout: 65_000, requestTimeout: 0, headersTimeout: 60_000}, handler);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await listen(server, {host, port});
  const address = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const hostInUrl = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${hostInUrl}:${String(address.port)}`,
    port: address.port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(server: Server, {host, port}: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toListenError(error, host, port)));
    server.listen({host, port}, resolve);
  });
}

const refusedHosts: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EADDRNOTAVAIL', 'EINVAL']);

function toListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  return new RollcallError(`cannot listen on ${host}:${String(port)}: ${error.code ?? error.message}`, {
    code: error.code === 'EADDRINUSE' ? 'ERR_PORT_IN_USE' : 'ERR_PORT_REFUSED',
    fault: 'config',
    hint: refusedHosts.has(error.code ?? '')
      ? 'Give an address of this machine as host.'
      : 'Choose another port, or 0 for any free one.',
    cause: error,
  });
}
