import {RollcallError} from '../core/errors.ts';

/** Where a server is, taken apart so that paths can be put behind it as they are, without being resolved. */
export interface ServerAddress {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path of the base URL, without a slash at its end; empty as a rule. */
  readonly prefix: string;
  /** The base URL's query with its question mark, or nothing. */
  readonly search: string;
}

/** Reads a server's base URL. Fails with `ERR_CONFIG` for what is no http or https URL, or has a user name in it. */
export function parseServerAddress(url: string): ServerAddress {
  const parsed = URL.canParse(url.trim()) ? new URL(url.trim()) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw addressError(`the server's URL is no http or https URL`, 'E.g. http://127.0.0.1:8080.');
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw addressError(
      `the URL of the server at ${parsed.host} carries a user name or password`,
      'Take it out of the URL; a bearer token is given as `server_token`.',
    );
  }
  return {origin: parsed.origin, prefix: parsed.pathname.replace(/\/+$/, ''), search: parsed.search};
}

/** What to ask for at an address: path and query. `path` starts with a slash and is sent as it is. */
export function targetOf({prefix, search}: ServerAddress, path: string): string {
  return `${prefix}${path}${search}`;
}

/** The address as a person would write it, without the query: that may hold a key. */
export function showAddress({origin, prefix}: ServerAddress): string {
  return `${origin}${prefix}`;
}

/** `http://host:port`, with brackets around an IPv6 host. */
export function baseUrlOf(host: string, port: number): string {
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
}

/** Whether two URLs are of one host; what is no URL has none. */
export function areOfOneHost(one: string, other: string): boolean {
  const [first, second] = [one, other].map((url) => (URL.canParse(url) ? new URL(url).hostname : ''));
  return first !== '' && first === second;
}

function addressError(message: string, hint: string): RollcallError {
  return new RollcallError(message, {code: 'ERR_CONFIG', fault: 'config', hint});
}
