import {once} from 'node:events';
import {connect, type Socket} from 'node:net';

/** A bare connection to a server, for what no HTTP client would send. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket;
  /** All that has come so far. */
  text(): string;
  /** Resolves when what has come matches, or fails when the server ends the connection first. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with all that came when the connection is closed. */
  closed(): Promise<string>;
}

export async function openRaw({port}: {readonly port: number}): Promise<RawClient> {
  const socket = connect({port, host: '127.0.0.1'});
  let received = '';
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => (isClosed = true));
  await once(socket, 'connect');
  const client: RawClient = {
    socket,
    text: () => received,
    async until(pattern) {
      while (!pattern.test(received)) {
        if (isClosed) throw new Error(`closed after ${JSON.stringify(received)}`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
      return received;
    },
    async closed() {
      if (!isClosed) await once(socket, 'close');
      return received;
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await client.closed();
    },
  };
  return client;
}

/** Sends bytes and reads until the server closes the connection, or until `pattern` has come. */
export async function exchangeRaw(
  server: {readonly port: number},
  bytes: string | Uint8Array,
  pattern?: RegExp,
): Promise<string> {
  await using client = await openRaw(server);
  client.socket.write(bytes);
  return pattern === undefined ? await client.closed() : await client.until(pattern);
}

/** The JSON body of a raw answer. */
export function bodyOf(answer: string): unknown {
  return JSON.parse(Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1').toString('utf8'));
}
