import {
  describeDeploymentFault,
  describeVersionFault,
  isFault,
  isProject,
  parseEndpoint,
  type WrittenEndpoint,
} from './azure-address.ts';
import type {ObjectReader} from './object-reader.ts';

/** Which deployment a block means. */
export interface AzureBlock {
  readonly endpoint: WrittenEndpoint;
  /** Undefined: the client's `model`. */
  readonly deployment: string | undefined;
  readonly version: string;
}

const nameMax = 256;
const versionMax = 64;

/** Reads an `azureopenai` block. In kgateway's `Backend` all of it is required; in `AgentgatewayBackend` the version is v1 by default. */
export function readAzureOpenAi(
  block: ObjectReader,
  {complete}: {readonly complete: boolean},
): AzureBlock | undefined {
  const text = block.requiredText('endpoint', {expand: true, max: nameMax});
  const endpoint = text === undefined ? undefined : checkEndpoint(block, text);
  const deployment = readDeployment(block, {key: 'deploymentName', required: complete, endpoint});
  const written = complete
    ? block.requiredText('apiVersion', {expand: true, max: versionMax})
    : block.text('apiVersion', {expand: true, max: versionMax});
  const pinned = block.has('deploymentName') || endpoint?.deployment !== undefined;
  if (!complete && written !== undefined && written !== 'v1' && !pinned) {
    block.problem('`deploymentName` is required for this `apiVersion`', {
      key: 'apiVersion',
      hint: 'Name the deployment, or take `apiVersion` out: v1 takes the model of each request.',
    });
  }
  const version = checkVersion(block, written ?? endpoint?.apiVersion ?? 'v1');
  if (endpoint === undefined) return undefined;
  if (written !== undefined && endpoint.apiVersion !== undefined && endpoint.apiVersion !== written) {
    block.warn(`its \`api-version\` is left out: \`apiVersion\` says ${written}`, {key: 'endpoint'});
  }
  if (isProject(endpoint.prefix) && block.has('apiVersion') && version !== 'v1') {
    block.warn('is left out: a Foundry project has the v1 API only', {key: 'apiVersion'});
  }
  return {endpoint, deployment, version};
}

/** Reads an `azure` block, which names a resource instead of an address. */
export function readAzureResource(block: ObjectReader): AzureBlock | undefined {
  const resource = block.requiredText('resourceName', {expand: true, max: nameMax});
  if (!block.has('resourceType')) block.requiredText('resourceType');
  const type = block.choice('resourceType', ['OpenAI', 'Foundry']);
  const project = readProject(block, type);
  const deployment = readDeployment(block, {key: 'model', required: false, endpoint: undefined});
  const version = checkVersion(block, block.text('apiVersion', {expand: true, max: versionMax}) ?? 'v1');
  if (resource === undefined || type === undefined) return undefined;
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(resource)) {
    block.problem('is no name of a resource', {
      key: 'resourceName',
      hint: 'Write the name alone, without `https://` and `.openai.azure.com`; for whole addresses there is `azureopenai.endpoint`.',
    });
    return undefined;
  }
  if (type === 'OpenAI') {
    return {
      endpoint: {origin: `https://${resource.toLowerCase()}.openai.azure.com`, prefix: ''},
      deployment,
      version,
    };
  }
  if (version !== 'v1') block.warn('is left out: a Foundry project has the v1 API only', {key: 'apiVersion'});
  if (deployment?.toLowerCase().startsWith('claude') === true) {
    block.problem('is not served through the OpenAI protocol', {
      key: 'model',
      hint: 'Only models of Azure OpenAI are supported.',
    });
  }
  const origin = `https://${resource.toLowerCase()}.services.ai.azure.com`;
  return {
    endpoint: {origin, prefix: `/api/projects/${encodeURIComponent(project ?? '')}`},
    deployment,
    version,
  };
}

function checkEndpoint(block: ObjectReader, text: string): WrittenEndpoint | undefined {
  const endpoint = parseEndpoint(text);
  if (!isFault(endpoint)) return endpoint;
  block.problem(endpoint.message, {key: 'endpoint', hint: endpoint.hint});
  return undefined;
}

function readDeployment(
  block: ObjectReader,
  {
    key,
    required,
    endpoint,
  }: {readonly key: string; readonly required: boolean; readonly endpoint: WrittenEndpoint | undefined},
): string | undefined {
  const options = {expand: true, max: nameMax};
  const name = required ? block.requiredText(key, options) : block.text(key, options);
  const inUrl = endpoint?.deployment;
  const deployment = name ?? inUrl;
  const fault = deployment === undefined ? undefined : describeDeploymentFault(deployment);
  if (fault !== undefined)
    block.problem(fault.message, {key: name === undefined ? 'endpoint' : key, hint: fault.hint});
  if (name !== undefined && inUrl !== undefined && name !== inUrl) {
    block.problem(
      `names the deployment ${JSON.stringify(inUrl)}, and \`${key}\` names ${JSON.stringify(name)}`,
      {
        key: 'endpoint',
        hint: 'Write the endpoint without its path.',
      },
    );
  }
  return deployment;
}

function checkVersion(block: ObjectReader, version: string): string {
  const fault = describeVersionFault(version);
  if (fault !== undefined) {
    block.problem(fault.message, {
      key: block.has('apiVersion') ? 'apiVersion' : 'endpoint',
      hint: fault.hint,
    });
  }
  return version;
}

function readProject(block: ObjectReader, type: 'OpenAI' | 'Foundry' | undefined): string | undefined {
  const project = block.text('projectName', {expand: true, max: nameMax});
  if (type === 'OpenAI' && project !== undefined)
    block.warn('is used with `resourceType: Foundry` only', {key: 'projectName'});
  if (type === 'Foundry' && !block.has('projectName')) {
    block.problem('`projectName` is required when `resourceType` is `Foundry`');
  }
  if (project !== undefined && (/[/\\\p{Cc}\p{Cs}]/u.test(project) || project === '.' || project === '..')) {
    block.problem('is no name of a project', {key: 'projectName'});
  }
  return project;
}
