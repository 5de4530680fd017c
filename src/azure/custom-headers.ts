import {RollcallError} from '../core/errors.ts';

// Set by the client itself, or by the connection.
const reserved: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
  'x-ms-client-request-id',
]);
// More than ten of its own and the service answers 431 (azure-openai.md §6.5).
const mostHeaders = 10;

/** Configured headers as a flat list of names and values. Fails with `ERR_HEADERS` on what cannot be sent. */
export function checkHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (entries.length > mostHeaders) {
    throw invalid(`there are ${entries.length} headers; the service takes at most ${mostHeaders}`);
  }
  for (const [name, value] of entries) {
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw invalid(`${JSON.stringify(name)} cannot be the name of a header`);
    if (reserved.has(name)) throw invalid(`the header ${name} is set by rollcall itself`);

    if (/[\u0000-\u0008\u000A-\u001F\u007F]|[^\u0000-\u00FF]/.test(value)) {
      throw invalid(`the value of the header ${name} holds characters that no header may have`);
    }
  }
  return entries.flat();
}

function invalid(message: string): RollcallError {
  return new RollcallError(message, {code: 'ERR_HEADERS', fault: 'config', hint: 'Mend `default_headers`.'});
}
