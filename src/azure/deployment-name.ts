import {endpointError} from './endpoint-error.ts';

// Slashes and controls, and halves of characters, which no URL can hold.
const forbidden = /[/\\\p{Cc}\p{Cs}]/u;

/** The name if it can stand in a URL's path without leading elsewhere; `.`, `..`, empty and slashes are refused. */
export function checkDeploymentName(name: string): string {
  if (name === '' || name === '.' || name === '..' || forbidden.test(name)) {
    throw endpointError(`${JSON.stringify(name)} cannot be a deployment name`, {
      hint: 'Give the name of the deployment as the Azure portal shows it, under Deployments.',
    });
  }
  return name;
}

/** One path segment's text as its author meant it, decoded once; refuses what would climb out of the path. */
export function decodeDeploymentName(segment: string): string {
  try {
    return checkDeploymentName(decodeURIComponent(segment));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw endpointError(`${JSON.stringify(segment)} in the base URL is not a valid deployment name`, {
      hint: 'Percent-encode special characters, or give the deployment as `openai_model` instead.',
    });
  }
}
