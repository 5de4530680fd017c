import type {IncomingMessage} from 'node:http';
import {CancelledError} from '../../core/errors.ts';
import type {JsonObject} from '../../core/json.ts';
import type {TakeTurn} from '../../runtime/turns.ts';
import {decodeBody} from './decode-body.ts';
import {parseBody} from './parse-body.ts';
import {RequestRefusal} from './request-refusal.ts';
import type {BodyLimits} from './service.ts';

/**
 * A request's body as JSON, whatever its content type says (`curl -d` names a form); undefined for an empty one. Fails with a
 * `RequestRefusal` for what is no object, too big or of an unknown encoding, with a `CancelledError` when the client goes away.
 */
export async function readBody(
  request: IncomingMessage,
  {bytes: limitBytes, values}: BodyLimits,
  takeTurn: TakeTurn,
): Promise<JsonObject | undefined> {
  const chunks: Buffer[] = [];
  await readChunks(request, limitBytes, chunks);
  const bytes = takeAll(chunks);
  if (bytes.length === 0) return undefined;
  const encoding = request.headers['content-encoding'];
  const plain = encoding === undefined ? bytes : await decodeBody(bytes, {encoding, limitBytes});
  if (plain.length === 0) return undefined;
  if (plain.length > slowBytes) await takeTurn();
  return parseBody(plain, values);
}

// What takes some milliseconds to parse, to convert and to write again.
const slowBytes = 262_144;

/** The refusal of a body beyond the limit, as it came or unpacked. */
export function bodyTooLarge(
  limitBytes: number,
  headers: Readonly<Record<string, string>> = {},
): RequestRefusal {
  const message = `The request's body is larger than the ${limitBytes} bytes that this server takes.`;
  return new RequestRefusal(message, {status: 413, code: 'request_too_large', headers});
}

/** Fills `chunks`, which is the caller's to empty: what it would resolve with, the request's listeners would keep to the answer's end. */
function readChunks(request: IncomingMessage, limitBytes: number, chunks: Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const {headers} = request;
    if (Number(headers['content-length'] ?? 0) > limitBytes) {
      // The platform reads what comes of it to nothing, so that its sender gets to the answer; who waited to be asked sends
      // nothing, and the next request would be taken for it.
      reject(bodyTooLarge(limitBytes, headers.expect === undefined ? {} : {connection: 'close'}));
      return;
    }
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(bodyTooLarge(limitBytes));
    });
    request.on('end', resolve);
    // Every request closes; an error with its stack is only worth its price for those that were cut off.
    const onClose = (): void => {
      if (!request.complete) reject(new CancelledError('the client went away'));
    };
    request.on('error', onClose).on('close', onClose);
  });
}

function takeAll(chunks: Buffer[]): Buffer {
  const taken = chunks.splice(0);
  const [first] = taken;
  return first !== undefined && taken.length === 1 ? first : Buffer.concat(taken);
}
