import {closeKey} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {topLevelKeys} from './collect-config.ts';
import type {MapNode} from './config-node.ts';
import {reservedKeys, serverTypes} from './server-instances.ts';

const knownKeys = [...Object.keys(topLevelKeys), ...reservedKeys];
// What NeMo Gym's own files refer to: set in env.yaml, used by interpolation.
const conventionalKeys = ['policy_base_url', 'policy_api_key', 'policy_model_name'];

/**
 * Warns of each top-level key that nothing reads and that looks like one that something would (`limt`), and of each
 * block that looks like an instance but for the spelling of its type. `used`: keys that interpolations refer to.
 */
export function warnAboutUnusedKeys(
  root: MapNode,
  used: ReadonlySet<string>,
  warn: (problem: Problem) => void,
): void {
  const known = new Set([...knownKeys, ...conventionalKeys, ...used]);
  for (const [key, node] of root.entries) {
    if (known.has(key)) continue;
    const {file, line, column} = node.origin;
    if (node.kind === 'map') {
      if (!serverTypes.some((type) => node.entries.has(type))) warnAboutTypes(key, node, warn);
      continue;
    }
    const meant = closeKey(key, known);
    if (meant === undefined) continue;
    const hint = `Did you mean \`${meant}\`?`;
    warn({message: `unknown key \`${key}\` is not used`, file, line, column, path: key, hint});
  }
}

function warnAboutTypes(name: string, node: MapNode, warn: (problem: Problem) => void): void {
  for (const [key, child] of node.entries) {
    const meant = child.kind === 'map' ? closeKey(key, serverTypes) : undefined;
    if (meant === undefined) continue;
    const {file, line, column} = child.origin;
    const message = `\`${name}\` is not taken for a server: \`${key}\` is not a server type`;
    warn({message, file, line, column, path: `${name}.${key}`, hint: `Did you mean \`${meant}\`?`});
  }
}
