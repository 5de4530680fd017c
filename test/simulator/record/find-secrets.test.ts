import {describe, expect, it} from 'vitest';
import {findSecrets} from '../../../src/simulator/record/find-secrets.ts';
import {isSecretHeader, isSecretParameter} from '../../../src/simulator/record/secret-names.ts';

const none = Buffer.alloc(0);
const signature = 'c2lnbmF0dXJlLWNhbmFyeQ%3D%3D';
const signed = `https://x.blob.core.windows.net/c/b.png?sv=2024&sig=${signature}&se=2026`;
const ofSigned = [signature, decodeURIComponent(signature)];

describe('the secrets of what passes', () => {
  it.each([
    {name: 'a key', headers: ['api-key', 'canary-1'], found: ['canary-1']},
    {name: 'a key of a gateway', headers: ['Ocp-Apim-Subscription-Key', 'canary-1'], found: ['canary-1']},
    {name: 'a token', headers: ['Authorization', 'Bearer canary-1'], found: ['Bearer canary-1', 'canary-1']},
    {
      name: 'a password',
      headers: ['authorization', `Basic ${Buffer.from('user:canary-1').toString('base64')}`],
      found: ['Basic dXNlcjpjYW5hcnktMQ==', 'dXNlcjpjYW5hcnktMQ==', 'user:canary-1', 'canary-1'],
    },
    {name: 'cookies', headers: ['cookie', 'a=canary-1; b="canary-2"; c=1'], found: ['canary-1', 'canary-2']},
    {
      name: 'a set cookie',
      headers: ['set-cookie', 'a=canary-1; Path=/openai/v1; HttpOnly'],
      found: ['canary-1'],
    },
    {name: 'a signed URL in a header', headers: ['location', signed], found: ofSigned},
    {
      name: 'no ordinary header',
      headers: ['x-ratelimit-remaining-tokens', '123456', 'x-ms-region', 'East US'],
      found: [],
    },
    {name: 'nothing shorter than six characters', headers: ['api-key', 'short'], found: []},
  ])('of headers: $name', ({headers, found}) => {
    expect([...findSecrets({headers, body: none})]).toEqual(found);
  });

  it.each([
    {query: 'api-version=2024-10-21&subscription-key=canary-1', found: ['canary-1']},
    {query: 'code=canary%2F1&x=1', found: ['canary%2F1', 'canary/1']},
    {query: 'access%5Ftoken=canary-1', found: ['canary-1']},
    {query: 'api-version=2025-04-01-preview&model=gpt-4o&limit=100000', found: []},
  ])('of a query: $query', ({query, found}) => {
    expect([...findSecrets({headers: [], query, body: none})]).toEqual(found);
  });

  it.each([
    {name: 'a signed URL', body: JSON.stringify({image_url: {url: signed}}), found: ofSigned},
    {
      name: 'one with escapes',
      body: JSON.stringify({url: signed}).replaceAll('/', '\\/').replaceAll('&', '\\u0026'),
      found: ofSigned,
    },
    {
      name: 'a password in a URL',
      body: 'see https://me:canary-password-1@host/x',
      found: ['canary-password-1'],
    },
    {name: 'no name and value outside a URL', body: 'key=canary-canary-canary', found: []},
    {name: 'no short word in a URL', body: 'https://example.com/?code=default', found: []},
  ])('of a body: $name', ({body, found}) => {
    expect([...findSecrets({headers: [], body: Buffer.from(body)})]).toEqual(found);
  });
});

describe('names of secrets', () => {
  it.each([
    'api-key',
    'Authorization',
    'X-Functions-Key',
    'cookie',
    'Set-Cookie',
    'x-auth-token',
    'Proxy-Authorization',
  ])('%s is a header with one', (name) => expect(isSecretHeader(name)).toBe(true));

  it.each([
    'x-ratelimit-limit-tokens',
    'apim-request-id',
    'x-ms-client-request-id',
    'retry-after',
    'www-authenticate',
  ])('%s is none', (name) => expect(isSecretHeader(name)).toBe(false));

  it.each(['sig', 'code', 'key', 'subscription-key', 'accessToken', 'X-Amz-Signature', 'client_secret'])(
    '%s is a parameter with one',
    (name) => expect(isSecretParameter(name)).toBe(true),
  );

  it.each(['api-version', 'model', 'limit', 'max_tokens', 'order', 'encode', 'monkey'])(
    '%s is none',
    (name) => expect(isSecretParameter(name)).toBe(false),
  );
});
