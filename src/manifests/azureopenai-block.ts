import {isFault, isProject, isUnencrypted, parseEndpoint, type WrittenEndpoint} from './azure-address.ts';
import {checkDeployment, checkVersion, type DeploymentBlock, textLimits} from './deployment-block.ts';
import type {ObjectReader} from './object-reader.ts';

/**
 * Reads an `azureopenai` block. In kgateway's `Backend` it is `complete`: all of it is required. In `AgentgatewayBackend` the
 * version is v1 by default, and a deployment is required for the others.
 */
export function readAzureOpenAi(
  block: ObjectReader,
  {complete}: {readonly complete: boolean},
): DeploymentBlock | undefined {
  const endpoint = readEndpoint(block);
  const name = readMember(block, 'deploymentName', {complete, max: textLimits.name});
  const written = readMember(block, 'apiVersion', {complete, max: textLimits.version});
  const deployment = checkDeployment(
    block,
    name === undefined ? 'endpoint' : 'deploymentName',
    name ?? endpoint?.deployment,
  );
  const version = checkVersion(
    block,
    written === undefined ? 'endpoint' : 'apiVersion',
    written ?? endpoint?.apiVersion ?? 'v1',
  );
  if (!complete && deployment === undefined) requireDeployment(block, written);
  if (endpoint === undefined) return undefined;
  compareWithEndpoint(block, endpoint, {name, written});
  return {endpoint, deployment, version};
}

function requireDeployment(block: ObjectReader, version: string | undefined): void {
  if (version === undefined || version === 'v1' || block.has('deploymentName')) return;
  block.problem('`deploymentName` is required for this `apiVersion`', {
    key: 'apiVersion',
    hint: 'Name the deployment, or take `apiVersion` out: v1 takes the model of each request.',
  });
}

function readEndpoint(block: ObjectReader): WrittenEndpoint | undefined {
  const text = block.requiredText('endpoint', {expand: true, max: textLimits.name});
  if (text === undefined) return undefined;
  const endpoint = parseEndpoint(text);
  if (isFault(endpoint)) {
    block.problem(endpoint.message, {key: 'endpoint', hint: endpoint.hint});
    return undefined;
  }
  if (isUnencrypted(endpoint.origin)) {
    block.warn('is not encrypted: keys and texts can be read on their way there', {key: 'endpoint'});
  }
  return endpoint;
}

function readMember(
  block: ObjectReader,
  key: string,
  {complete, max}: {readonly complete: boolean; readonly max: number},
): string | undefined {
  return complete ? block.requiredText(key, {expand: true, max}) : block.text(key, {expand: true, max});
}

/** A whole "Target URI" names the deployment and the version once more. A wrong deployment would go unnoticed. */
function compareWithEndpoint(
  block: ObjectReader,
  {deployment, apiVersion, prefix}: WrittenEndpoint,
  {name, written}: {readonly name: string | undefined; readonly written: string | undefined},
): void {
  if (name !== undefined && deployment !== undefined && name !== deployment) {
    const names = [deployment, name].map((text) => JSON.stringify(text));
    block.problem(`names the deployment ${names[0] ?? ''}, and \`deploymentName\` names ${names[1] ?? ''}`, {
      key: 'endpoint',
      hint: 'Write the endpoint without its path.',
    });
  }
  if (written === undefined) return;
  if (apiVersion !== undefined && apiVersion !== written) {
    block.warn(`its \`api-version\` is left out: \`apiVersion\` says ${written}`, {key: 'endpoint'});
  }
  if (isProject(prefix) && written !== 'v1') {
    block.warn('is left out: a Foundry project has the v1 API only', {key: 'apiVersion'});
  }
}
