import type {Problem} from '../core/errors.ts';
import {type ConfigNode, formatPath, isMissing, type NodePath} from './config-node.ts';
import {isSecretKey} from './secret-key.ts';

/** One problem for each `???` that nothing has set, wherever it stands. */
export function findMissingValues(node: ConfigNode, path: NodePath = []): readonly Problem[] {
  if (node.kind === 'list')
    return node.items.flatMap((item, index) => findMissingValues(item, [...path, index]));
  if (node.kind === 'map') {
    return [...node.entries].flatMap(([key, child]) => findMissingValues(child, [...path, key]));
  }
  if (!isMissing(node) || node.reported === true) return [];
  const {file, line, column} = node.origin;
  const name = formatPath(path);
  const inEnvFile = isSecretKey(String(path.at(-1))) ? ', better in env.yaml than on the command line' : '';
  return [
    {
      message: 'a value is mandatory here (`???`), and nothing sets it',
      file,
      line,
      column,
      path: name,
      hint: `Set it with \`++${name}=<value>\`${inEnvFile}.`,
    },
  ];
}
