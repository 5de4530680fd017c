import type {Problem} from '../core/errors.ts';
import {
  type ConfigNode,
  formatPath,
  interpolationText,
  isMissing,
  type MapNode,
  nodeAt,
  scalarNode,
  withNodeAt,
} from './config-node.ts';
import {Interpolator} from './interpolator.ts';
import {mergeMaps} from './merge-nodes.ts';
import {readReference} from './server-reference.ts';

type Environment = Readonly<Record<string, string | undefined>>;

interface Fallback {
  readonly key: readonly string[];
  /** The first one that is set counts. */
  readonly variables: readonly string[];
  readonly applies: (model: MapNode) => boolean;
}

const fallbacks: readonly Fallback[] = [
  {key: ['openai_base_url'], variables: ['AZURE_OPENAI_ENDPOINT'], applies: () => true},
  {
    key: ['openai_api_key'],
    variables: ['AZURE_OPENAI_API_KEY'],
    applies: (model) => textAt(model, 'auth') !== 'entra_id',
  },
  {
    key: ['default_query', 'api-version'],
    variables: ['OPENAI_API_VERSION', 'AZURE_OPENAI_API_VERSION'],
    // The v1 path takes no dated version, and a version in the URL was put there on purpose.
    applies: (model) => !/\/openai\/v1(?:$|[/?#])|[?&]api-version=/.test(textAt(model, 'openai_base_url')),
  },
];

/**
 * Fills what an Azure model's settings leave open (absent, null, `???`, or referring to what nobody set) from the
 * variables that Azure's own clients read. Each use is noted, by the variable's name only.
 */
export function applyEnvironmentFallbacks(
  root: MapNode,
  env: Environment,
  note: (problem: Problem) => void,
): MapNode {
  return [...root.entries.keys()].reduce((tree, name) => fillModel(tree, name, {env, note}), root);
}

function fillModel(
  root: MapNode,
  name: string,
  {env, note}: {readonly env: Environment; readonly note: (problem: Problem) => void},
): MapNode {
  const path = [name, 'responses_api_models', 'azure_openai_model'];
  let tree = root;
  for (const {key, variables, applies} of fallbacks) {
    const model = resolvedModel(tree, path, env);
    if (model === undefined) return tree;
    const variable = variables.find((candidate) => (env[candidate] ?? '') !== '');
    const leavesOpen = (one: MapNode): boolean =>
      !isServedElsewhere(one) && isOpen(nodeAt(one, key)) && applies(one);
    if (variable === undefined || !deploymentsOf(model).some(leavesOpen)) continue;
    const at = [...path, ...key];
    const value = {
      ...scalarNode(env[variable] ?? '', {file: `environment variable ${variable}`}),
      literal: true,
    };
    tree = withNodeAt(tree, at, value);
    note({message: `taken from the environment variable ${variable}`, path: formatPath(at)});
  }
  return tree;
}

/** The settings with their first-level references followed, silently: what cannot be followed is open. */
function resolvedModel(root: MapNode, path: readonly string[], env: Environment): MapNode | undefined {
  const model = nodeAt(root, path);
  if (model?.kind !== 'map') return undefined;
  const silent = new Interpolator(root, {env, report: () => undefined});
  const resolved = silent.resolve(model, path);
  return resolved.kind === 'map' ? resolved : undefined;
}

/** The one that the model is, or each of its several with what it inherits. */
function deploymentsOf(model: MapNode): readonly MapNode[] {
  const list = model.entries.get('deployments');
  const own = list?.kind === 'list' ? list.items.filter((item) => item.kind === 'map') : [];
  return own.length === 0 ? [model] : own.map((item) => mergeMaps(model, item));
}

function isServedElsewhere(model: MapNode): boolean {
  return textAt(model, 'url') !== '' || readReference(model.entries.get('openai_base_url')) !== undefined;
}

function isOpen(node: ConfigNode | undefined): boolean {
  if (node === undefined || isMissing(node)) return true;
  return node.kind === 'scalar' && (node.value === null || node.value === '');
}

function textAt(model: MapNode, key: string): string {
  const node = model.entries.get(key);
  return node?.kind === 'scalar' && node.value !== null && interpolationText(node) === undefined
    ? node.text
    : '';
}
