import type {Problem} from '../core/errors.ts';
import {formatPath, isMissing, type MapNode, type NodePath, nodeAt} from './config-node.ts';
import type {ModelConfig} from './model-config.ts';
import type {SectionContext} from './section.ts';
import {readReference} from './server-reference.ts';

/** Warns of a query parameter that looks like the API version and is none. */
export function warnAboutKeysOfQuery(node: MapNode, {path, warn}: SectionContext): void {
  const query = node.entries.get('default_query');
  if (query?.kind !== 'map' || query.entries.has('api-version')) return;
  for (const [key, child] of query.entries) {
    if (!/^api_?-?version$/i.test(key)) continue;
    const {file, line, column} = child.origin;
    const hint = 'Did you mean `api-version`?';
    const message = `\`${key}\` does not set the API version`;
    warn({message, file, line, column, path: formatPath([...path, 'default_query', key]), hint});
  }
}

/** What a deployment cannot be called without. `node` is where it is described. */
export function missingFields(config: ModelConfig, node: MapNode, path: NodePath): Problem[] {
  if (config.url !== undefined) return [];
  const {openaiBaseUrl: url, openaiApiKey, openaiModel, auth} = config;
  const problems: Problem[] = [];
  const demand = (key: string, hint: string): void => {
    const given = nodeAt(node, [key]);
    if (given !== undefined && isMissing(given)) return;
    const {file, line, column} = (given ?? node).origin;
    problems.push({
      message: `\`${key}\` is required here`,
      file,
      line,
      column,
      path: formatPath([...path, key]),
      hint,
    });
  };
  if (isBlank(url))
    demand(
      'openai_base_url',
      'Give the endpoint, e.g. `https://<resource>.openai.azure.com`, or set AZURE_OPENAI_ENDPOINT.',
    );
  const simulated = typeof url === 'object';
  if (auth !== 'entra_id' && !simulated && isBlank(openaiApiKey)) {
    demand(
      'openai_api_key',
      'Set `policy_api_key` in env.yaml, or AZURE_OPENAI_API_KEY, or `auth: entra_id` to sign in without a key.',
    );
  }
  const deploymentInUrl = typeof url === 'string' && /\/deployments\/[^/?#]/.test(url);
  if (!deploymentInUrl && isBlank(openaiModel))
    demand('openai_model', "Give the deployment's name (not the model's).");
  return problems;
}

/** Limits by the minute where none apply. */
export function uselessQuota({provisioned}: ModelConfig, node: MapNode, path: NodePath): Problem[] {
  if (provisioned !== true) return [];
  return ['rpm', 'tpm'].flatMap((key) => {
    const given = nodeAt(node, [key]);
    if (given === undefined || (given.kind === 'scalar' && given.value === null)) return [];
    const {file, line, column} = given.origin;
    const message = `provisioned throughput has no \`${key}\``;
    const hint = `Leave out \`${key}\`, or \`provisioned\` if this deployment is paid by use.`;
    return [{message, file, line, column, path: formatPath([...path, key]), hint}];
  });
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === '';
}

/** Warns of the values that NeMo Gym's page prints: they are legal, but nobody can have meant them. */
export function warnAboutPlaceholders(
  config: ModelConfig,
  node: MapNode,
  {path, warn}: SectionContext,
): void {
  const url = typeof config.openaiBaseUrl === 'string' ? config.openaiBaseUrl : '';
  const placeholders: readonly (readonly [string, boolean, string])[] = [
    ['openai_base_url', /^(?:https?:\/\/)?<?your[-_]/i.test(url), "your resource's endpoint"],
    ['openai_api_key', /^<?your[-_ ].*key>?$/i.test(config.openaiApiKey ?? ''), 'your key'],
  ];
  for (const [key, isPlaceholder, wanted] of placeholders) {
    const given = node.entries.get(key);
    if (!isPlaceholder || given === undefined || readReference(given) !== undefined) continue;
    const {file, line, column} = given.origin;
    const message = `\`${key}\` still holds the example of the documentation`;
    warn({message, file, line, column, path: formatPath([...path, key]), hint: `Put ${wanted} there.`});
  }
}
