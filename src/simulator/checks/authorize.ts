import type {IncomingHttpHeaders} from 'node:http';
import {azureError, gatewayError} from '../wire/azure-error.ts';
import type {WholeReply} from '../wire/reply.ts';

/** How a request showed who it is; the ledger keeps this, never the key. */
export type AuthKind = 'api-key' | 'bearer' | 'none';

export interface Credentials {
  readonly keys: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
  readonly allowAny: boolean;
}

/** Layer "auth": which header carried the credential. `api-key` wins where both are present. */
export function authKind(headers: IncomingHttpHeaders): AuthKind {
  if (headers['api-key'] !== undefined) return 'api-key';
  return headers.authorization === undefined ? 'none' : 'bearer';
}

/** Layer "auth": the 401, unless the credential is one we know. A key is taken as a bearer token as well. */
export function refuseUnknown(
  headers: IncomingHttpHeaders,
  credentials: Credentials,
): WholeReply | undefined {
  const key = headers['api-key'];
  if (typeof key === 'string')
    return credentials.keys.has(key) || (credentials.allowAny && key !== '') ? undefined : wrongKey();
  const token = bearerToken(headers.authorization);
  if (token === undefined) return wrongToken();
  const known = credentials.allowAny || credentials.tokens.has(token) || credentials.keys.has(token);
  return known ? undefined : wrongToken();
}

/** The token of an `Authorization: Bearer` header; undefined when there is none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  return authorization.slice(7).trim() || undefined;
}

function wrongKey(): WholeReply {
  return azureError(
    401,
    'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
    {code: '401'},
  );
}

function wrongToken(): WholeReply {
  return gatewayError(
    401,
    'Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired.',
  );
}
