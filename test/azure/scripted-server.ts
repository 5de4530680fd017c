import type {AddressInfo} from 'node:net';
import {createServer, type Socket} from 'node:net';

export interface ScriptedServer extends AsyncDisposable {
  readonly origin: string;
  /** Connections that were opened, over all. */
  readonly connections: () => number;
  /** Open right now. */
  readonly open: () => number;
  /** The whole text of each request, in order of arrival. */
  readonly requests: string[];
  /** Resolves when that many requests have come. */
  received(count: number): Promise<void>;
  /** Resolves when that many connections have been closed. */
  closed(count: number): Promise<void>;
}

/** A server that answers each request with whatever `script` writes to its socket: bytes, half of them, or nothing. */
export async function openScriptedServer(
  script: (socket: Socket, request: string, index: number) => void,
): Promise<ScriptedServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  let connections = 0;
  const notify = () => {
    for (const watcher of watchers) watcher();
  };
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      notify();
    });
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      const end = text.indexOf('\r\n\r\n');
      if (end < 0 || text.length < end + 4 + Number(length)) return;
      const request = text;
      text = '';
      script(socket, request, requests.push(request) - 1);
      notify();
    });
  });
  await new Promise<void>((resolve) => server.listen({host: '127.0.0.1', port: 0}, resolve));
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!isSo()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    connections: () => connections,
    open: () => sockets.size,
    requests,
    received: (count) => until(() => requests.length >= count),
    closed: (count) => until(() => connections - sockets.size >= count),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A whole HTTP reply. */
export function reply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${String(status)} X\r\n${lines.join('')}\r\n${text}`;
}

/** The head of a reply in chunks, and such a chunk; an empty one ends it. */
export const chunkedHead =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
export function httpChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
