import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type {Problem} from '../core/errors.ts';
import {
  type ConfigNode,
  emptyMap,
  type MapNode,
  type Origin,
  type ScalarValue,
  scalarNode,
} from './config-node.ts';
import {typePlainScalar} from './yaml-scalar.ts';

export interface YamlSource {
  /** How the file is named in messages. */
  readonly file: string;
  /** The folder it is in, if it is in one. */
  readonly folder?: string | undefined;
}

// A document that says the same thing a million times by alias is a mistake or an attack.
const maxNodes = 1_000_000;
const tagPrefix = 'tag:yaml.org,2002:';

const quoteIt = 'Put the value in quotes.';
const syntaxHints: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: quoteIt,
  BLOCK_AS_IMPLICIT_KEY: quoteIt,
  UNEXPECTED_TOKEN: 'Put a value that holds brackets, braces, `#`, `: ` or commas in quotes.',
  TAB_AS_INDENT: 'Indent with blanks.',
  DUPLICATE_KEY: 'Take one of the two out.',
  MULTIPLE_DOCS: 'Put each document into a file of its own and name them all with --config.',
  BAD_INDENT: 'Indent it further than the key it belongs to, and close every bracket.',
  MISSING_CHAR: 'Close the quote or bracket where the value ends.',
};

/** Reads one YAML file as OmegaConf would, every value with its position. What is wrong goes to `report`; then the result is undefined. */
export function parseYaml(
  text: string,
  source: YamlSource,
  report: (problem: Problem) => void,
): MapNode | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    prettyErrors: false,
    lineCounter: lines,
    uniqueKeys: true,
  });
  const syntax = syntaxProblems(document, lines, source);
  const reader = new YamlReader(document, lines, source);
  const root = syntax.length === 0 ? reader.readRoot() : undefined;
  const problems = [...syntax, ...reader.problems];
  for (const problem of problems) report(problem);
  return problems.length === 0 ? root : undefined;
}

// The parser's own message may quote the file, and the file may hold a key: only what is fixed in it is passed on.
function syntaxProblems(document: Document.Parsed, lines: LineCounter, source: YamlSource): Problem[] {
  const firstOfLine = new Map<number, Problem>();
  for (const error of document.errors) {
    const {line, col} = lines.linePos(error.pos[0]);
    if (firstOfLine.has(line)) continue;
    firstOfLine.set(line, {
      message: `not valid YAML: ${describeSyntaxError(error.code, error.message)}`,
      file: source.file,
      line,
      column: col,
      hint:
        syntaxHints[error.code] ?? 'Compare its indentation, brackets and quotes with the lines above it.',
    });
  }
  return [...firstOfLine.values()];
}

function describeSyntaxError(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'the same key twice in one map';
  if (code === 'MULTIPLE_DOCS') return 'more than one document in the file';
  if (code === 'UNEXPECTED_TOKEN') return 'unexpected text here';
  if (code === 'BAD_DQ_ESCAPE') return 'a backslash in double quotes that is no escape of YAML';
  return message.replace(/: ".*$/s, '');
}

class YamlReader {
  readonly problems: Problem[] = [];
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #source: YamlSource;
  readonly #aliased = new Map<ParsedNode, {node: ConfigNode; size: number}>();
  readonly #open = new Set<ParsedNode>();
  #size = 0;

  constructor(document: Document.Parsed, lines: LineCounter, source: YamlSource) {
    this.#document = document;
    this.#lines = lines;
    this.#source = source;
  }

  readRoot(): MapNode | undefined {
    const contents = this.#document.contents;
    if (contents === null) return emptyMap(this.#originAt(0));
    const root = this.#read(contents);
    if (root.kind === 'map') return root;
    if (root.kind === 'scalar' && root.value === null) return emptyMap(root.origin);
    this.#complain(
      contents,
      `the file holds a ${root.kind === 'list' ? 'list' : 'single value'}, not a map`,
      {
        hint: 'Write `key: value` lines.',
      },
    );
    return undefined;
  }

  #read(node: ParsedNode | null): ConfigNode {
    this.#size += 1;
    if (node === null) return scalarNode(null, this.#originAt(0), '');
    if (isAlias(node)) return this.#readAlias(node);
    if (isScalar(node)) return this.#readScalar(node);
    const sizeBefore = this.#size;
    this.#open.add(node);
    const result = isMap(node) ? this.#readMap(node) : this.#readList(node);
    this.#open.delete(node);
    if (node.anchor !== undefined) {
      this.#aliased.set(node, {node: result, size: this.#size - sizeBefore});
    }
    return result;
  }

  #readAlias(alias: Alias.Parsed): ConfigNode {
    const target = alias.resolve(this.#document) as ParsedNode | undefined;
    if (target === undefined)
      return this.#complain(alias, 'refers to an anchor that is not defined above it');
    if (this.#open.has(target)) return this.#complain(alias, 'refers to the value that it is itself part of');
    const known = this.#aliased.get(target);
    if (known === undefined) return this.#read(target);
    this.#size += known.size;
    return this.#size > maxNodes
      ? this.#complain(alias, 'aliases make the file too large to read')
      : known.node;
  }

  #readScalar(scalar: Scalar.Parsed): ConfigNode {
    const text = typeof scalar.value === 'string' ? scalar.value : '';
    const origin = this.#originAt(scalar.range[0]);
    if (scalar.tag === undefined) {
      return scalarNode(scalar.type === 'PLAIN' ? typePlainScalar(text) : text, origin, text);
    }
    return this.#readTagged(scalar, text, origin);
  }

  #readTagged(scalar: Scalar.Parsed, text: string, origin: Origin): ConfigNode {
    const tag = scalar.tag?.replace(tagPrefix, '') ?? '';
    if (tag === 'str' || tag === '!') return scalarNode(text, origin, text);
    const value = typePlainScalar(text);
    if (tagsOf(value).includes(tag)) return scalarNode(value, origin, text);
    return this.#complain(scalar, `the tag \`${tag}\` does not fit here`);
  }

  #readList(list: YAMLSeq.Parsed): ConfigNode {
    this.#checkTag(list, 'seq');
    return {
      kind: 'list',
      items: list.items.map((item) => this.#read(item)),
      origin: this.#originAt(list.range[0]),
    };
  }

  #readMap(map: YAMLMap.Parsed): MapNode {
    this.#checkTag(map, 'map');
    const own = new Map<string, ConfigNode>();
    const merged = new Map<string, ConfigNode>();
    for (const {key, value} of map.items) {
      if (isMergeKey(key)) this.#readMerged(value, merged);
      else own.set(this.#readKey(key), this.#readValue(key, value));
    }
    return {
      kind: 'map',
      entries: merged.size === 0 ? own : new Map([...merged, ...own]),
      origin: this.#originAt(map.range[0]),
    };
  }

  // `key:` with nothing after it has no position of its own: it stands where its key does.
  #readValue(key: ParsedNode, value: ParsedNode | null): ConfigNode {
    return value === null ? scalarNode(null, this.#originAt(key.range[0]), '') : this.#read(value);
  }

  #readKey(key: ParsedNode): string {
    const node = isAlias(key) ? key.resolve(this.#document) : key;
    if (isScalar(node) && typeof node.value === 'string') return node.value;
    this.#complain(key, 'a key must be a single value');
    return '';
  }

  #readMerged(value: ParsedNode | null, merged: Map<string, ConfigNode>): void {
    const sources = isSeq(value) ? value.items : value === null ? [] : [value];
    for (const source of sources) {
      const node = this.#read(source);
      if (node.kind !== 'map') {
        this.#complain(source, '`<<` takes a map or a list of maps');
        continue;
      }
      for (const [key, child] of node.entries) if (!merged.has(key)) merged.set(key, child);
    }
  }

  #checkTag(node: ParsedNode, expected: string): void {
    const tag = node.tag?.replace(tagPrefix, '') ?? expected;
    if (tag !== expected && tag !== '!') this.#complain(node, `the tag \`${tag}\` is not supported`);
  }

  #originAt(offset: number): Origin {
    const {line, col} = this.#lines.linePos(offset);
    return {...this.#source, line, column: col};
  }

  #complain(node: ParsedNode, message: string, extra: {readonly hint?: string} = {}): ConfigNode {
    const {file, line, column} = this.#originAt(node.range[0]);
    this.problems.push({message, file, line, column, ...extra});
    return scalarNode(null, {file, line, column});
  }
}

/** The tags, beside `!!str`, that say no more than what the value is anyway. */
function tagsOf(value: ScalarValue): readonly string[] {
  if (value === null) return ['null'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['int', 'float'] : ['float'];
  return typeof value === 'boolean' ? ['bool'] : [];
}

function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<';
}
