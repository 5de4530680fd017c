import type {Clock} from '../core/clock.ts';
import {CallError, RollcallError} from '../core/errors.ts';
import {defaultTokenProvider} from './entra-token-provider.ts';
import type {CredentialKind} from './error-hints.ts';
import {TokenCache, type TokenProvider} from './token-cache.ts';

/** How configuration says to sign in; exactly one of the four. */
export interface CredentialSettings {
  readonly apiKey?: string | undefined;
  /** Name of the key's header, for gateways that want another than `api-key`. */
  readonly apiKeyHeader?: string | undefined;
  /** What stands before the key in its header, as in `Bearer `. */
  readonly apiKeyPrefix?: string | undefined;
  /** A token that somebody else keeps fresh. */
  readonly bearerToken?: string | undefined;
  readonly entra?: {readonly scope: string} | undefined;
  /** Each call is signed with the `authorization` of whoever asks for it. */
  readonly passthrough?: boolean | undefined;
}

export interface CredentialDeps {
  readonly clock: Clock;
  /** Told every value that signs a request, before it is used: never to be shown. */
  readonly onSecret: (value: string) => void;
  /** Stands in for `@azure/identity`. */
  readonly tokenProvider?: TokenProvider | undefined;
}

/** The header that signs one request. */
export interface SignedHeader {
  readonly name: string;
  readonly value: string;
}

/** Signs requests to one resource. */
export interface Credentials {
  readonly kind: CredentialKind;
  /**
   * At once for keys; a promise while a token is fetched. Fails with `ERR_MODEL_AUTH` if none can be had.
   * `authorization` is the caller's own, for credentials that pass it on.
   */
  sign(authorization?: string): SignedHeader | Promise<SignedHeader>;
  /** Told of a 401; whether another header can be had, so that one more try makes sense. */
  refuse(header: SignedHeader): boolean;
}

/** Checks the settings and makes the signer out of them; what is wrong is a `RollcallError` (`ERR_CREDENTIALS`). */
export function createCredentials(settings: CredentialSettings, deps: CredentialDeps): Credentials {
  const {apiKey, bearerToken, entra, passthrough} = settings;
  const given = [
    apiKey === undefined ? undefined : '`openai_api_key`',
    bearerToken === undefined ? undefined : 'a bearer token',
    entra === undefined ? undefined : 'Entra ID',
    passthrough === true ? 'the caller’s own' : undefined,
  ].filter((name) => name !== undefined);
  if (given.length > 1)
    throw invalid(`credentials are given twice: ${given.join(' and ')}`, 'Keep one of them.');
  if (apiKey !== undefined) {
    const prefix = checkPrefix(settings.apiKeyPrefix ?? '');
    const value = checkSecret(withoutPrefix(apiKey, prefix), '`openai_api_key`', deps);
    const name = checkHeaderName(settings.apiKeyHeader ?? 'api-key');
    return fixed('api-key', {name, value: prefix + value});
  }
  if (bearerToken !== undefined) {
    const token = checkSecret(bearerToken.trim().replace(/^bearer\s+/i, ''), 'the bearer token', deps);
    return fixed('bearer', {name: 'authorization', value: `Bearer ${token}`});
  }
  if (entra !== undefined) return entraCredentials(entra.scope, deps);
  if (passthrough === true) return passedOn;
  throw invalid(
    'no credentials are configured',
    'Set `openai_api_key` (`policy_api_key` in env.yaml), or sign in with Entra ID.',
  );
}

/** The token scope of the cloud that a host belongs to. */
export function defaultScope(origin: string): string {
  const cloud = /\.azure\.(us|cn)$/.exec(new URL(origin).hostname)?.[1] ?? 'com';
  return `https://cognitiveservices.azure.${cloud}/.default`;
}

function fixed(kind: CredentialKind, header: SignedHeader): Credentials {
  return {kind, sign: () => header, refuse: () => false};
}

const passedOn: Credentials = {
  kind: 'passthrough',
  sign(authorization) {
    if (authorization === undefined || authorization.trim() === '') throw noAuthorization();
    return {name: 'authorization', value: authorization};
  },
  refuse: () => false,
};

function noAuthorization(): CallError {
  const message =
    'The request has no authorization header, and this deployment is called with its caller’s own';
  return new CallError(message, {
    code: 'ERR_MODEL_AUTH',
    fault: 'model',
    effect: 'rollout',
    hint: 'Send `authorization: Bearer …` with a key or a token of the Azure resource.',
    httpStatus: 401,
    body: {error: {message, type: 'authentication_error', code: 'missing_authorization', param: null}},
  });
}

function entraCredentials(scope: string, {clock, onSecret, tokenProvider}: CredentialDeps): Credentials {
  const cache = new TokenCache(tokenProvider ?? defaultTokenProvider(scope), {clock, onSecret});
  let last: SignedHeader | undefined;
  const toHeader = (token: string): SignedHeader => {
    const value = `Bearer ${token}`;
    // One object a token: thousands of calls share it.
    if (last?.value !== value) last = {name: 'authorization', value};
    return last;
  };
  return {
    kind: 'entra',
    sign() {
      const token = cache.take();
      return typeof token === 'string' ? toHeader(token) : token.then(toHeader);
    },
    refuse({value}) {
      cache.drop(value.slice('Bearer '.length));
      return true;
    },
  };
}

/** Keys come with a newline or quotes from files and shells; what is left must be able to stand in a header. */
function checkSecret(given: string, name: string, {onSecret}: CredentialDeps): string {
  const value = given
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim();
  if (value === '') throw invalid(`${name} is empty`, 'Set it in env.yaml or in the environment.');
  onSecret(value);
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw invalid(
    `${name} holds characters that no key has (blanks, line breaks or letters beyond ASCII)`,
    'Copy it again from the Azure portal, under Keys and Endpoint.',
  );
}

/** A key that was copied with its prefix has it once all the same. */
function withoutPrefix(key: string, prefix: string): string {
  const text = key.trim();
  const isThere = prefix !== '' && text.toLowerCase().startsWith(prefix.toLowerCase());
  return isThere ? text.slice(prefix.length) : text;
}

function checkPrefix(prefix: string): string {
  if (/^([!-~][ -~]*)?$/.test(prefix)) return prefix;
  throw invalid(
    `${JSON.stringify(prefix)} cannot stand before a key in a header`,
    'As a rule it is `Bearer ` or nothing.',
  );
}

function checkHeaderName(name: string): string {
  if (/^[!#$%&'*+\-.^_`|~0-9a-z]+$/i.test(name)) return name.toLowerCase();
  throw invalid(`${JSON.stringify(name)} cannot be the name of a header`, 'As a rule it is `api-key`.');
}

function invalid(message: string, hint: string): RollcallError {
  return new RollcallError(message, {code: 'ERR_CREDENTIALS', fault: 'config', hint});
}
