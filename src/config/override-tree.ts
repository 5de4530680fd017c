import {closeMatches} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {
  type ConfigNode,
  emptyMap,
  formatPath,
  isMissing,
  type MapNode,
  nodeAt,
  toJson,
  withNodeAt,
  withoutNodeAt,
} from './config-node.ts';
import {mergeMaps} from './merge-nodes.ts';
import {type Override, parseOverride} from './override.ts';
import type {ListExtension} from './override-functions.ts';

type Report = (problem: Problem) => void;

/** The tree that the override words build among themselves, in their order; it goes over all files. */
export function buildOverrideTree(words: readonly string[], report: Report): MapNode {
  let tree = emptyMap({file: 'the command line'});
  for (const word of words) {
    const override = parseOverride(word, report);
    if (override !== undefined) tree = apply(tree, override, report);
  }
  return tree;
}

function apply(tree: MapNode, override: Override, report: Report): MapNode {
  const {operation, path, origin} = override;
  const existing = nodeAt(tree, path);
  if (operation === 'add') return add(tree, override, report);
  if (existing === undefined && operation !== 'set') {
    const close = closeMatches(formatPath(path), tree.entries.keys())[0];
    report({
      message: `there is nothing yet at \`${formatPath(path)}\` for this to ${operation}: only what an earlier \`+\` set can be`,
      file: origin.file,
      path: formatPath(path),
      hint:
        operation === 'delete'
          ? 'To take a key out of a file, write `_delete_key: <key>` beside it.'
          : `Write \`+${formatPath(path)}=…\`${close === undefined ? '' : `, or did you mean \`${close}\`?`}`,
    });
    return tree;
  }
  if (operation === 'delete') return remove(tree, override, report);
  return put(tree, override);
}

function add(tree: MapNode, override: Override, report: Report): MapNode {
  const {path, value, origin} = override;
  const existing = nodeAt(tree, path);
  const replaceable = existing === undefined || isEmpty(existing) || value?.kind !== 'scalar';
  if (replaceable || value.reported === true) return put(tree, override);
  report({
    message: `\`${formatPath(path)}\` was already added by ${existing.origin.file}`,
    file: origin.file,
    path: formatPath(path),
    hint: `Give it once, or replace it with \`++${formatPath(path)}=…\`.`,
  });
  return tree;
}

function isEmpty(node: ConfigNode): boolean {
  return (node.kind === 'scalar' && node.value === null) || isMissing(node);
}

function remove(tree: MapNode, {path, value, origin}: Override, report: Report): MapNode {
  const existing = nodeAt(tree, path);
  const matches =
    value === undefined ||
    value.kind === 'extension' ||
    (existing !== undefined && JSON.stringify(toJson(existing)) === JSON.stringify(toJson(value)));
  if (matches) return withoutNodeAt(tree, path);
  report({message: 'the value there is another one', file: origin.file, path: formatPath(path)});
  return tree;
}

function put(tree: MapNode, {operation, path, value, origin}: Override): MapNode {
  if (value === undefined) return tree;
  const existing = nodeAt(tree, path);
  if (value.kind === 'extension') return withNodeAt(tree, path, extended(existing, value, origin));
  // `--config` and several `+config_paths=[…]` add up to one list, as NeMo Gym's router makes of them.
  if (operation === 'add' && path.join('.') === 'config_paths' && value.kind === 'list') {
    return withNodeAt(tree, path, extended(existing, value, origin));
  }
  const merged = existing?.kind === 'map' && value.kind === 'map' ? mergeMaps(existing, value) : value;
  return withNodeAt(tree, path, merged);
}

function extended(
  existing: ConfigNode | undefined,
  {items}: ListExtension | {readonly items: readonly ConfigNode[]},
  origin: Override['origin'],
): ConfigNode {
  return {kind: 'list', items: [...(existing?.kind === 'list' ? existing.items : []), ...items], origin};
}
