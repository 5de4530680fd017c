import {describe, expect, it} from 'vitest';
import {type CredentialSettings, createCredentials, defaultScope} from '../../src/azure/credentials.ts';
import type {AccessToken} from '../../src/azure/token-cache.ts';
import {createFakeClock} from '../helpers/fake-clock.ts';

const minute = 60_000;

describe('a key', () => {
  it.each([
    [{apiKey: 'key-123'}, {name: 'api-key', value: 'key-123'}],
    [{apiKey: ' "key-123"\n'}, {name: 'api-key', value: 'key-123'}],
    [
      {apiKey: 'k-123', apiKeyHeader: 'Ocp-Apim-Subscription-Key'},
      {name: 'ocp-apim-subscription-key', value: 'k-123'},
    ],
    [
      {apiKey: 'k-123', apiKeyHeader: 'Authorization', apiKeyPrefix: 'Bearer '},
      {name: 'authorization', value: 'Bearer k-123'},
    ],
    [
      {apiKey: 'bearer k-123', apiKeyHeader: 'Authorization', apiKeyPrefix: 'Bearer '},
      {name: 'authorization', value: 'Bearer k-123'},
    ],
    [
      {apiKey: 'k-123', apiKeyHeader: 'X_Team.Key'},
      {name: 'x_team.key', value: 'k-123'},
    ],
    [{bearerToken: 'tok-1'}, {name: 'authorization', value: 'Bearer tok-1'}],
    [{bearerToken: 'bearer tok-1'}, {name: 'authorization', value: 'Bearer tok-1'}],
  ])('of %j signs with %j, and is told as a secret', (settings, header) => {
    const {credentials, secrets} = make(settings);
    expect(credentials.sign()).toEqual(header);
    expect(secrets).toEqual([header.value.replace('Bearer ', '')]);
    expect(credentials.refuse(header)).toBe(false);
  });

  it.each([
    [{}, /no credentials/],
    [{apiKey: '  '}, /empty/],
    [{apiKey: 'two words'}, /no key has/],
    [{apiKey: 'line\nbreak'}, /no key has/],
    [{apiKey: 'schlüssel'}, /no key has/],
    [{apiKey: 'a-key', bearerToken: 'b-token'}, /twice/],
    [{apiKey: 'a-key', entra: {scope: 's'}}, /twice/],
    [{apiKey: 'a-key', apiKeyHeader: 'x y'}, /header/],
    [{apiKey: 'a-key', apiKeyHeader: 'x:y'}, /header/],
    [{apiKey: 'a-key', apiKeyPrefix: 'Bearer\n'}, /header/],
    [{apiKey: 'a-key', passthrough: true}, /twice/],
  ] satisfies [CredentialSettings, RegExp][])(
    'of %j is refused without being repeated',
    (settings, message) => {
      let error: unknown;
      try {
        make(settings);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({
        code: 'ERR_CREDENTIALS',
        fault: 'config',
        message: expect.stringMatching(message) as string,
      });
      expect(JSON.stringify(error)).not.toMatch(/schlüssel|two words|a-key|b-token/);
    },
  );
});

describe('the caller’s own key', () => {
  it('signs as it came', () => {
    const {credentials, secrets} = make({passthrough: true});
    const header = {name: 'authorization', value: 'Bearer theirs'};
    expect(credentials.sign('Bearer theirs')).toEqual(header);
    expect([credentials.kind, secrets, credentials.refuse(header)]).toEqual(['passthrough', [], false]);
  });

  it.each([undefined, '', '  '])('that is not there (%j) is asked for', (authorization) => {
    const {credentials} = make({passthrough: true});
    expect(() => credentials.sign(authorization)).toThrow(
      expect.objectContaining({
        ...{code: 'ERR_MODEL_AUTH', httpStatus: 401, effect: 'rollout'},
        body: {error: expect.objectContaining({code: 'missing_authorization'}) as object},
      }) as Error,
    );
  });
});

describe('a token of Entra ID', () => {
  it('is fetched once for all who ask at the same time', async () => {
    const {credentials, fetches, secrets} = make({entra: {scope: 's'}});
    const headers = await Promise.all([credentials.sign(), credentials.sign(), credentials.sign()]);
    expect(headers.map(({value}) => value)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-1']);
    expect(fetches()).toBe(1);
    expect(secrets).toEqual(['token-1']);
    expect(credentials.sign()).toBe(headers[0]);
  });

  it('is renewed when it has less than five minutes to live', async () => {
    const {credentials, clock} = make({entra: {scope: 's'}});
    await credentials.sign();
    await clock.advance(55 * minute);
    expect(credentials.sign()).toEqual({name: 'authorization', value: 'Bearer token-1'});
    await clock.advance(1);
    expect((await credentials.sign()).value).toBe('Bearer token-2');
  });

  it('is used on while it lives when no other can be had, and fails after', async () => {
    const {credentials, clock, failWith} = make({entra: {scope: 's'}});
    await credentials.sign();
    failWith(Object.assign(new Error('no network'), {code: 'ENOTFOUND'}));
    await clock.advance(56 * minute);
    expect((await credentials.sign()).value).toBe('Bearer token-1');
    await clock.advance(5 * minute);
    await expect(credentials.sign()).rejects.toMatchObject({code: 'ERR_MODEL_AUTH', effect: 'retry'});
    failWith(undefined);
    expect((await credentials.sign()).value).toBe('Bearer token-2');
  });

  it('is fetched anew after a refusal, once for all who were refused', async () => {
    const {credentials, fetches} = make({entra: {scope: 's'}});
    const header = await credentials.sign();
    expect(credentials.refuse(header)).toBe(true);
    expect((await credentials.sign()).value).toBe('Bearer token-2');
    credentials.refuse(header);
    expect((await credentials.sign()).value).toBe('Bearer token-2');
    expect(fetches()).toBe(2);
  });

  it('that nobody gives ends the run, without the library’s own words', async () => {
    const {credentials, failWith} = make({entra: {scope: 's'}});
    const failure = new Error('secret details');
    failure.name = 'CredentialUnavailableError';
    failWith(failure);
    const rejected = expect(credentials.sign()).rejects;
    await rejected.toMatchObject({
      code: 'ERR_MODEL_AUTH',
      effect: 'run',
      hint: expect.stringContaining('az login') as string,
    });
    await expect(credentials.sign()).rejects.not.toThrow(/secret/);
  });
});

describe('defaultScope', () => {
  it.each([
    ['https://r.openai.azure.com', 'https://cognitiveservices.azure.com/.default'],
    ['https://r.openai.azure.us', 'https://cognitiveservices.azure.us/.default'],
    ['https://gw.example.org', 'https://cognitiveservices.azure.com/.default'],
  ])('of %s is %s', (origin, scope) => {
    expect(defaultScope(origin)).toBe(scope);
  });
});

function make(settings: CredentialSettings) {
  const clock = createFakeClock();
  const secrets: string[] = [];
  let count = 0;
  let failure: Error | undefined;
  const tokenProvider = (): Promise<AccessToken> => {
    if (failure !== undefined) return Promise.reject(failure);
    count++;
    return Promise.resolve({token: `token-${String(count)}`, expiresAtMs: clock.now() + 60 * minute});
  };
  const onSecret = (value: string) => secrets.push(value);
  return {
    clock,
    secrets,
    fetches: () => count,
    failWith: (error: Error | undefined) => (failure = error),
    credentials: createCredentials(settings, {clock, onSecret, tokenProvider}),
  };
}
