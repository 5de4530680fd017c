import type {AzureEndpoint} from './endpoint.ts';
import type {AzureOperation} from './endpoint-layout.ts';

/** The whole URL of an operation on a deployment. Its query may hold a gateway's secrets: `redactUrl` before showing it. */
export function renderUrl(endpoint: AzureEndpoint, operation: AzureOperation, deployment: string): string {
  return endpoint.origin + renderTarget(endpoint, operation, deployment);
}

/** Path and query of that URL, as they stand in the request line. */
export function renderTarget(endpoint: AzureEndpoint, operation: AzureOperation, deployment: string): string {
  if (endpoint.fullPath !== undefined) return endpoint.fullPath;
  const query = new URLSearchParams();
  const path = renderPath(endpoint, operation, deployment);
  if (endpoint.apiVersion !== undefined && !leavesModels(endpoint, operation)) {
    query.set('api-version', endpoint.apiVersion);
  }
  for (const [name, value] of endpoint.query) query.append(name, value);
  const text = query.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The URL with every query value masked but `api-version`, and without user name and password. */
export function redactUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return '(not a URL)';
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  for (const name of new Set(parsed.searchParams.keys())) {
    if (name !== 'api-version') parsed.searchParams.set(name, '****');
  }
  return parsed.toString();
}

function renderPath(endpoint: AzureEndpoint, operation: AzureOperation, deployment: string): string {
  const {prefix, style} = endpoint;
  if (leavesModels(endpoint, operation)) return `${prefix}/openai/v1/${operation}`;
  switch (style) {
    case 'v1':
      return `${prefix}/v1/${operation}`;
    case 'models':
      return `${prefix}/models/${operation}`;
    case 'opaque':
      return `${prefix}/${operation}`;
    case 'deployments':
      // Responses and the list of models stand beside the deployments on the dated surface.
      return operation === 'responses' || operation === 'models'
        ? `${prefix}/${operation}`
        : `${prefix}/deployments/${encodeURIComponent(deployment)}/${operation}`;
  }
}

/** Foundry's model inference API has chat and embeddings only; the rest is on the same host's v1. */
function leavesModels({style}: AzureEndpoint, operation: AzureOperation): boolean {
  return style === 'models' && (operation === 'responses' || operation === 'models');
}
