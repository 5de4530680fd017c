import type {IncomingHttpHeaders} from 'node:http';
import type {HeaderList} from '../wire/reply.ts';
import {isSecretHeader} from './secret-names.ts';

// Of one connection only (RFC 9110, 7.6.1).
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
// Said anew by whoever sends on.
const saidAnew: ReadonlySet<string> = new Set(['host', 'content-length', 'expect', 'accept-encoding']);

/**
 * A client's headers as they are sent on. A reply is asked for as it is, not compressed, so that what passes can be read.
 * `doorToken` opened our own door and goes no further.
 */
export function toUpstreamHeaders(headers: HeaderList, doorToken: string | undefined): string[] {
  const listed = listedIn(headers);
  const passed = filterHeaders(headers, (name, value) => {
    if (ofConnection.has(name) || saidAnew.has(name) || listed.has(name)) return false;
    return doorToken === undefined || !isDoorToken(name, value, doorToken);
  });
  return [...passed, 'accept-encoding', 'identity'];
}

/** A reply's headers as the client gets them. A list of values is as many headers. */
export function toClientHeaders(headers: IncomingHttpHeaders): HeaderList {
  const flat = Object.entries(headers).flatMap(([name, value = '']) =>
    [value].flat().flatMap((each) => [name, each]),
  );
  const listed = listedIn(flat);
  return filterHeaders(flat, (name) => !ofConnection.has(name) && !listed.has(name));
}

/** A reply's headers as they are kept: without credentials, and without what the replay says itself. */
export function toRecordedHeaders(headers: HeaderList): HeaderList {
  return filterHeaders(headers, (name) => name !== 'date' && !isSecretHeader(name));
}

/** The first value of a header; its name in lower case. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  const at = headers.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

/** The headers whose lower-case name and value `keeps` approves of. */
export function filterHeaders(
  headers: HeaderList,
  keeps: (name: string, value: string) => boolean,
): readonly string[] {
  const kept: string[] = [];
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2);
    if (keeps(name.toLowerCase(), value)) kept.push(name, value);
  }
  return kept;
}

/** `Connection` may name more headers that are meant for one connection. */
function listedIn(headers: HeaderList): ReadonlySet<string> {
  const value = headerOf(headers, 'connection') ?? '';
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()));
}

function isDoorToken(name: string, value: string, token: string): boolean {
  if (name === 'api-key') return value === token;
  return name === 'authorization' && value.replace(/^bearer\s+/i, '').trim() === token;
}
