import type {HeaderList} from '../wire/reply.ts';
import {isSecretHeader, isSecretParameter} from './secret-names.ts';

/** What passes in one direction. */
export interface SecretSource {
  readonly headers: HeaderList;
  /** Of the request's target. */
  readonly query?: string | undefined;
  readonly body: Buffer;
}

// Shorter values are words of ordinary text; to take those out would tear it up and protect nothing.
const shortestInHeader = 6;
const shortestInBody = 16;

/**
 * The credentials in what passes: values of headers and query parameters that are named like one, of cookies, and of
 * signed URLs wherever they stand.
 */
export function findSecrets({headers, query = '', body}: SecretSource): ReadonlySet<string> {
  const found = new Set<string>();
  const keep = (values: Iterable<string>, shortest: number): void => {
    for (const value of values) if (value.length >= shortest) found.add(value);
  };
  for (let at = 0; at < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2);
    keep(isSecretHeader(name) ? partsOf(name, value) : inUrls(value), shortestInHeader);
  }
  keep(inQuery(query), shortestInHeader);
  keep(inUrls(body.toString('latin1')), shortestInBody);
  return found;
}

/** A secret header's value, and what in it is secret by itself: the token behind a scheme, a cookie's value, a password. */
function partsOf(name: string, value: string): readonly string[] {
  if (/cookie/i.test(name)) return cookieValues(name, value);
  const whole = value.trim();
  const space = whole.search(/\s/);
  if (space < 0) return [whole];
  const credential = whole.slice(space).trim();
  if (whole.slice(0, space).toLowerCase() !== 'basic') return [whole, credential];
  const pair = Buffer.from(credential, 'base64').toString();
  return [whole, credential, pair, pair.slice(pair.indexOf(':') + 1)];
}

function cookieValues(name: string, value: string): readonly string[] {
  // Behind the first pair of a set-cookie stand its attributes.
  const pairs = name.toLowerCase().startsWith('set-') ? value.split(';').slice(0, 1) : value.split(';');
  return pairs.map((pair) =>
    pair
      .slice(pair.indexOf('=') + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1'),
  );
}

function inQuery(query: string): readonly string[] {
  const pairs = query.split(/[&;]/).map((pair) => [pair, ...pair.split('=', 1)]);
  return pairs.flatMap(([pair = '', name = '']) => secretValue(name, pair.slice(name.length + 1)));
}

/** The value of a parameter, if its name says that it is secret: as it stands there, and as it is meant. */
function secretValue(name: string, value: string): readonly string[] {
  return isSecretParameter(decoded(name)) ? [value, decoded(value)] : [];
}

// Up to the quote, blank or bracket behind it. In JSON a slash or an ampersand may be written as an escape.
const url = /https?:(?:\/\/|\\\/\\\/)[^\s"'<>`]+/gi;
const parameter = /(?:[?&;]|\\u0026)([\w.~%-]+)=([^&#;\s"'<>\\)\]}]+)/g;
const userinfo = /^https?:[\\/]+[^/?#@\\]*:([^/?#@\\]+)@/i;
const longestUserinfo = 500;

function inUrls(text: string): readonly string[] {
  const values: string[] = [];
  for (const [address] of text.matchAll(url)) {
    const password = userinfo.exec(address.slice(0, longestUserinfo))?.[1];
    if (password !== undefined) values.push(password, decoded(password));
    for (const [, name = '', value = ''] of address.matchAll(parameter))
      values.push(...secretValue(name, value));
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
