import {z} from 'zod';
import {closeKey} from '../core/close-match.ts';
import type {Problem} from '../core/errors.ts';
import {formatPath, isMissing, type MapNode, type NodePath, nearestNode, nodeAt} from './config-node.ts';
import {expecting, flag, toFieldInput, WrittenScalar} from './fields.ts';

/** Known keys, each with its own known keys if it is a group. */
export interface KeyTree {
  readonly [key: string]: KeyTree | null;
}

type CamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Key;

/** The snake_case fields of a shape as they are read: in camel case. */
export type Fields<Shape extends z.ZodRawShape> = {
  readonly [Key in keyof Shape & string as CamelCase<Key>]: z.output<Shape[Key]>;
};

export interface SectionContext {
  /** Where the section stands in the document. */
  readonly path: NodePath;
  readonly problem: (problem: Problem) => void;
  readonly warn: (problem: Problem) => void;
}

/** One kind of settings: its keys, and the way from a document's map to typed values. */
export interface Section<Shape extends z.ZodRawShape> {
  readonly keys: KeyTree;
  /** Reports every value that does not fit, and every unknown key that looks like a known one; undefined if a value did not fit. */
  read(node: MapNode, context: SectionContext): Fields<Shape> | undefined;
}

const groups = z.registry<{keys: KeyTree}>();

/** A section of `shape`'s keys; other keys are let through. */
export function createSection<const Shape extends z.ZodRawShape>(shape: Shape): Section<Shape> {
  const schema = fieldsOf(shape);
  const keys = keysOf(shape);
  return {
    keys,
    read(node, context) {
      warnAboutKeys(node, keys, context);
      const {success, data, error} = schema.safeParse(toFieldInput(node));
      if (success) return data;
      for (const {path, message} of error.issues) reportIssue(path, message, node, context);
      return undefined;
    },
  };
}

/** A map of fields inside a section, all of which have defaults. */
export function group<const Shape extends z.ZodRawShape>(shape: Shape): z.ZodType<Fields<Shape>> {
  return fieldsOf(shape).register(groups, {keys: keysOf(shape)});
}

/** The same, but off unless it is given: `true` is all defaults, `false` is off too. */
export function switchable<const Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodType<Fields<Shape> | undefined> {
  const settings = fieldsOf(shape, 'true, false or a map').optional();
  return z
    .preprocess((input) => {
      const {success, data} = flag().safeParse(input);
      if (!success) return input ?? undefined;
      return data ? {} : undefined;
    }, settings)
    .register(groups, {keys: keysOf(shape)});
}

function fieldsOf<Shape extends z.ZodRawShape>(shape: Shape, expected = 'a map'): z.ZodType<Fields<Shape>> {
  const names = Object.keys(shape);
  // Each key is present, though undefined, so that a field decides for itself what absence means.
  const filled = z.preprocess(
    (input) => {
      if (input === undefined || input === null)
        return Object.fromEntries(names.map((name) => [name, undefined]));
      if (input instanceof WrittenScalar) return input.text;
      if (typeof input !== 'object' || Array.isArray(input)) return input;
      const given = new Map<string, unknown>(Object.entries(input));
      return Object.fromEntries(names.map((name) => [name, given.get(name)]));
    },
    z.object(shape, {error: expecting(expected)}),
  );
  return filled.transform(
    (fields) =>
      Object.fromEntries(
        Object.entries(fields).map(([key, value]) => [camelCase(key), value]),
      ) as Fields<Shape>,
  );
}

function keysOf(shape: z.ZodRawShape): KeyTree {
  return Object.fromEntries(
    Object.entries(shape).map(([key, field]) => [key, groups.get(field as z.ZodType)?.keys ?? null]),
  );
}

function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function reportIssue(
  issuePath: readonly PropertyKey[],
  message: string,
  node: MapNode,
  {path, problem}: SectionContext,
): void {
  const local = issuePath.map((key) => (typeof key === 'number' ? key : String(key)));
  const at = nodeAt(node, local);
  // `???` and what could not be resolved have been complained about already.
  if (at !== undefined && isMissing(at)) return;
  const {file, line, column} = nearestNode(node, local).origin;
  problem({message, file, line, column, path: formatPath([...path, ...local])});
}

/** Warns of each unknown key that is likely a slip for a known one. */
export function warnAboutKeys(
  node: MapNode,
  keys: KeyTree,
  {path, warn}: Omit<SectionContext, 'problem'>,
): void {
  for (const [key, child] of node.entries) {
    const nested = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (nested !== undefined) {
      if (nested !== null && child.kind === 'map') warnAboutKeys(child, nested, {path: [...path, key], warn});
      continue;
    }
    const meant = closeKey(
      key,
      Object.keys(keys).filter((name) => !node.entries.has(name)),
    );
    if (meant === undefined) continue;
    const {file, line, column} = child.origin;
    warn({
      message: `unknown key \`${key}\` is not used`,
      file,
      line,
      column,
      path: formatPath([...path, key]),
      hint: `Did you mean \`${meant}\`?`,
    });
  }
}
