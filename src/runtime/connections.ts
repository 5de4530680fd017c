import type {ServerResponse} from 'node:http';
import type {Socket} from 'node:net';

/** The open connections of a server and what is being answered on each: the platform ends idle ones, but not those that never asked. */
export class Connections {
  readonly #pending = new Map<Socket, Set<ServerResponse>>();
  #isDraining = false;

  add(socket: Socket): void {
    const pending = new Set<ServerResponse>();
    this.#pending.set(socket, pending);
    socket.on('close', () => {
      this.#pending.delete(socket);
      // The platform tells only the response that was being written; those of requests sent after it would wait for ever.
      queueMicrotask(() => {
        for (const response of pending) response.emit('close');
      });
    });
  }

  /** A request has come; it is being answered until its response closes. */
  begin(socket: Socket, response: ServerResponse): void {
    const pending = this.#pending.get(socket);
    if (pending === undefined) return;
    pending.add(response);
    if (this.#isDraining) response.setHeader('connection', 'close');
    response.on('close', () => {
      pending.delete(response);
      if (this.#isDraining && pending.size === 0) socket.destroySoon();
    });
  }

  /** Whether bytes written to the socket would be read as the answer to what was sent last. */
  canAnswer(socket: Socket): boolean {
    const pending = [...(this.#pending.get(socket) ?? [])];
    return socket.writable && pending.length <= 1 && pending.every(({headersSent}) => !headersSent);
  }

  /** Ends each connection when nothing is being answered on it any more. */
  drain(): void {
    this.#isDraining = true;
    for (const [socket, pending] of this.#pending) {
      if (pending.size === 0) socket.destroySoon();
      for (const response of pending) if (!response.headersSent) response.setHeader('connection', 'close');
    }
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const socket of this.#pending.keys()) socket.destroy();
  }
}
