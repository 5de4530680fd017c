import type {Problem} from '../core/errors.ts';
import {
  type ConfigNode,
  formatPath,
  isMissing,
  type MapNode,
  type NodePath,
  nodeAt,
  type Origin,
  reportedNode,
  withoutNodeAt,
} from './config-node.ts';
import {mergeNodes} from './merge-nodes.ts';

const directiveText = /^\$\{\s*(inherit_from|copy)\s*:\s*([^{}]+?)\s*\}$/;
const directiveKeys = ['_inherit_from', '_copy', '_delete_key'];

/**
 * Carries out NeMo Gym's directives: `_inherit_from` / `${inherit_from:path}` moves a value here and merges the map's
 * own keys over it, `_copy` / `${copy:path}` leaves the source where it is, `_delete_key` takes children out. Sources
 * are read as they were before any directive ran.
 */
export function applyDirectives(root: MapNode, report: (problem: Problem) => void): MapNode {
  const pass = new DirectivePass(root, report);
  const result = pass.visit(root, [], []);
  if (result.kind !== 'map') return root;
  return pass.moved.reduce((tree, path) => withoutNodeAt(tree, path), result);
}

interface Directive {
  readonly move: boolean;
  readonly source: string;
  readonly origin: Origin;
}

class DirectivePass {
  readonly moved: (readonly string[])[] = [];
  readonly #root: MapNode;
  readonly #report: (problem: Problem) => void;

  constructor(root: MapNode, report: (problem: Problem) => void) {
    this.#root = root;
    this.#report = report;
  }

  /** `trail`: the sources whose content this is, to notice a value that inherits from itself. */
  visit(node: ConfigNode, path: NodePath, trail: readonly string[]): ConfigNode {
    if (node.kind === 'list') {
      return {...node, items: node.items.map((item, index) => this.visit(item, [...path, index], trail))};
    }
    const directive = directiveOf(node);
    const own = node.kind === 'map' ? this.#withoutDeleted(node, path, directive !== undefined) : undefined;
    if (directive === undefined) return own === undefined ? node : this.#visitEntries(own.node, path, trail);
    const source = this.#take(directive, path, trail);
    if (source === undefined) return reportedNode(directive.origin);
    if (isMissing(source)) return {...source, origin: directive.origin};
    const merged = own === undefined || own.node.entries.size === 0 ? source : mergeNodes(source, own.node);
    const result = merged.kind === 'map' ? this.#delete(merged, own?.later ?? [], path) : merged;
    return this.visit(result, path, [...trail, directive.source]);
  }

  #visitEntries(node: MapNode, path: NodePath, trail: readonly string[]): MapNode {
    const entries = [...node.entries].map(
      ([key, child]) => [key, this.visit(child, [...path, key], trail)] as const,
    );
    return {...node, entries: new Map(entries)};
  }

  #take({move, source, origin}: Directive, path: NodePath, trail: readonly string[]): ConfigNode | undefined {
    const keys = source.split('.');
    const node = nodeAt(this.#root, keys);
    if (node === undefined) {
      this.#complain(`there is nothing at \`${source}\` to take over`, origin, path);
      return undefined;
    }
    if (trail.includes(source) || formatPath(path) === source || formatPath(path).startsWith(`${source}.`)) {
      this.#complain(`takes over \`${source}\`, which it is itself part of`, origin, path);
      return undefined;
    }
    if (move) this.moved.push(keys);
    return node;
  }

  /** Directive keys taken out, and children to delete that are here already; the others have to come from the source. */
  #withoutDeleted(
    node: MapNode,
    path: NodePath,
    inherits: boolean,
  ): {readonly node: MapNode; readonly later: string[]} {
    const wanted = namesOf(node.entries.get('_delete_key'));
    const entries = new Map(
      [...node.entries].filter(([key]) => !directiveKeys.includes(key) && !wanted.includes(key)),
    );
    const later = wanted.filter((key) => !node.entries.has(key));
    const rest = {...node, entries};
    return inherits ? {node: rest, later} : {node: this.#delete(rest, later, path), later: []};
  }

  #delete(node: MapNode, keys: readonly string[], path: NodePath): MapNode {
    let result = node;
    for (const key of keys) {
      if (!node.entries.has(key)) this.#complain(`there is no \`${key}\` to delete`, node.origin, path);
      result = withoutNodeAt(result, [key]);
    }
    return result;
  }

  #complain(message: string, {file, line, column}: Origin, path: NodePath): void {
    this.#report({message, file, line, column, path: formatPath(path)});
  }
}

function directiveOf(node: ConfigNode): Directive | undefined {
  if (node.kind === 'list') return undefined;
  if (node.kind === 'scalar') {
    const [, verb, source] = node.literal === true ? [] : (directiveText.exec(String(node.value)) ?? []);
    return source === undefined ? undefined : {move: verb === 'inherit_from', source, origin: node.origin};
  }
  for (const key of ['_inherit_from', '_copy']) {
    const value = node.entries.get(key);
    if (value?.kind === 'scalar' && typeof value.value === 'string') {
      return {move: key === '_inherit_from', source: value.value.trim(), origin: value.origin};
    }
  }
  return undefined;
}

/** `"a, b"`, or a list of names. */
function namesOf(node: ConfigNode | undefined): readonly string[] {
  if (node === undefined) return [];
  const names =
    node.kind === 'list' ? node.items.flatMap(namesOf) : node.kind === 'scalar' ? node.text.split(',') : [];
  return names.map((name) => name.trim()).filter((name) => name !== '');
}
