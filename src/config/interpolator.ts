import {closeMatches} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {
  type ConfigNode,
  childOf,
  formatPath,
  interpolationText,
  isMissing,
  type MapNode,
  type NodePath,
  nearestNode,
  type Origin,
  reportedNode,
  type ScalarNode,
  scalarNode,
} from './config-node.ts';
import {parseKeyReference, parseTemplate, splitArguments} from './interpolation-template.ts';
import {OverrideSyntaxError} from './override-syntax-error.ts';
import {parseOverrideValue} from './override-value.ts';
import {isSecretKey} from './secret-key.ts';

export interface InterpolatorOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `path`: the value that was being resolved, which may refer to the one with the problem. */
  readonly report: (problem: Problem, path: NodePath) => void;
  /** Whether anything under this first key is read; those keys are resolved first, so that what they need fails with them. */
  readonly isRead?: ((key: string) => boolean) | undefined;
}

/** Where an interpolation stands: relative references and complaints need it. */
interface Place {
  readonly path: NodePath;
  readonly origin: Origin;
}

const resolverCall = /^\s*([A-Za-z_]\w*(?:\.\w+)*)\s*:([\s\S]*)$/;

/**
 * Resolves `${…}` in one tree, each value once, whatever their order; a circle is a problem, not a hang. A value that is
 * nothing but one interpolation keeps the type and the origin of what it refers to.
 */
export class Interpolator {
  /** First keys of everything that was referred to. */
  readonly used: Set<string> = new Set();
  /** Values of environment variables whose names say that they are credentials. */
  readonly secrets: Set<string> = new Set();
  readonly #root: MapNode;
  readonly #options: InterpolatorOptions;
  readonly #resolved = new Map<string, ConfigNode>();
  readonly #open = new Map<string, NodePath>();

  constructor(root: MapNode, options: InterpolatorOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** The tree without interpolations. What could not be resolved is reported and replaced by a silent `???`. */
  resolveAll(): MapNode {
    const {isRead = () => false} = this.#options;
    for (const [key, child] of this.#root.entries) if (isRead(key)) this.resolve(child, [key]);
    return this.#resolveMap(this.#root, []);
  }

  /** One value of the tree, or one that stands at `path` though the tree does not hold it. */
  resolve(node: ConfigNode, path: NodePath): ConfigNode {
    if (node.kind === 'map') return this.#resolveMap(node, path);
    if (node.kind === 'list') {
      return {...node, items: node.items.map((item, index) => this.resolve(item, [...path, index]))};
    }
    const text = interpolationText(node);
    return text === undefined ? node : this.#resolveOnce(text, {path, origin: node.origin});
  }

  #resolveMap(node: MapNode, path: NodePath): MapNode {
    const entries = [...node.entries].map(
      ([key, child]) => [key, this.resolve(child, [...path, key])] as const,
    );
    return {...node, entries: new Map(entries)};
  }

  #resolveOnce(text: string, place: Place): ConfigNode {
    const id = place.path.join('\0');
    const known = this.#resolved.get(id);
    if (known !== undefined) return known;
    if (this.#open.has(id)) {
      const circle = [...this.#open.values(), place.path].map(formatPath);
      return this.#fail(
        place,
        `refers to itself: ${circle.slice(circle.indexOf(formatPath(place.path))).join(' → ')}`,
      );
    }
    this.#open.set(id, place.path);
    const result = this.#evaluate(text, place);
    this.#open.delete(id);
    this.#resolved.set(id, result);
    return result;
  }

  #evaluate(text: string, place: Place): ConfigNode {
    const parts = parseTemplate(text);
    if (parts === undefined) {
      return this.#fail(place, '`${` is not closed by `}`', 'Write `\\${` for the characters themselves.');
    }
    const [first] = parts;
    if (parts.length === 1 && typeof first === 'object') return this.#evaluateBody(first.body, place);
    let joined = '';
    for (const part of parts) {
      const piece = typeof part === 'string' ? part : this.#evaluateToText(part.body, place);
      if (piece === undefined) return reportedNode(place.origin);
      joined += piece;
    }
    return literal(joined, place.origin);
  }

  #evaluateToText(body: string, place: Place): string | undefined {
    const node = this.#evaluateBody(body, place);
    if (isMissing(node)) return undefined;
    if (node.kind === 'scalar') return node.text;
    this.#fail(place, `\`\${${body}}\` is a ${node.kind}, which cannot be part of a text`);
    return undefined;
  }

  #evaluateBody(body: string, place: Place): ConfigNode {
    const [, resolver, args = ''] = resolverCall.exec(body) ?? [];
    if (resolver !== undefined) return this.#callResolver(resolver, splitArguments(args), place);
    const path = body.includes('${') ? this.#evaluate(body, place) : literal(body, place.origin);
    if (isMissing(path)) return reportedNode(place.origin);
    return this.#lookUp(path.kind === 'scalar' ? path.text : '', place);
  }

  #lookUp(text: string, place: Place): ConfigNode {
    const keys = this.#absolutePath(text, place);
    if (keys === undefined) {
      return this.#fail(place, `\`\${${text}}\` is not a reference`, 'Write `${a.b}` or `${oc.env:NAME}`.');
    }
    const target = this.#find(keys);
    if (target === undefined) return this.#failUnset(keys, place);
    return isMissing(target) ? reportedNode(place.origin) : target;
  }

  #absolutePath(text: string, {path}: Place): NodePath | undefined {
    const reference = parseKeyReference(text.trim());
    if (reference === undefined || reference.levels > path.length) return undefined;
    const base = reference.levels === 0 ? [] : path.slice(0, path.length - reference.levels);
    return [...base, ...reference.keys];
  }

  /** Follows interpolations on the way, so that `${a.b}` works where `a` is itself `${c}`. */
  #find(keys: NodePath): ConfigNode | undefined {
    this.used.add(String(keys[0]));
    let node: ConfigNode | undefined = this.#root;
    for (const [index, key] of keys.entries()) {
      const here = keys.slice(0, index);
      const parent: ConfigNode = interpolationText(node) === undefined ? node : this.resolve(node, here);
      if (isMissing(parent)) return parent;
      node = childOf(parent, key);
      if (node === undefined) return undefined;
    }
    return this.resolve(node, keys);
  }

  #failUnset(keys: NodePath, place: Place): ConfigNode {
    const name = formatPath(keys);
    const parent = nearestNode(this.#root, keys.slice(0, -1));
    const close =
      parent.kind === 'map' ? closeMatches(String(keys.at(-1)), parent.entries.keys(), 0.75)[0] : undefined;
    const hint =
      close === undefined
        ? `Set it in env.yaml (\`${String(keys[0])}: …\`) or with \`++${name}=<value>\`.`
        : `Did you mean \`${formatPath([...keys.slice(0, -1), close])}\`?`;
    return this.#fail(place, `refers to \`${name}\`, which is not set`, hint);
  }

  #callResolver(name: string, args: readonly string[], place: Place): ConfigNode {
    if (name === 'oc.env') return this.#readEnvironment(args, place);
    if (name === 'oc.select') return this.#select(args, place);
    if (name === 'oc.decode') return this.#decode(args, place);
    return this.#fail(
      place,
      `there is no resolver \`${name}\``,
      'Supported: `${oc.env:NAME,default}`, `${oc.select:key,default}`, `${oc.decode:text}`.',
    );
  }

  #readEnvironment([nameText = '', fallback]: readonly string[], place: Place): ConfigNode {
    const node = this.#evaluateArgument(nameText, place);
    if (isMissing(node)) return node;
    const name = node.kind === 'scalar' ? node.text : '';
    const value = this.#options.env[name];
    if (value !== undefined) {
      if (isSecretKey(name)) this.secrets.add(value);
      return literal(value, {file: `environment variable ${name}`});
    }
    if (fallback === undefined) {
      return this.#fail(
        place,
        `the environment variable ${name} is not set`,
        `Set it, or give a default: \`\${oc.env:${name},default}\`.`,
      );
    }
    const given = this.#evaluateArgument(fallback, place);
    return given.kind === 'scalar' && given.value !== null && !isMissing(given)
      ? literal(given.text, given.origin)
      : given;
  }

  #select([key = '', fallback]: readonly string[], place: Place): ConfigNode {
    const node = this.#evaluateArgument(key, place);
    const keys = node.kind === 'scalar' ? this.#absolutePath(node.text, place) : undefined;
    const target = keys === undefined ? undefined : this.#find(keys);
    if (target !== undefined && !isMissing(target)) return target;
    return fallback === undefined ? scalarNode(null, place.origin) : this.#evaluateArgument(fallback, place);
  }

  #decode([text = '']: readonly string[], place: Place): ConfigNode {
    const node = this.#evaluateArgument(text, place);
    if (node.kind !== 'scalar' || node.value === null || isMissing(node)) return node;
    return (
      this.#parseTyped(node.text, node.origin) ??
      this.#fail(place, 'the text to decode cannot be read as a value')
    );
  }

  #evaluateArgument(text: string, place: Place): ConfigNode {
    if (text.includes('${') && !/^['"]/.test(text)) return this.#evaluate(text, place);
    const node = this.#parseTyped(text, place.origin) ?? literal(text, place.origin);
    const template = interpolationText(node);
    return template === undefined ? node : this.#evaluate(template, place);
  }

  #parseTyped(text: string, origin: Origin): ConfigNode | undefined {
    try {
      const value = parseOverrideValue(text, origin);
      return value.kind === 'extension' ? undefined : value;
    } catch (error) {
      if (error instanceof OverrideSyntaxError) return undefined;
      throw error;
    }
  }

  #fail(place: Place, message: string, hint?: string): ConfigNode {
    const {file, line, column} = place.origin;
    const [asked = place.path] = this.#open.values();
    this.#options.report({message, file, line, column, path: formatPath(place.path), hint}, asked);
    return reportedNode(place.origin);
  }
}

function literal(text: string, origin: Origin): ScalarNode {
  return {...scalarNode(text, origin), literal: true};
}
