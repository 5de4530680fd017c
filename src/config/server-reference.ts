import {z} from 'zod';
import {closeMatches} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {type ConfigNode, formatPath, isMissing, type MapNode, type NodePath} from './config-node.ts';
import {expecting, text, WrittenScalar} from './fields.ts';
import {type ServerInstance, type ServerType, serverTypes} from './server-instances.ts';

/** One instance as another names it: `{type: responses_api_models, name: policy_model}`. */
export interface ServerRef<Type extends ServerType = ServerType> {
  readonly type: Type;
  readonly name: string;
}

/** A field that names an instance of one type. */
export function reference<Type extends ServerType>(type: Type): z.ZodType<ServerRef<Type>> {
  return z.preprocess(
    (input) => (input instanceof WrittenScalar ? input.text : input),
    z.object(
      {type: z.literal(type, {error: expecting(`\`${type}\``)}), name: text()},
      {error: expecting(`a reference \`{type: ${type}, name: <instance>}\``)},
    ),
  );
}

/** Reports each first-level `{type, name}` of an instance or of its deployments that names none of that type, with the names that are close. */
export function checkReferences(
  instance: ServerInstance,
  instances: readonly ServerInstance[],
  report: (problem: Problem) => void,
): void {
  for (const {path, node} of valuesOf(instance)) {
    const target = readReference(node);
    if (target === undefined) continue;
    const names = instances.filter(({type}) => type === target.type).map(({name}) => name);
    if (names.includes(target.name)) continue;
    const {file, line, column} = node.origin;
    report({
      message: `refers to \`${target.name}\`, but there is no such instance in ${target.type}`,
      file,
      line,
      column,
      path: formatPath(path),
      hint: suggest(target.name, names),
    });
  }
}

/** The values of an instance's keys, and of those of its several deployments. */
function valuesOf({
  node,
  path,
}: ServerInstance): readonly {readonly path: NodePath; readonly node: ConfigNode}[] {
  const valuesIn = (map: MapNode, at: NodePath) =>
    [...map.entries].map(([key, value]) => ({path: [...at, key], node: value}));
  const list = node.entries.get('deployments');
  const items = list?.kind === 'list' ? list.items : [];
  const ofItems = items.flatMap((item, index) =>
    item.kind === 'map' ? valuesIn(item, [...path, 'deployments', index]) : [],
  );
  return [...valuesIn(node, path), ...ofItems];
}

/** The reference that a value is, whatever field it stands in. */
export function readReference(node: ConfigNode | undefined): ServerRef | undefined {
  if (node?.kind !== 'map') return undefined;
  const [type, name] = [node.entries.get('type'), node.entries.get('name')];
  if (type?.kind !== 'scalar' || name?.kind !== 'scalar' || isMissing(name)) return undefined;
  const known = serverTypes.find((candidate) => candidate === type.value);
  return known === undefined ? undefined : {type: known, name: name.text};
}

/** Close names, or all there are. */
export function suggest(name: string, names: readonly string[]): string {
  if (names.length === 0) return 'The configuration declares none: name its file with --config.';
  const close = closeMatches(name, names);
  const list = (close.length > 0 ? close : names).map((candidate) => `\`${candidate}\``).join(', ');
  return close.length > 0 ? `Did you mean ${list}?` : `There are: ${list}.`;
}
