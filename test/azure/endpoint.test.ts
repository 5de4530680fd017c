import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type EndpointInput, endpointSecrets, normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {redactUrl, renderUrl} from '../../src/azure/render-url.ts';
import {RollcallError} from '../../src/core/errors.ts';

const host = 'https://res.openai.azure.com';
const dated = '2024-10-21';

function urlOf(
  input: EndpointInput | string,
  operation: Parameters<typeof renderUrl>[1] = 'chat/completions',
): string {
  const endpoint = normalizeEndpoint(typeof input === 'string' ? {baseUrl: input, model: 'dep'} : input);
  return renderUrl(endpoint, endpoint.operation ?? operation, endpoint.deployment ?? 'dep');
}

describe('what people paste', () => {
  const chat = `${host}/openai/deployments/dep/chat/completions?api-version=${dated}`;
  it.each([
    [host],
    [`${host}/`],
    [`${host}//`],
    [`  "${host}"  `],
    [`'${host}/openai'`],
    [`<${host}>`],
    ['res.openai.azure.com'],
    ['//res.openai.azure.com/'],
    ['https:/res.openai.azure.com'],
    ['HTTPS://RES.openai.azure.com'],
    [`${host}/openai/`],
    [`${host}//openai//`],
    [`${host}/openai/deployments/dep`],
    [`${host}/openai/deployments`],
    [`${host}/openai/deployments/dep/`],
    [`${host}/deployments/dep`],
    [`${host}/openai/deployments/dep/chat/completions?api-version=2023-05-15`],
    [`${host}/openai/deployments/dep/completions`],
    [`${host}/openai/chat/completions#section`],
  ])('reads %s as the dated surface of the resource', (baseUrl) => {
    expect(urlOf({baseUrl, model: 'dep', apiVersion: dated})).toBe(chat);
  });

  it.each([
    [`${host}/openai/v1`, `${host}/openai/v1/chat/completions`],
    [`${host}/openai/v1/`, `${host}/openai/v1/chat/completions`],
    [`${host}/v1`, `${host}/openai/v1/chat/completions`],
    [`${host}/openai/v1/chat/completions`, `${host}/openai/v1/chat/completions`],
    [`${host}/openai/v1/?api-version=preview`, `${host}/openai/v1/chat/completions?api-version=preview`],
    [
      `${host}/openai/responses?api-version=2025-04-01-preview`,
      `${host}/openai/responses?api-version=2025-04-01-preview`,
    ],
    [`${host}/openai/v1/responses`, `${host}/openai/v1/responses`],
    [
      `${host}/openai/deployments/my%20dep/embeddings?api-version=${dated}`,
      `${host}/openai/deployments/my%20dep/embeddings?api-version=${dated}`,
    ],
    [
      'https://f.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview',
      'https://f.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview',
    ],
    [
      'f.services.ai.azure.com/models',
      'https://f.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview',
    ],
    [
      'https://f.services.ai.azure.com/api/projects/p',
      'https://f.services.ai.azure.com/openai/v1/chat/completions',
    ],
    [
      'https://f.services.ai.azure.com/api/projects/p/openai/v1',
      'https://f.services.ai.azure.com/api/projects/p/openai/v1/chat/completions',
    ],
    [
      'https://westeurope.api.cognitive.microsoft.com',
      'https://westeurope.api.cognitive.microsoft.com/openai/v1/chat/completions',
    ],
    ['https://res.openai.azure.us/openai/v1', 'https://res.openai.azure.us/openai/v1/chat/completions'],
    ['localhost:8080', 'http://localhost:8080/openai/v1/chat/completions'],
    ['127.0.0.1:9/openai/v1', 'http://127.0.0.1:9/openai/v1/chat/completions'],
    ['[::1]:9', 'http://[::1]:9/openai/v1/chat/completions'],
    ['localhost.example.org', 'https://localhost.example.org/openai/v1/chat/completions'],
    ['https://gw.azure-api.net/team/openai/v1', 'https://gw.azure-api.net/team/openai/v1/chat/completions'],
    ['https://gw.azure-api.net/a/b', 'https://gw.azure-api.net/a/b/openai/v1/chat/completions'],
    [
      'https://gw.azure-api.net/api/deployments/dep/chat/completions',
      `https://gw.azure-api.net/api/deployments/dep/chat/completions?api-version=${dated}`,
    ],
    ['https://llm.example.org/v1', 'https://llm.example.org/v1/chat/completions'],
    ['https://llm.example.org/team/chat/completions', 'https://llm.example.org/team/chat/completions'],
  ])('reads %s as %s', (baseUrl, url) => {
    expect(urlOf({baseUrl, ...(baseUrl.includes('my%20dep') ? {} : {model: 'dep'})})).toBe(url);
  });

  it('keeps a deployment that is called openai', () => {
    const baseUrl = `${host}/openai/deployments/openai/chat/completions?api-version=${dated}`;
    expect(normalizeEndpoint({baseUrl}).deployment).toBe('openai');
    expect(urlOf({baseUrl})).toBe(baseUrl);
  });

  it('remembers deployment, operation and version of a target URI', () => {
    const baseUrl = `${host}/openai/deployments/gpt%2B4o/chat/completions?api-version=2024-12-01-preview`;
    expect(normalizeEndpoint({baseUrl})).toEqual({
      origin: host,
      prefix: '/openai',
      style: 'deployments',
      deployment: 'gpt+4o',
      operation: 'chat/completions',
      apiVersion: '2024-12-01-preview',
      query: [],
      notices: [],
    });
  });

  it('has the Foundry inference API leave for v1 where it has no such operation', () => {
    const endpoint = normalizeEndpoint({baseUrl: 'https://f.services.ai.azure.com/models', model: 'dep'});
    expect(renderUrl(endpoint, 'responses', 'dep')).toBe(
      'https://f.services.ai.azure.com/openai/v1/responses',
    );
  });
});

describe('the API version', () => {
  it.each([
    ['the option', {apiVersion: '2024-06-01', query: {'api-version': '2024-02-01'}}, '2024-06-01'],
    ['default_query', {query: {'api-version': '2024-02-01'}}, '2024-02-01'],
    ['the URL', {}, '2023-05-15'],
  ])('comes from %s first', (_, input, apiVersion) => {
    const baseUrl = `${host}/openai?api-version=2023-05-15`;
    expect(normalizeEndpoint({baseUrl, ...input})).toMatchObject({style: 'deployments', apiVersion});
  });

  it('defaults to the last general availability where a dated path needs one, and says so', () => {
    const endpoint = normalizeEndpoint({baseUrl: `${host}/openai/deployments/d`});
    expect(endpoint.apiVersion).toBe(dated);
    expect(endpoint.notices).toEqual([expect.stringContaining(dated)]);
  });

  it('is dropped from v1 when dated, and says so', () => {
    const endpoint = normalizeEndpoint({baseUrl: `${host}/openai/v1`, apiVersion: dated});
    expect(endpoint).not.toHaveProperty('apiVersion');
    expect(endpoint.notices).toEqual([expect.stringContaining('takes no dated api-version')]);
  });

  it('of v1 gives way where the dated surface is asked for by name, and says so', () => {
    const endpoint = normalizeEndpoint({baseUrl: host, style: 'deployments', apiVersion: 'v1'});
    expect(endpoint.apiVersion).toBe(dated);
    expect(endpoint.notices).toEqual([expect.stringContaining('takes no api-version v1')]);
  });

  it('moves a deployments path to v1 when it is one of v1’s words', () => {
    const endpoint = normalizeEndpoint({baseUrl: `${host}/openai/deployments/d`, apiVersion: 'v1'});
    expect(endpoint).toMatchObject({style: 'v1', deployment: 'd', apiVersion: 'v1'});
    expect(endpoint.notices).toHaveLength(1);
  });

  it.each([
    ['2024-05-13', '2024-05-01-preview'],
    ['2025-04-14', '2025-04-01-preview'],
    ['2024-10-22', '2024-10-21'],
  ])('%s, which was never published, is named with the nearest one, %s', (apiVersion, nearest) => {
    const {notices} = normalizeEndpoint({baseUrl: host, apiVersion});
    expect(notices).toEqual([expect.stringContaining(`the nearest is ${nearest}`)]);
  });

  it.each(['2024', 'latest-preview', '10/21/2024', 'gpt-4o'])('%s is refused', (apiVersion) => {
    expect(refusal({baseUrl: host, apiVersion}).message).toContain('API version not supported');
  });
});

describe('a refusal', () => {
  it.each([
    ['an empty URL', {baseUrl: '  "" '}, /empty/],
    ['another scheme', {baseUrl: 'ftp://res.openai.azure.com'}, /ftp/],
    ['a file', {baseUrl: 'file:///etc/passwd'}, /file/],
    [
      'a page of a portal',
      {baseUrl: 'https://ai.azure.com/foundry/deployments'},
      /page of the portal ai\.azure\.com/,
    ],
    ['a portal', {baseUrl: 'oai.azure.com'}, /portal/],
    ['a user name', {baseUrl: 'https://key@res.openai.azure.com'}, /user name/],
    ['no URL at all', {baseUrl: 'https://not a url'}, /not a URL/],
    ['climbing', {baseUrl: `${host}/openai/deployments/../../x`}, /\.\./],
    ['climbing in disguise', {baseUrl: `${host}/openai/deployments/%2e%2E/chat/completions`}, /\.\./],
    ['a slash in the deployment', {baseUrl: `${host}/openai/deployments/a%2Fb`}, /deployment name/],
    ['broken encoding', {baseUrl: `${host}/openai/deployments/a%E0b`}, /deployment name/],
    ['a deployment of dots', {baseUrl: host, model: '..'}, /deployment name/],
    ['a deployment with a slash', {baseUrl: host, model: 'a/b'}, /deployment name/],
    ['a deployment with a backslash', {baseUrl: host, model: 'a\\b'}, /deployment name/],
    ['two deployments', {baseUrl: `${host}/openai/deployments/a`, model: 'b'}, /"a".*"b"/],
    ['an unknown tail', {baseUrl: `${host}/openai/v1/threads`}, /threads/],
    ['two styles', {baseUrl: `${host}/openai/v1`, style: 'deployments'}, /style v1/],
  ] satisfies [string, EndpointInput, RegExp][])('names %s and what to do', (_, input, message) => {
    const error = refusal(input);
    expect(error).toMatchObject({code: 'ERR_ENDPOINT', fault: 'config'});
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it('never repeats a password', () => {
    expect(JSON.stringify(refusal({baseUrl: 'https://u:hunter22@res.openai.azure.com'}))).not.toContain(
      'hunter22',
    );
  });
});

describe('a gateway', () => {
  it('keeps its own query, whose values are secrets', () => {
    const endpoint = normalizeEndpoint({
      baseUrl: `https://gw.example.org/openai/v1?subscription-key=sesame-1`,
      model: 'd',
      query: {tenant: 'blue-team', 'api-version': 'preview'},
    });
    expect(endpointSecrets(endpoint)).toEqual(['sesame-1', 'blue-team']);
    const url = renderUrl(endpoint, 'chat/completions', 'd');
    expect(url).toBe(
      'https://gw.example.org/openai/v1/chat/completions?api-version=preview&subscription-key=sesame-1&tenant=blue-team',
    );
    expect(redactUrl(url)).toBe(
      'https://gw.example.org/openai/v1/chat/completions?api-version=preview&subscription-key=****&tenant=****',
    );
  });

  it('of unknown layout is taken as Azure’s, with a notice', () => {
    expect(normalizeEndpoint({baseUrl: 'https://gw.example.org/llm', apiVersion: dated}).notices).toEqual([
      expect.stringContaining('/llm/openai'),
    ]);
  });

  it.each([
    ['opaque', 'https://gw.example.org/llm/chat/completions'],
    ['models', 'https://gw.example.org/llm/models/chat/completions?api-version=2024-05-01-preview'],
    ['v1', 'https://gw.example.org/llm/openai/v1/chat/completions'],
    ['deployments', `https://gw.example.org/llm/openai/deployments/d/chat/completions?api-version=${dated}`],
  ] as const)('of style %s is called at %s', (style, url) => {
    expect(urlOf({baseUrl: 'https://gw.example.org/llm', model: 'd', style})).toBe(url);
  });
});

describe('redactUrl', () => {
  it('takes user, password and fragment out', () => {
    expect(redactUrl('https://u:p@h/x?a=1#f')).toBe('https://h/x?a=****');
  });
  it('shows nothing of what is no URL', () => {
    expect(redactUrl('sk-secret')).toBe('(not a URL)');
  });
});

describe('normalising twice', () => {
  const segment = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/).filter((text) => text !== 'models');
  const inputs = fc.record({
    host: fc.constantFrom(
      'res.openai.azure.com',
      'f.services.ai.azure.com',
      'gw.example.org',
      '127.0.0.1:81',
    ),
    path: fc.oneof(
      fc.constantFrom('', '/openai', '/openai/v1', '/openai/responses', '/openai/deployments/d', '/v1'),
      fc.array(segment, {maxLength: 2}).map((parts) => `/${[...parts, 'openai'].join('/')}`),
    ),
    slash: fc.constantFrom('', '/', '//'),
    apiVersion: fc.constantFrom(undefined, 'v1', 'preview', dated, '2025-04-01-preview'),
    key: fc.option(fc.string({minLength: 1, maxLength: 5, unit: 'binary-ascii'}), {nil: undefined}),
  });

  it('changes nothing, for all addresses', () => {
    fc.assert(
      fc.property(inputs, ({host: name, path, slash, apiVersion, key}) => {
        const first = normalizeEndpoint({
          baseUrl: `${name}${path}${slash}`,
          model: 'd',
          apiVersion,
          query: key === undefined ? {} : {k: key},
        });
        const url = renderUrl(first, first.operation ?? 'chat/completions', 'd');
        const scheme = name.startsWith('127') ? 'http' : 'https';
        expect(url.startsWith(`${scheme}://`)).toBe(true);
        const second = normalizeEndpoint({baseUrl: url, model: 'd'});
        expect(renderUrl(second, second.operation ?? 'chat/completions', 'd')).toBe(url);
        const {origin, prefix, style, deployment, query} = first;

        expect(second).toMatchObject({origin, prefix, style, deployment, query});
        expect(second.apiVersion).toBe(first.apiVersion);
      }),
    );
  });

  it('leads to the named deployment alone, for all names', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', minLength: 1}), (model) => {
        let url: string;
        try {
          url = urlOf({baseUrl: host, model, apiVersion: dated});
        } catch (error) {
          expect(error).toBeInstanceOf(RollcallError);
          return;
        }
        const segments = new URL(url).pathname.split('/');
        expect(segments).toHaveLength(6);
        expect(decodeURIComponent(segments[3] ?? '')).toBe(model);
      }),
    );
  });
});

describe('a whole path', () => {
  it.each(['chat/completions', 'responses', 'embeddings'] as const)('is that of %s', (operation) => {
    const fullPath = '/gw/any%20where?api-version=x&subscription-key=sesame-1';
    const endpoint = normalizeEndpoint({baseUrl: host, model: 'dep', apiVersion: dated, fullPath});
    expect(renderUrl(endpoint, operation, 'dep')).toBe(host + fullPath);
    expect(endpointSecrets(endpoint)).toEqual(['sesame-1']);
  });

  it.each(['', 'chat', '//evil.example/x', '/a b', '/a#b', '/a\\b', '/a\r\nx: y', '/ü'])(
    'cannot be %j',
    (fullPath) => {
      expect(refusal({baseUrl: host, fullPath})).toMatchObject({
        code: 'ERR_ENDPOINT',
        message: expect.stringContaining('path of a call') as string,
      });
    },
  );
});

function refusal(input: EndpointInput): RollcallError {
  try {
    normalizeEndpoint(input);
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
