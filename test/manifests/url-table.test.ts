import {describe, expect, it} from 'vitest';
import {normalizeEndpoint} from '../../src/azure/endpoint.ts';
import {renderUrl} from '../../src/azure/render-url.ts';
import type {GatewayProvider} from '../../src/manifests/gateway-config.ts';
import {load} from './manifest-suite.ts';

const azure = (text: string): string => `azure: {${text}}`;
const openai = (text: string): string => `azureopenai: {${text}}`;

describe('the URLs of a provider', () => {
  // The table that agentgateway's own tests pin, as far as it is Azure's truth.
  it.each([
    {
      provider: azure('resourceName: r, resourceType: OpenAI, model: m'),
      chat: 'https://r.openai.azure.com/openai/v1/chat/completions',
      responses: 'https://r.openai.azure.com/openai/v1/responses',
      embeddings: 'https://r.openai.azure.com/openai/v1/embeddings',
    },
    {
      provider: azure('resourceName: r, resourceType: OpenAI, model: m, apiVersion: preview'),
      chat: 'https://r.openai.azure.com/openai/v1/chat/completions?api-version=preview',
      responses: 'https://r.openai.azure.com/openai/v1/responses?api-version=preview',
      embeddings: 'https://r.openai.azure.com/openai/v1/embeddings?api-version=preview',
    },
    {
      provider: azure('resourceName: r, resourceType: OpenAI, model: m, apiVersion: 2024-10-21'),
      chat: 'https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21',
      responses: 'https://r.openai.azure.com/openai/responses?api-version=2024-10-21',
      embeddings: 'https://r.openai.azure.com/openai/deployments/m/embeddings?api-version=2024-10-21',
    },
    {
      provider: azure('resourceName: r, resourceType: Foundry, projectName: p, model: m'),
      chat: 'https://r.services.ai.azure.com/api/projects/p/openai/v1/chat/completions',
      responses: 'https://r.services.ai.azure.com/api/projects/p/openai/v1/responses',
      embeddings: 'https://r.services.ai.azure.com/api/projects/p/openai/v1/embeddings',
    },
    {
      provider: azure('resourceName: r-resource, resourceType: Foundry, projectName: openai, model: m'),
      chat: 'https://r-resource.services.ai.azure.com/api/projects/openai/openai/v1/chat/completions',
    },
  ])('of $provider', ({provider, ...urls}) => {
    expect(urlsOf(provider)).toMatchObject(urls);
  });

  it.each([
    {endpoint: 'my-endpoint.openai.azure.com', origin: 'https://my-endpoint.openai.azure.com'},
    {endpoint: 'https://my-endpoint.openai.azure.com/', origin: 'https://my-endpoint.openai.azure.com'},
    {
      endpoint: 'https://my-endpoint.openai.azure.com/openai/v1/',
      origin: 'https://my-endpoint.openai.azure.com',
    },
    {endpoint: 'https:/my-endpoint.openai.azure.com/openai', origin: 'https://my-endpoint.openai.azure.com'},
    {endpoint: 'my-endpoint.openai.azure.us', origin: 'https://my-endpoint.openai.azure.us'},
    {endpoint: 'my-endpoint.openai.azure.cn/', origin: 'https://my-endpoint.openai.azure.cn'},
    {endpoint: 'r.cognitiveservices.azure.com', origin: 'https://r.cognitiveservices.azure.com'},
    {endpoint: 'r.services.ai.azure.com', origin: 'https://r.services.ai.azure.com'},
    {endpoint: 'r.services.ai.azure.com/models', origin: 'https://r.services.ai.azure.com'},
    {endpoint: 'llm.example.com', origin: 'https://llm.example.com'},
    {endpoint: 'https://apim.azure-api.net/team/openai', origin: 'https://apim.azure-api.net/team'},
    {endpoint: 'https://apim.azure-api.net/team/', origin: 'https://apim.azure-api.net/team'},
    {endpoint: 'simulator:8900', origin: 'https://simulator:8900'},
    {endpoint: 'http://simulator:8900', origin: 'http://simulator:8900'},
    {endpoint: 'http://host.docker.internal:8900/openai', origin: 'http://host.docker.internal:8900'},
    {endpoint: '127.0.0.1:8900', origin: 'http://127.0.0.1:8900'},
    {endpoint: 'http://localhost:8900/', origin: 'http://localhost:8900'},
    {endpoint: '"[::1]:8900"', origin: 'http://[::1]:8900'},
    {endpoint: 'https://localhost:8900', origin: 'https://localhost:8900'},
  ])('keep the host of $endpoint', ({endpoint, origin}) => {
    const dated = openai(`endpoint: ${endpoint}, deploymentName: m, apiVersion: 2024-10-21`);
    expect(urlsOf(dated).chat).toBe(`${origin}/openai/deployments/m/chat/completions?api-version=2024-10-21`);
    const v1 = openai(`endpoint: ${endpoint}`);
    expect(urlsOf(v1).responses).toBe(`${origin}/openai/v1/responses`);
  });

  it.each([
    {
      what: 'a host and port instead of the endpoint',
      provider: `host: 127.0.0.1, port: 9000, ${openai('endpoint: a.openai.azure.com')}`,
      chat: 'http://127.0.0.1:9000/openai/v1/chat/completions',
    },
    {
      what: 'TLS, unless it is this machine',
      provider: `host: proxy.example.com, port: 443, ${openai('endpoint: a.openai.azure.com')}`,
      chat: 'https://proxy.example.com/openai/v1/chat/completions',
    },
    {
      what: 'a prefix',
      provider: `host: proxy.example.com, port: 8443, pathPrefix: /proxy/, ${openai('endpoint: a.openai.azure.com, deploymentName: gpt-4.1, apiVersion: 2024-02-15-preview')}`,
      chat: 'https://proxy.example.com:8443/proxy/openai/deployments/gpt-4.1/chat/completions?api-version=2024-02-15-preview',
    },
    {
      what: 'a prefix called openai',
      provider: `host: proxy.example.com, port: 8443, pathPrefix: /openai, ${openai('endpoint: a.openai.azure.com')}`,
      chat: 'https://proxy.example.com:8443/openai/openai/v1/chat/completions',
    },
    {
      what: 'a prefix before a project',
      provider: `host: proxy.example.com, port: 8443, pathPrefix: /x, ${azure('resourceName: r, resourceType: Foundry, projectName: p')}`,
      chat: 'https://proxy.example.com:8443/x/api/projects/p/openai/v1/chat/completions',
    },
    {
      what: 'a project in the endpoint',
      provider: openai('endpoint: "https://r.services.ai.azure.com/api/projects/p"'),
      chat: 'https://r.services.ai.azure.com/api/projects/p/openai/v1/chat/completions',
    },
    {
      what: 'latest, which is v1 as it stands',
      provider: openai('endpoint: a.openai.azure.com, deploymentName: m, apiVersion: latest'),
      chat: 'https://a.openai.azure.com/openai/v1/chat/completions',
    },
    {
      what: 'a deployment whose name needs encoding',
      provider: openai('endpoint: a.openai.azure.com, deploymentName: "a b?c", apiVersion: 2024-10-21'),
      chat: 'https://a.openai.azure.com/openai/deployments/a%20b%3Fc/chat/completions?api-version=2024-10-21',
    },
  ])('take $what', ({provider, chat}) => {
    expect(urlsOf(provider).chat).toBe(chat);
  });

  it('are given whole by a path of its own', () => {
    const provider = providerOf(`path: "/custom?api-version=1", ${openai('endpoint: a.openai.azure.com')}`);
    expect(provider).toMatchObject({
      endpoint: 'https://a.openai.azure.com',
      fullPath: '/custom?api-version=1',
    });
  });
});

/** What is asked for a provider's deployment, as the client of Azure renders it. */
function urlsOf(text: string): Readonly<Record<'chat' | 'responses' | 'embeddings', string>> {
  const {endpoint, deployment = 'm', style, apiVersion} = providerOf(text);
  const address = normalizeEndpoint({baseUrl: endpoint, model: deployment, style, apiVersion});
  expect(address.notices).toEqual([]);
  return {
    chat: renderUrl(address, 'chat/completions', deployment),
    responses: renderUrl(address, 'responses', deployment),
    embeddings: renderUrl(address, 'embeddings', deployment),
  };
}

function providerOf(text: string): GatewayProvider {
  const {config, problems} = load(`
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayBackend
metadata: {name: b}
spec: {ai: {provider: {${text}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r}
spec: {rules: [{backendRefs: [{name: b, group: agentgateway.dev, kind: AgentgatewayBackend}]}]}
`);
  const [provider] = [...(config?.backends.values() ?? [])].flatMap(({groups}) => groups.flat());
  if (provider === undefined) throw new Error(JSON.stringify(problems));
  return provider;
}
