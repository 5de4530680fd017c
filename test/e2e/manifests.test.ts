import {createServer, type IncomingHttpHeaders, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {json} from 'node:stream/consumers';
import {request} from 'undici';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {JsonObject} from '../../src/core/json.ts';
import {completion, response} from '../azure/open-wire.ts';
import {runProgram} from '../helpers/run-program.ts';
import {createTempFolder} from '../helpers/temp-folder.ts';
import {type RunningProgram, serve} from './running-servers.ts';

const key = 'canary-manifest-key-0123';
const bearer = 'canary-bearer-token-0123';
const clients = 'Bearer canary-client-token';
const dated = '2025-04-01-preview';

const token = 'authToken: {kind: SecretRef, secretRef: {name: s}}';
const auth = 'policies: {auth: {secretRef: {name: s}}}';
const azureOf = (version: string): string =>
  `azureopenai: {endpoint: "127.0.0.1:PORT", deploymentName: gpt-4o, apiVersion: ${version}, ${token}}`;
const elsewhere = `azureopenai: {endpoint: nowhere.openai.azure.com, deploymentName: gpt-4o, apiVersion: ${dated}, ${token}}`;
const resource = 'resourceName: r, resourceType: OpenAI, model: gpt-4o';
const here = 'host: 127.0.0.1, port: PORT';

interface Sent {
  readonly chat: string;
  readonly responses?: string;
  readonly embeddings?: string;
  /** The header that carries the credential, `api-key` with the Secret's key by default. */
  readonly credential?: readonly [string, string];
  readonly model?: string;
}

const v1 = '/openai/v1';
const ofDate = {
  chat: `/openai/deployments/gpt-4o/chat/completions?api-version=${dated}`,
  responses: `/openai/responses?api-version=${dated}`,
  embeddings: `/openai/deployments/gpt-4o/embeddings?api-version=${dated}`,
};
const ofV1 = {chat: `${v1}/chat/completions`, responses: `${v1}/responses`, embeddings: `${v1}/embeddings`};
const ofPreview = {
  chat: `${ofV1.chat}?api-version=preview`,
  responses: `${ofV1.responses}?api-version=preview`,
  embeddings: `${ofV1.embeddings}?api-version=preview`,
};
const under = (prefix: string, {chat, responses, embeddings}: typeof ofV1): Sent => ({
  chat: prefix + chat,
  responses: prefix + responses,
  embeddings: prefix + embeddings,
});

/** kgateway's `spec.ai`, in flow style, and what its requests become. */
const kgateway: Readonly<Record<string, readonly [string, Sent]>> = {
  'b-dated': [`llm: {${azureOf(dated)}}`, ofDate],
  'b-v1': [`llm: {${azureOf('v1')}}`, ofV1],
  'b-latest': [`llm: {${azureOf('latest')}}`, ofV1],
  'b-preview': [`llm: {${azureOf('preview')}}`, ofPreview],
  'b-host': [`llm: {${here}, ${elsewhere}}`, ofDate],
  'b-path': [`llm: {path: {full: "/own/path?x=1"}, ${azureOf(dated)}}`, {chat: '/own/path?x=1'}],
  'b-header': [
    `llm: {authHeader: {headerName: Authorization, prefix: "Bearer "}, ${azureOf(dated)}}`,
    {...ofDate, credential: ['authorization', `Bearer ${key}`]},
  ],
  'b-passthrough': [
    `llm: {${azureOf(dated).replace(token, 'authToken: {kind: Passthrough}')}}`,
    {...ofDate, credential: ['authorization', clients]},
  ],
  'b-groups': [`priorityGroups: [{providers: [{name: one, ${azureOf(dated)}}]}]`, ofDate],
  'a-dated': [`llm: {provider: {${azureOf(dated)}}}`, ofDate],
  'a-host': [
    `llm: {hostOverride: {${here}}, pathOverride: {fullPath: /a/b}, authHeaderOverride: {headerName: x_my.key, prefix: Key-}, provider: {${elsewhere}}}`,
    {chat: '/a/b', credential: ['x_my.key', `Key-${key}`]},
  ],
  'a-pool': [`multipool: {priorities: [{pool: [{provider: {${azureOf('v1')}}}]}]}`, ofV1],
};

/** agentgateway's `spec`, in block style. */
const agentgateway: Readonly<Record<string, readonly [string, Sent]>> = {
  'c-default': [
    `ai: {provider: {azureopenai: {endpoint: "http://127.0.0.1:PORT/", deploymentName: gpt-4o}}}\n  ${auth}`,
    ofV1,
  ],
  'c-open': [
    `ai: {provider: {azureopenai: {endpoint: "127.0.0.1:PORT"}}}\n  ${auth}`,
    {...ofV1, model: 'asked-for'},
  ],
  'c-azure': [`ai: {provider: {azure: {${resource}, apiVersion: ${dated}}, ${here}}}\n  ${auth}`, ofDate],
  'c-preview': [`ai: {provider: {azure: {${resource}, apiVersion: preview}, ${here}}}\n  ${auth}`, ofPreview],
  'c-prefix': [
    `ai: {provider: {azure: {${resource}, apiVersion: ${dated}}, ${here}, pathPrefix: /proxy/}}\n  ${auth}`,
    under('/proxy', ofDate),
  ],
  'c-foundry': [
    `ai: {provider: {azure: {resourceName: r, resourceType: Foundry, projectName: p, model: gpt-4o}, ${here}}}\n  ${auth}`,
    under('/api/projects/p', ofV1),
  ],
  'c-own-scheme': [
    `ai: {groups: [{providers: [{name: one, azureopenai: {endpoint: "127.0.0.1:PORT", deploymentName: gpt-4o}}]}]}
  policies: {auth: {secretRef: {name: s, key: token}, location: {header: {name: Authorization}}}}`,
    {...ofV1, credential: ['authorization', `Bearer ${bearer}`]},
  ],
};

const documents = [
  `apiVersion: v1
kind: Secret
metadata: {name: s, creationTimestamp: null}
stringData: {Authorization: "Bearer ${key}", token: "Bearer ${bearer}"}
`,
  ...Object.entries(kgateway).flatMap(([name, [ai]]) => [
    `apiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {name: ${name}}\nspec:\n  type: AI\n  ai: {${ai}}\n`,
    routeOf(name, 'gateway.kgateway.dev', 'Backend'),
  ]),
  ...Object.entries(agentgateway).flatMap(([name, [spec]]) => [
    `apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayBackend\nmetadata: {name: ${name}}\nspec:\n  ${spec}\n`,
    routeOf(name, 'agentgateway.dev', 'AgentgatewayBackend'),
  ]),
].join('---\n');

function routeOf(name: string, group: string, kind: string): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: ${name}}
spec:
  rules:
    - matches: [{path: {type: PathPrefix, value: /${name}}}]
      backendRefs: [{name: ${name}, group: ${group}, kind: ${kind}}]
`;
}

interface Call {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
}

describe('a backend of each generation', () => {
  const calls: Call[] = [];
  let upstream: Server;
  let gateway: RunningProgram;

  beforeAll(async () => {
    upstream = await openUpstream(calls);
    const {port} = upstream.address() as AddressInfo;
    const stdin = documents.replaceAll('PORT', String(port));
    gateway = await serve(['-f', '-', '+gateway.port=0'], {cwd: process.cwd(), stdin});
  });
  afterAll(async () => {
    const {stderr} = await gateway.stop();
    upstream.close();
    expect(stderr).not.toMatch(/canary|^Warning/m);
  });

  const doors = [
    ['chat', '', {messages: [{role: 'user', content: 'x'}]}],
    ['chat', '/v1/chat/completions', {messages: [{role: 'user', content: 'x'}]}],
    ['responses', '/v1/responses', {input: 'x'}],
    ['embeddings', '/v1/embeddings', {input: 'x'}],
  ] as const;
  const cases = Object.entries({...kgateway, ...agentgateway}).flatMap(([name, [, sent]]) =>
    doors.flatMap(([api, suffix, body]) => {
      const url = sent[api];
      return url === undefined ? [] : [{path: `/${name}${suffix}`, body, url, sent}];
    }),
  );

  it.each(cases)('$path is sent to $url', async ({path, body, url, sent}) => {
    calls.length = 0;
    const {statusCode, body: answer} = await request(
      `${gateway.url('gateway')}${path}?api-version=1999-01-01`,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: clients,
          'api-key': 'theirs',
          cookie: 'a=b',
        },
        body: JSON.stringify({...body, model: 'asked-for'}),
      },
    );
    expect([statusCode, await answer.text()]).toEqual([200, expect.any(String)]);
    expect(calls.map((call) => call.url)).toEqual([url]);
    const [call] = calls;
    expect(call?.body['model']).toBe(sent.model ?? 'gpt-4o');
    const credentials = Object.entries(call?.headers ?? {}).filter(([name]) => /key|auth|cookie/.test(name));
    expect(credentials).toEqual([sent.credential ?? ['api-key', key]]);
  });
});

describe('documents with problems', () => {
  it('open no port: all problems of all files are told at once, with their places and without keys', async () => {
    await using folder = await createTempFolder();
    const secret = `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {Authorization: ${key} ${key}}\n`;
    const broken = `${secret}---\napiVersion: gateway.kgateway.dev/v1alpha1\nkind: Backend\nmetadata: {name: b}
spec:
  type: AI
  ai: {llm: {azureopenai: {endpoint: "http://a.openai.azure.com", deploymentName: 4, apiVersion: ${dated}, authToken: {kind: secretRef, secretRef: {name: s}}}}}
---
${routeOf('c', 'gateway.kgateway.dev', 'Backend')}`;
    const {exitCode, stdout, stderr} = await runProgram(
      ['run', '-f', '-', '+gateway.port=0', '+head_server.port=0', '--json'],
      {cwd: folder.path, stdin: broken},
    );
    expect([exitCode, stdout]).toEqual([2, '']);
    for (const [place, text] of [
      ['4:29', 'stringData.Authorization: holds blanks'],
      ['11:38', 'endpoint: is not encrypted'],
      ['11:83', 'deploymentName: must be a text'],
      ['11:136', 'authToken.kind: must be one of `SecretRef`'],
      ['19:28', 'backendRefs[0].name: there is no Backend default/c'],
    ] as const) {
      expect(stderr).toMatch(new RegExp(`standard input:${place}: .*${text.replace(/[[\]]/g, '\\$&')}`));
    }
    expect(stderr).not.toContain('canary');
    expect(stderr).not.toContain('Ready');
  });
});

async function openUpstream(calls: Call[]): Promise<Server> {
  const embedding = {object: 'embedding', index: 0, embedding: [1, 0]};
  const embeddings = {
    object: 'list',
    model: 'e',
    data: [embedding],
    usage: {prompt_tokens: 1, total_tokens: 1},
  };
  const server = createServer((incoming, outgoing) => {
    const {url = '', headers} = incoming;
    void json(incoming).then((body) => {
      calls.push({url, headers, body: body as JsonObject});
      const answer = /embeddings/.test(url) ? embeddings : /responses/.test(url) ? response : completion;
      outgoing.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
