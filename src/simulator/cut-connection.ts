import type {ServerResponse} from 'node:http';

/** Breaks off a reply: the client gets what was written, and then sees the connection end too early. */
export function cutConnection(response: ServerResponse): void {
  if (response.socket === null) response.destroy();
  else response.socket.destroySoon();
}

/** Breaks off an exchange without a reply, as a service does that goes down. */
export function resetConnection(response: ServerResponse): void {
  if (response.socket === null) response.destroy();
  else response.socket.resetAndDestroy();
}

/** Says that nothing more will be sent, and goes on listening. */
export function halfClose(response: ServerResponse): void {
  if (response.socket === null) response.destroy();
  else response.socket.end();
}
