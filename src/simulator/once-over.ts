import type {IncomingMessage, ServerResponse} from 'node:http';

/**
 * Calls back once when an exchange is over, sent or not. A reply that waits behind another on its connection does not
 * hear of the connection's end by itself.
 */
export function onceOver({socket}: IncomingMessage, response: ServerResponse, callback: () => void): void {
  const isQueued = response.socket === null;
  const over = (): void => {
    if (isQueued) {
      response.off('close', over);
      socket.off('close', over);
    }
    callback();
  };
  response.once('close', over);
  if (isQueued) socket.setMaxListeners(0).once('close', over);
}
