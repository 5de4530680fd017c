import {canonicalJson} from '../../core/canonical-json.ts';
import {parseExactJson} from '../../core/exact-json.ts';
import {isDeeperThan, type JsonValue} from '../../core/json.ts';
import {digest} from '../generation/request-hash.ts';
import {isSecretParameter} from './secret-names.ts';

/** What tells one request from another. */
export interface RequestIdentity {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
}

/**
 * 64 hex digits that are the same for requests that ask the same: method, path, query without its order and its
 * credentials, and the body, as JSON without the order of keys and the white space, or else byte for byte.
 */
export function requestKey({method, path, query, body}: RequestIdentity): string {
  const parameters = normalQuery(path, query).map((pair) => pair.map(encodeURIComponent).join('='));
  return digest(`${method} ${normalPath(path)}?${parameters.join('&')}\n${normalBody(body)}`);
}

/** The path with each segment escaped in one way: `gpt%2D4o` is `gpt-4o`. */
export function normalPath(path: string): string {
  return path.split('/').map(normalSegment).join('/');
}

/** Names and values in order, without credentials. On the v1 surface `api-version=v1` says nothing. */
export function normalQuery(path: string, query: string): readonly (readonly [string, string])[] {
  return [...new URLSearchParams(query)]
    .filter(([name]) => !isSecretParameter(name))
    .map(([name, value]): [string, string] =>
      name.toLowerCase() === 'api-version' ? ['api-version', value.toLowerCase()] : [name, value],
    )
    .filter(([name, value]) => !(name === 'api-version' && value === 'v1' && path.startsWith('/openai/v1/')))
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
}

/** The body as JSON, integers exact; undefined if it is none, or nested beyond reason. */
export function readJsonBody(body: Buffer): JsonValue | undefined {
  try {
    const value = parseExactJson(body.toString()) as JsonValue;
    return isDeeperThan(value, mostLevels) ? undefined : value;
  } catch {
    return undefined;
  }
}

const mostLevels = 200;

function normalSegment(segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment));
  } catch {
    return segment;
  }
}

function normalBody(body: Buffer): string {
  if (body.length === 0) return '';
  const json = readJsonBody(body);
  return json === undefined ? `bytes ${digest(body)}` : `json ${canonicalJson(json)}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
