import type {IncomingMessage} from 'node:http';

// What Azure's gateway takes.
const mostBytes = 26_214_400;

/** Hands over a request's body when it is there; undefined when it is larger than the service takes. Never calls when the client gives up. */
export function readBody(request: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    const [only, ...others] = chunks;
    if (bytes > mostBytes) done(undefined);
    else done(only !== undefined && others.length === 0 ? only : Buffer.concat(chunks));
  });
}
