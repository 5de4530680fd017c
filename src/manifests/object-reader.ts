import {closeKey, closeMatch} from '../core/close-match.ts';
import type {JsonValue} from '../core/json.ts';
import type {Environment} from './expand-variables.ts';
import type {Findings} from './findings.ts';
import {
  describeKind,
  isNull,
  type ManifestNode,
  type MapEntry,
  type MapNode,
  type Position,
  type ScalarNode,
  toJson,
} from './manifest-node.ts';
import {isPlaceholder, type ScalarOptions, type SettledText, settleText} from './settle-text.ts';

export interface ReaderContext {
  /** Begins every path in a message: `Backend default/azure-openai`. */
  readonly label: string;
  readonly env: Environment;
  readonly findings: Findings;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

interface Place {
  readonly path: string;
  /** Where its key stands, for what is said of it as a whole. */
  readonly at: Position;
}

/**
 * Reads the members of one map of a document. Every value that does not fit is reported at its place and read as undefined;
 * members that nobody asked for are reported by `finish`.
 */
export class ObjectReader {
  readonly at: Position;
  readonly path: string;
  readonly #node: MapNode;
  readonly #context: ReaderContext;
  readonly #known = new Set<string>();
  readonly #below: ObjectReader[] = [];
  readonly #children = new Map<string, ObjectReader>();

  constructor(node: MapNode, {path, at}: Place, context: ReaderContext) {
    this.at = at;
    this.path = path;
    this.#node = node;
    this.#context = context;
  }

  get keys(): readonly string[] {
    return [...this.#node.entries.keys()];
  }

  /** Whether the member is there and not null. */
  has(key: string): boolean {
    return this.#find(key) !== undefined;
  }

  /** Whether the member is there; that it is not is reported. */
  require(key: string): boolean {
    if (this.has(key)) return true;
    this.problem(`\`${key}\` is missing`, {hint: this.#nearMiss([key])});
    return false;
  }

  /** The member as a text, in which variables are not replaced. */
  text(key: string, options: ScalarOptions = {}): string | undefined {
    const entry = this.#find(key);
    return entry === undefined ? undefined : this.#settle(key, entry.node, options);
  }

  /** The same for a member that must be there. */
  requiredText(key: string, options: ScalarOptions = {}): string | undefined {
    return this.require(key) ? this.text(key, options) : undefined;
  }

  /** The member as a text or what is wrong with it, which is told by the caller; but a value of a wrong type is told here. */
  attempt(key: string, options: ScalarOptions): SettledText {
    const entry = this.#find(key);
    if (entry === undefined) return {};
    const settled = settleText(entry.node, this.#context.env, options);
    if (settled.wrongType === true) this.problem(settled.message ?? '', {key, hint: settled.hint});
    return settled;
  }

  /** One of some words; what it says otherwise is reported with the nearest of them. */
  choice<const Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const text = this.text(key);
    const word = words.find((candidate) => candidate === text);
    if (text === undefined || word !== undefined) return word;
    const meant = closeMatch(text, words);
    const list = words.map((candidate) => `\`${candidate}\``).join(', ');
    this.problem(`must be one of ${list}`, {
      key,
      hint: meant === undefined ? undefined : `Did you mean \`${meant}\`?`,
    });
    return undefined;
  }

  /** A whole number in range. */
  integer(key: string, {min, max}: Range): number | undefined {
    const node = this.#find(key)?.node;
    if (node === undefined) return undefined;
    const value = node.kind === 'scalar' ? node.value : undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.problem(`must be a whole number from ${min} to ${max}`, {
      key,
      hint: typeof value === 'string' && /^\d+$/.test(value) ? 'Write it without quotes.' : undefined,
    });
    return undefined;
  }

  /** The member as a map to read on in. */
  child(key: string): ObjectReader | undefined {
    const entry = this.#find(key);
    const opened = this.#children.get(key);
    if (entry === undefined || opened !== undefined) return opened;
    const child = this.#open(entry.node, {path: joinPath(this.path, key), at: entry.keyAt});
    if (child !== undefined) this.#children.set(key, child);
    return child;
  }

  /** The same for a member that must be there. */
  requiredChild(key: string): ObjectReader | undefined {
    return this.require(key) ? this.child(key) : undefined;
  }

  /** The member as a list of maps; items that are none are reported and left out. */
  children(key: string, {min, max}: Range = {min: 0, max: Number.MAX_SAFE_INTEGER}): readonly ObjectReader[] {
    const entry = this.#find(key);
    if (entry === undefined) return [];
    const {node} = entry;
    if (node.kind !== 'list') {
      this.problem(`must be a list, not ${describeKind(node)}`, {key});
      return [];
    }
    if (node.items.length < min) this.problem(`must have at least ${min} of them`, {key});
    if (node.items.length > max)
      this.problem(`has ${node.items.length} of them; at most ${max} are allowed`, {key});
    return node.items
      .map((item, index) => this.#open(item, {path: `${joinPath(this.path, key)}[${index}]`, at: item.at}))
      .filter((item) => item !== undefined);
  }

  /** The member as a list of texts. */
  texts(key: string): readonly {readonly text: string; readonly at: Position}[] {
    const node = this.#find(key)?.node;
    if (node === undefined) return [];
    if (node.kind !== 'list') {
      this.problem(`must be a list, not ${describeKind(node)}`, {key});
      return [];
    }
    return node.items.flatMap((item, index) => {
      const text = this.#settle(`${key}[${index}]`, item, {});
      return text === undefined ? [] : [{text, at: item.at}];
    });
  }

  /** The texts under this map's own keys, whatever these are. */
  entries(options: ScalarOptions = {}): ReadonlyMap<string, string> {
    const texts = new Map<string, string>();
    for (const key of this.keys) {
      const text = this.text(key, options);
      if (text !== undefined) texts.set(key, text);
    }
    return texts;
  }

  /** The member's plain JSON, whatever it is. */
  json(key: string): JsonValue | undefined {
    this.#known.add(key);
    const entry = this.#node.entries.get(key);
    return entry === undefined ? undefined : toJson(entry.node);
  }

  /** Members that may be there and mean nothing here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#known.add(key);
  }

  /** Members that would change something and are not supported: a warning for each that is there. */
  notApplied(keys: readonly string[], hint?: string): void {
    for (const key of keys) if (this.has(key)) this.warn('is not applied here', {key, hint});
  }

  /** The same, where doing without would do something else than what was asked for: a problem for each. */
  notSupported(keys: readonly string[], hint?: string): void {
    for (const key of keys) if (this.has(key)) this.problem('is not supported', {key, hint});
  }

  /** Which of members that exclude each other is there; none or several is reported. */
  exactlyOne<const Key extends string>(keys: readonly Key[]): Key | undefined {
    const [found, ...others] = keys.filter((key) => this.has(key));
    const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
    if (found !== undefined && others.length === 0) return found;
    if (found === undefined) this.problem(`needs one of ${list(keys)}`, {hint: this.#nearMiss(keys)});
    else
      this.problem(`has ${list([found, ...others])}, of which only one is allowed`, {
        key: others[0] ?? found,
      });
    return undefined;
  }

  problem(message: string, {key, hint}: {key?: string | undefined; hint?: string | undefined} = {}): void {
    this.#context.findings.problem(this.#finding(message, key, hint));
  }

  warn(message: string, {key, hint}: {key?: string | undefined; hint?: string | undefined} = {}): void {
    this.#context.findings.warn(this.#finding(message, key, hint));
  }

  /** Warns of every member, here and below, that was never asked for. */
  finish(): void {
    const known = [...this.#known];
    for (const [key, {keyAt}] of this.#node.entries) {
      if (this.#known.has(key)) continue;
      const meant = closeKey(
        key,
        known.filter((name) => !this.#node.entries.has(name)),
      );
      this.#context.findings.warn({
        message: 'unknown field, not used',
        ...keyAt,
        path: this.#label(joinPath(this.path, key)),
        ...(meant === undefined ? {} : {hint: `Did you mean \`${meant}\`?`}),
      });
    }
    for (const reader of this.#below) reader.finish();
  }

  #find(key: string): MapEntry | undefined {
    this.#known.add(key);
    const entry = this.#node.entries.get(key);
    return entry === undefined || isNull(entry.node) ? undefined : entry;
  }

  /** What stands there under a name so close that it was probably meant. */
  #nearMiss(wanted: readonly string[]): string | undefined {
    const others = this.keys.filter((key) => !this.#known.has(key));
    for (const key of wanted) {
      const written = closeKey(key, others);
      if (written !== undefined) return `There is \`${written}\`: did you mean \`${key}\`?`;
    }
    return undefined;
  }

  #settle(key: string, node: ManifestNode, options: ScalarOptions): string | undefined {
    const {text, message, hint} = settleText(node, this.#context.env, options);
    if (options.secret === true && text !== undefined && !isPlaceholder(text)) {
      this.#context.findings.addSecret(text);
    }
    if (message === undefined) return text;
    this.#context.findings.problem({
      message,
      ...node.at,
      path: this.#label(joinPath(this.path, key)),
      ...(hint === undefined ? {} : {hint}),
    });
    return undefined;
  }

  #open(node: ManifestNode, place: Place): ObjectReader | undefined {
    if (node.kind !== 'map') {
      const message = `must be a map, not ${describeKind(node)}`;
      this.#context.findings.problem({message, ...node.at, path: this.#label(place.path)});
      return undefined;
    }
    const reader = new ObjectReader(node, place, this.#context);
    this.#below.push(reader);
    return reader;
  }

  #finding(
    message: string,
    key: string | undefined,
    hint: string | undefined,
  ): Position & {message: string; path: string; hint?: string} {
    const entry = key === undefined ? undefined : this.#node.entries.get(key);
    const at = entry === undefined ? this.at : positionOf(entry);
    const path = entry === undefined || key === undefined ? this.path : joinPath(this.path, key);
    return {message, ...at, path: this.#label(path), ...(hint === undefined ? {} : {hint})};
  }

  #label(path: string): string {
    return path === '' ? this.#context.label : `${this.#context.label}: ${path}`;
  }
}

/** A single value is looked for where it stands, a map or list at its key. */
function positionOf({keyAt, node}: MapEntry): Position {
  return isScalarNode(node) ? node.at : keyAt;
}

function isScalarNode(node: ManifestNode): node is ScalarNode {
  return node.kind === 'scalar';
}

function joinPath(path: string, key: string): string {
  if (!/^[\w-]+(?:\[\d+\])?$/.test(key)) return `${path}["${key}"]`;
  return path === '' ? key : `${path}.${key}`;
}
