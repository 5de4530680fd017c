import {type IncomingMessage, request} from 'node:http';

export interface RawRequest {
  readonly method?: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface RawReply {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn, without those of the connection and the date. */
  readonly headers: readonly string[];
  readonly chunks: readonly string[];
  readonly ending: 'end' | 'cut';
}

const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** One exchange on a connection of its own, as a client sees it; `reset` if the connection ends before a reply. */
export function rawExchange(
  url: string,
  {method = 'POST', target, headers, body}: RawRequest,
): Promise<RawReply | 'reset'> {
  return new Promise((resolve) => {
    const {hostname, port} = new URL(url);
    const sent = request({hostname, port, path: target, method, headers, agent: false}, (response) => {
      const chunks: string[] = [];
      const finish = (ending: RawReply['ending']): void =>
        resolve({
          status: response.statusCode ?? 0,
          statusText: response.statusMessage ?? '',
          headers: lasting(response),
          chunks,
          ending,
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk.toString('latin1')));
      response.on('end', () => finish('end'));
      response.on('error', () => finish('cut'));
    });
    sent.on('error', () => resolve('reset'));
    sent.end(body);
  });
}

function lasting({rawHeaders}: IncomingMessage): readonly string[] {
  return rawHeaders.flatMap((name, at) =>
    at % 2 === 1 || ofConnection.has(name.toLowerCase())
      ? []
      : [name.toLowerCase(), rawHeaders[at + 1] ?? ''],
  );
}
