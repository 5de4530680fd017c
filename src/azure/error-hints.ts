import {apiVersionKind, defaultDatedVersion, knownApiVersions, nearestApiVersion} from './api-version.ts';
import type {AzureErrorBody} from './error-body.ts';

/** What a hint may speak of. */
export interface HintContext {
  /** As it was called, safe to show. */
  readonly url: string;
  readonly deployment: string;
  readonly apiVersion: string | undefined;
  readonly credential: CredentialKind;
}

/** How calls are signed in. */
export type CredentialKind = 'api-key' | 'bearer' | 'entra' | 'passthrough';

type HintWriter = (body: AzureErrorBody, context: HintContext) => string;

// The keys are those of the model server's YAML, with the names that env.yaml gives them in brackets.
const hints: Readonly<Record<string, HintWriter>> = {
  ERR_MODEL_AUTH: authHint,
  ERR_MODEL_API_VERSION: versionHint,
  ERR_MODEL_DEPLOYMENT_NOT_FOUND: (_, {deployment, url}) =>
    `Set \`openai_model\` (\`policy_model_name\`) to the deployment's name, not the model's: "${deployment}" is not at ` +
    `${originOf(url)}. One created within the last 5 minutes may need a moment.`,
  ERR_MODEL_RESOURCE_NOT_FOUND: (_, {url}) =>
    `Nothing is at ${url}. Check \`openai_base_url\` (\`policy_base_url\`) and \`default_query.api-version\`; ` +
    'an api-version that the service does not know gives the same answer.',
  ERR_MODEL_FORBIDDEN: forbiddenHint,
  ERR_MODEL_OPERATION: (_, {deployment}) =>
    `Check what model "${deployment}" is a deployment of; set \`upstream_api: responses\` if it answers on the Responses API only.`,
  ERR_MODEL_PARAMETER: parameterHint,
  ERR_MODEL_REDIRECT: (_, {url}) => `Set \`openai_base_url\` to the address that ${url} points to.`,
  ERR_MODEL_HEADERS: () => 'Remove custom headers: the service takes at most ten.',
  ERR_MODEL_FILTER_POLICY: () => 'Take `x-policy-id` out of the headers, or name a policy of this resource.',
  ERR_MODEL_CONTENT_FILTER: () =>
    'Change the prompt, or ask for another content filter configuration of the deployment.',
  ERR_MODEL_CONTEXT_LENGTH: () => 'Shorten the row, or lower `max_output_tokens`.',
  ERR_MODEL_OUTPUT_LIMIT: () => 'Raise `max_output_tokens`: reasoning uses it up too.',
  ERR_MODEL_CONVERSATION: () => 'Mend the row: other rows are not affected.',
  ERR_MODEL_NOT_FOUND: () => 'Responses are kept for 30 days, and only if `store` is true.',
  ERR_MODEL_RATE_LIMIT: () => 'Set `rpm` and `tpm` to your share of the quota, or raise it.',
  ERR_MODEL_QUOTA_EXHAUSTED: () =>
    'Raise the quota, or run the same command again when it is renewed; a single request larger than the ' +
    'tokens per minute never fits.',
  ERR_MODEL_OVERLOADED: () => 'Try later, another region, or provisioned throughput.',
};

/** What a person can do about it; undefined where there is nothing but to try again. */
export function hintFor(code: string, body: AzureErrorBody, context: HintContext): string | undefined {
  return hints[code]?.(body, context);
}

function authHint({message}: AzureErrorBody, {url, credential}: HintContext): string {
  if (credential === 'api-key') {
    return (
      'Check `openai_api_key` (`policy_api_key`) and `openai_base_url` (`policy_base_url`): both must be of the same ' +
      `resource. Tried ${url}.`
    );
  }
  if (credential === 'passthrough') {
    return `The \`authorization\` of the request is passed on: send a key or a token of the resource. Tried ${url}.`;
  }
  const audience = /audience/i.test(message) ? ' or set `entra_scope` to the audience that it names' : '';
  return credential === 'entra'
    ? `Sign in again (\`az login\`) with an identity of the resource’s tenant${audience}. Tried ${url}.`
    : `The token has expired or is for something else: get another${audience}. Tried ${url}.`;
}

function versionHint({message}: AzureErrorBody, {apiVersion}: HintContext): string {
  const lowest = /enabled only for api[ -]?versions? (\d{4}-\d{2}-\d{2}(?:-preview)?)/i.exec(message)?.[1];
  if (lowest !== undefined) {
    return `Set \`default_query.api-version\` to ${lowest} or later, or to "v1".`;
  }
  const isOdd = apiVersion !== undefined && apiVersionKind(apiVersion) === 'dated';
  const nearest =
    isOdd && !knownApiVersions.includes(apiVersion) ? nearestApiVersion(apiVersion) : defaultDatedVersion;
  return (
    `${apiVersion ?? 'No version'} was asked for: set \`default_query.api-version\` to one that the resource ` +
    `has, as ${nearest} or "v1".`
  );
}

function forbiddenHint({message}: AzureErrorBody, {url}: HintContext): string {
  if (/data action|principal/i.test(message)) {
    return (
      'Give the identity the role "Cognitive Services OpenAI User" on the resource (Owner or Contributor is not ' +
      'enough); it takes up to 5 minutes to work.'
    );
  }
  if (/network|firewall|private endpoint|public access/i.test(message)) {
    return `Run it inside the network that the resource allows, or add this machine under Networking. Tried ${url}.`;
  }
  return `Ask the resource’s owner whether it is blocked or out of its quota. Tried ${url}.`;
}

function parameterHint({message, param}: AzureErrorBody, {apiVersion}: HintContext): string {
  if (/max_completion_tokens' instead|'(temperature|top_p)' does not support/i.test(message)) {
    return 'Set `model_family` to the model behind the deployment, as in `model_family: o3-mini`.';
  }
  if (/use 'max_tokens'|unrecognized request argument/i.test(message)) {
    return `Take it out of the rows, or raise \`default_query.api-version\` (now ${apiVersion ?? 'v1'}).`;
  }
  return `Change ${param === undefined ? 'it' : `\`${param}\``} in \`responses_create_params\`: every row that has it fails alike.`;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
