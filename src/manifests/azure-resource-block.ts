import {checkDeployment, checkVersion, type DeploymentBlock, textLimits} from './deployment-block.ts';
import type {ObjectReader} from './object-reader.ts';

/** Reads an `azure` block, which names a resource of Azure OpenAI or Foundry instead of an address. */
export function readAzureResource(block: ObjectReader): DeploymentBlock | undefined {
  const resource = readResourceName(block);
  block.require('resourceType');
  const type = block.choice('resourceType', ['OpenAI', 'Foundry']);
  const project = readProject(block, type);
  const deployment = checkDeployment(
    block,
    'model',
    block.text('model', {expand: true, max: textLimits.name}),
  );
  const version = checkVersion(
    block,
    'apiVersion',
    block.text('apiVersion', {expand: true, max: textLimits.version}) ?? 'v1',
  );
  if (resource === undefined || type === undefined) return undefined;
  if (type === 'OpenAI') {
    return {endpoint: {origin: `https://${resource}.openai.azure.com`, prefix: ''}, deployment, version};
  }
  if (version !== 'v1') {
    block.warn('is left out: a Foundry project has the v1 API only', {key: 'apiVersion'});
  }
  if (deployment?.toLowerCase().startsWith('claude') === true) {
    block.problem('is not served through the OpenAI protocol', {
      key: 'model',
      hint: 'Only models of Azure OpenAI are supported.',
    });
  }
  const prefix = `/api/projects/${encodeURIComponent(project ?? '')}`;
  return {endpoint: {origin: `https://${resource}.services.ai.azure.com`, prefix}, deployment, version};
}

function readResourceName(block: ObjectReader): string | undefined {
  const name = block.requiredText('resourceName', {expand: true, max: textLimits.name});
  if (name === undefined || /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)) return name?.toLowerCase();
  block.problem('is no name of a resource', {
    key: 'resourceName',
    hint:
      'Write the name alone, without `https://` and `.openai.azure.com`; ' +
      'for whole addresses there is `azureopenai.endpoint`.',
  });
  return undefined;
}

function readProject(block: ObjectReader, type: 'OpenAI' | 'Foundry' | undefined): string | undefined {
  const project = block.text('projectName', {expand: true, max: textLimits.name});
  if (type === 'OpenAI' && project !== undefined) {
    block.warn('is used with `resourceType: Foundry` only', {key: 'projectName'});
  }
  if (type === 'Foundry' && !block.has('projectName')) {
    block.problem('`projectName` is required when `resourceType` is `Foundry`');
  }
  if (project !== undefined && /[/\\\p{Cc}\p{Cs}]|^\.{1,2}$/u.test(project)) {
    block.problem('is no name of a project', {key: 'projectName'});
  }
  return project;
}
