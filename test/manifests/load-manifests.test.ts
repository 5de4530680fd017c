import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, it} from 'vitest';
import {RollcallError} from '../../src/core/errors.ts';
import type {GatewayBackend, GatewayConfig} from '../../src/manifests/gateway-config.ts';
import {loadManifests} from '../../src/manifests/load-manifests.ts';
import {load} from './manifest-suite.ts';

const seed = '../shared/reference/seeds/agentgateway-azure-openai.txt';
const env = {AZURE_OPENAI_API_KEY: 'page-key-0123', AZURE_OPENAI_SPARE_KEY: 'spare-key-0123'};

describe('the page of agentgateway', () => {
  it.skipIf(!existsSync(seed))('serves as it is printed, with the lines of the shell or without', () => {
    const blocks = [...readFileSync(seed, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, block = '']) => block,
    );
    expect(blocks).toHaveLength(3);
    const withoutShell = blocks.map((block) => block.split('\n').slice(1, -2).join('\n'));
    for (const text of [
      blocks.join(''),
      withoutShell.join('\n---\n'),
      withoutShell.toReversed().join('\n---\n'),
    ]) {
      const config = loaded(text, env);
      expect(soleProvider(config)).toMatchObject({
        endpoint: 'https://my-endpoint.openai.azure.com',
        deployment: 'gpt-4o-mini',
        apiVersion: '2024-02-15-preview',
        style: 'deployments',
        auth: {kind: 'key', key: 'page-key-0123', header: 'api-key', prefix: ''},
      });
      expect(config.routes).toMatchObject([
        {
          matches: [{path: {type: 'PathPrefix', value: '/azure-openai'}}],
          backends: [{backend: 'default/azure-openai', weight: 1}],
        },
      ]);
      expect(config.secrets).toEqual(['page-key-0123']);
      expect(config.warnings).toHaveLength(1);
    }
  });
});

describe('the packaged examples', () => {
  it.each(readdirSync('configs/manifests'))('%s loads without a warning', (name) => {
    const config = loaded(readFileSync(join('configs/manifests', name), 'utf8'), env);
    expect(config.warnings).toEqual([]);
    expect(config.resources.every(({status}) => status === 'accepted')).toBe(true);
  });
});

describe('a problem', () => {
  it('is at its line and column, with the way to it', () => {
    const {problems} = load(
      routed('spec:\n  type: AI\n  ai:\n    llm:\n      azureopenai:\n        endpoint: 5'),
    );
    expect(problems).toContainEqual({
      message: 'must be a text; unquoted, YAML reads it as a number',
      file: 'case.yaml',
      line: 9,
      column: 19,
      path: 'Backend default/b: spec.ai.llm.azureopenai.endpoint',
      hint: 'Put it in quotes: "5".',
    });
  });

  it('keeps its place behind a shortcode on its line', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {namespace: {{< reuse "namespace" >}}, name: 5}';
    const [problem] = load(text).problems;
    expect(problem).toMatchObject({line: 3, column: text.indexOf('5}') - text.lastIndexOf('\n')});
  });

  it('of one file is told before that of a later one, and names its file', () => {
    const sources = ['b.yaml', 'a.yaml'].map((file) => ({
      file,
      text: 'apiVersion: v1\nkind: Secret\nmetadata: {}',
    }));
    const error = caught(() => loadManifests(sources, {env: {}}));
    expect(error).toMatchObject({code: 'ERR_CONFIG', fault: 'config'});
    expect(error.problems.map(({file, line}) => `${file ?? ''}:${line ?? ''}`)).toEqual([
      'b.yaml:3',
      'a.yaml:3',
    ]);
  });

  it('of two files that declare one object names both places', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: one}';
    const sources = [
      {file: 'a.yaml', text},
      {file: 'b.yaml', text: `# moved\n${text}`},
    ];
    const {problems} = caught(() => loadManifests(sources, {env: {}}));
    expect(problems).toContainEqual(
      expect.objectContaining({message: 'is declared twice: here and at a.yaml:1', file: 'b.yaml', line: 2}),
    );
  });

  it('is told once, however many providers share what is wrong', () => {
    const providers = ['a', 'b', 'c'].map(
      (name) => `{name: ${name}, azureopenai: {endpoint: a.openai.azure.com}}`,
    );
    const {problems} = load(
      agentBackend(`
  ai: {groups: [{providers: [${providers.join(', ')}]}]}
  policies: {auth: {secretRef: {name: missing}}}`),
    );
    expect(problems.map(({message}) => message)).toEqual(['there is no Secret default/missing']);
  });
});

describe('documents in several files', () => {
  it('are one set, whichever file comes first', () => {
    const sources = [
      {file: 'route.yaml', text: route('b')},
      {
        file: 'backend.yaml',
        text: `apiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {name: b}\n${block('{kind: SecretRef, secretRef: {name: s}}')}`,
      },
      {
        file: 'secret.yaml',
        text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {Authorization: some-key}',
      },
    ];
    const config = loadManifests(sources, {env: {}});
    expect([...config.backends.keys()]).toEqual(['default/b']);
    expect(config.resources.map(({file, line}) => [file, line])).toEqual([
      ['route.yaml', 1],
      ['backend.yaml', 1],
      ['secret.yaml', 1],
    ]);
  });
});

describe('a key', () => {
  it.each([
    {form: 'as it is', value: 'sk-1234', key: 'sk-1234'},
    {form: 'with blanks around it', value: '"  sk-1234\\n"', key: 'sk-1234'},
    {form: 'behind Bearer', value: 'Bearer sk-1234', key: 'sk-1234'},
    {form: 'behind Bearer and more blanks', value: '" Bearer   sk-1234 "', key: 'sk-1234'},
    {
      form: 'behind a word that only looks like it',
      value: 'bearer sk-1234',
      prefix: 'bearer ',
      key: 'sk-1234',
    },
    {form: 'of the environment', value: '$KEY', key: 'value-$OTHER'},
  ])('in a Secret, $form, is sent without anything else', ({value, prefix = '', key}) => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  Authorization: ${value}\n---\n`;
    const text = secret + routed(block('{kind: SecretRef, secretRef: {name: s}}'));
    expect(soleProvider(loaded(text, {KEY: 'value-$OTHER'})).auth).toEqual({
      kind: 'key',
      key,
      header: 'api-key',
      prefix,
    });
  });

  it.each([
    {header: '{name: X-Key}', sent: {header: 'X-Key', prefix: 'Bearer '}},
    {header: '{name: X-Key, prefix: "bearer "}', sent: {header: 'X-Key', prefix: 'bearer '}},
    {header: '{name: X-Key, prefix: "Key "}', sent: {header: 'X-Key', prefix: 'Key Bearer '}},
  ])('under another key of the Secret keeps its Bearer, once, in $header', ({header, sent}) => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {k: ${btoa('Bearer sk-1234')}}\n---\n${agentBackend(`
  ai: {provider: {azureopenai: {endpoint: a.openai.azure.com}}}
  policies: {auth: {secretRef: {name: s, key: k}, location: {header: ${header}}}}`)}`;
    const config = loaded(text);
    expect(soleProvider(config).auth).toEqual({kind: 'key', key: 'sk-1234', ...sent});
    expect(config.secrets).toContain('sk-1234');
  });

  it.each([
    {
      header: '{headerName: Authorization, prefix: "Bearer "}',
      sent: {header: 'Authorization', prefix: 'Bearer '},
    },
    {
      header: '{headerName: Authorization, prefix: Bearer}',
      sent: {header: 'Authorization', prefix: 'Bearer '},
    },
    {header: '{headerName: x-key}', sent: {header: 'x-key', prefix: ''}},
    {header: '{prefix: key-}', sent: {header: 'api-key', prefix: 'key-'}},
  ])('is sent where $header says', ({header, sent}) => {
    const text = routed(block('{kind: Inline, inline: inline-key-1}', `authHeader: ${header}`));
    expect(soleProvider(loaded(text)).auth).toEqual({kind: 'key', key: 'inline-key-1', ...sent});
  });

  it('is known as a secret wherever it stands, in base64 and in Secrets that nobody refers to too', () => {
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: ${btoa('Bearer first-key')}}\nstringData: {b: second-key}\n---\n`;
    const {secrets} = loaded(secret + routed(block('{kind: Inline, inline: third-key}')));
    expect(secrets).toEqual(expect.arrayContaining(['Bearer first-key', 'second-key', 'third-key']));
  });
});

describe('a backend', () => {
  it('keeps its tiers, with a name for each provider that no other has', () => {
    const provider = (name: string) => `{name: ${name}, azureopenai: {endpoint: ${name}.openai.azure.com}}`;
    const config = loaded(
      agentBackend(`
  ai: {groups: [{providers: [${provider('a')}, ${provider('b')}]}, {providers: [${provider('a')}]}]}`),
    );
    expect(soleBackend(config).groups.map((tier) => tier.map(({name}) => name))).toEqual([
      ['a', 'b'],
      ['a-tier-2'],
    ]);
  });

  it('says where each provider stands', () => {
    const {origin} = soleProvider(loaded(routed(block('{kind: Passthrough}'))));
    expect(origin).toEqual({file: 'case.yaml', line: 8, path: 'Backend default/b: spec.ai.llm.azureopenai'});
  });

  it('does to requests what its policies say', () => {
    const config = loaded(
      agentBackend(`
  ai: {provider: {azureopenai: {endpoint: a.openai.azure.com}}}
  policies:
    ai:
      defaults: [{field: temperature, value: 0.5}, {field: stop, value: [a, {b: null}]}]
      overrides: [{field: user, value: us}]
      modelAliases: {fast: small, "gpt-*": large}
      prompt: {prepend: [{role: SYSTEM, content: Be brief.}], append: [{role: user, content: Please.}]}
      routes: {/v1/embeddings: Embeddings, "*": Completions}`),
    );
    expect(soleBackend(config)).toMatchObject({
      defaults: {temperature: 0.5, stop: ['a', {b: null}]},
      overrides: {user: 'us'},
      modelAliases: {fast: 'small', 'gpt-*': 'large'},
      prepend: [{role: 'system', content: 'Be brief.'}],
      append: [{role: 'user', content: 'Please.'}],
      routes: {'/v1/embeddings': 'embeddings', '*': 'completions'},
    });
  });

  it('takes the policies of its only provider before its own, field by field', () => {
    const config = loaded(
      agentBackend(`
  ai:
    groups:
      - providers:
          - name: a
            azureopenai: {endpoint: a.openai.azure.com}
            policies: {ai: {defaults: [{field: top_p, value: 1}, {field: n, value: 2}]}}
  policies: {ai: {defaults: [{field: top_p, value: 0}, {field: seed, value: 3}]}}`),
    );
    expect(soleBackend(config).defaults).toEqual({top_p: 1, seed: 3, n: 2});
  });
});

describe('a route', () => {
  it('has a time limit of its own, or that of a policy for it', () => {
    const policy = (kind: string, spec: string) => `---
apiVersion: ${kind === 'TrafficPolicy' ? 'gateway.kgateway.dev' : 'agentgateway.dev'}/v1alpha1
kind: ${kind}
metadata: {name: p-${kind.toLowerCase()}}
spec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: r${spec}}
`;
    const text = `${routed(block('{kind: Passthrough}'))}
    - name: own
      backendRefs: [{name: b, group: gateway.kgateway.dev, kind: Backend}]
      timeouts: {request: 1m30s, backendRequest: 500ms}
    - name: named
      backendRefs: [{name: b, group: gateway.kgateway.dev, kind: Backend}]
    - name: unlimited
      backendRefs: [{name: b, group: gateway.kgateway.dev, kind: Backend}]
      timeouts: {request: 0s}
${policy('TrafficPolicy', '}], timeouts: {request: 20s}')}
${policy('AgentgatewayPolicy', ', sectionName: named}], traffic: {timeouts: {request: 30s}}')}`;
    expect(
      loaded(text).routes.map(({name, requestTimeoutMs, backendRequestTimeoutMs}) => [
        name,
        requestTimeoutMs,
        backendRequestTimeoutMs,
      ]),
    ).toEqual([
      ['default/r#1', 20_000, undefined],
      ['default/r#2', 90_000, 500],
      ['default/r#3', 30_000, undefined],
      ['default/r#4', undefined, undefined],
    ]);
  });

  it('keeps its hosts and what it matches, names of headers in small letters', () => {
    const text = `${routed(block('{kind: Passthrough}')).replace('spec:\n  rules:', 'spec:\n  hostnames: ["*.a.com"]\n  rules:')}
      matches:
        - method: GET
          headers: [{name: X-Team, value: a}]
          queryParams: [{name: V, type: RegularExpression, value: "1+"}]`;
    expect(loaded(text).routes).toMatchObject([
      {
        hostnames: ['*.a.com'],
        matches: [
          {
            path: {type: 'PathPrefix', value: '/'},
            method: 'GET',
            headers: [{type: 'Exact', name: 'x-team', value: 'a'}],
            queryParams: [{type: 'RegularExpression', name: 'V', value: '1+'}],
          },
        ],
      },
    ]);
  });
});

/** A kgateway Backend `b` of which `spec` is given, and a route to it. */
function routed(spec: string): string {
  return `apiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {name: b}\n${spec}\n---\n${route('b')}`;
}

function route(backend: string, group = 'gateway.kgateway.dev', kind = 'Backend'): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec:
  rules:
    - backendRefs: [{name: ${backend}, group: ${group}, kind: ${kind}}]`;
}

function block(authToken: string, beside = 'routes: {}'): string {
  return `spec:
  type: AI
  ai:
    llm:
      azureopenai:
        endpoint: a.openai.azure.com
        deploymentName: gpt-4o
        apiVersion: v1
        authToken: ${authToken}
      ${beside}`;
}

/** An AgentgatewayBackend of which what is below `spec` is given, and a route to it. */
function agentBackend(spec: string): string {
  return `apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: b}
spec:${spec}
---
${route('b', 'agentgateway.dev', 'AgentgatewayBackend')}`;
}

function loaded(text: string, env: Readonly<Record<string, string>> = {}): GatewayConfig {
  const {config, problems} = load(text, env);
  if (config === undefined) throw new Error(JSON.stringify(problems, undefined, 1));
  return config;
}

function soleBackend({backends}: GatewayConfig): GatewayBackend {
  const [backend, ...others] = backends.values();
  expect(others).toEqual([]);
  return backend!;
}

function soleProvider(config: GatewayConfig): GatewayBackend['groups'][number][number] {
  const [provider, ...others] = soleBackend(config).groups.flat();
  expect(others).toEqual([]);
  return provider!;
}

function caught(act: () => unknown): RollcallError {
  try {
    act();
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
