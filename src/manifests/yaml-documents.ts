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
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type {Findings} from './findings.ts';
import type {ManifestNode, MapEntry, MapNode, Position, ScalarNode} from './manifest-node.ts';

// A document that says the same thing a million times by alias is a mistake or an attack.
const maxNodes = 1_000_000;

const quoteIt = 'Put the value in quotes.';
const syntaxHints: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: `${quoteIt} The fences of a Markdown page are not part of the document.`,
  BLOCK_AS_IMPLICIT_KEY: quoteIt,
  UNEXPECTED_TOKEN:
    'Put a value that holds brackets, braces, `#`, `: ` or commas in quotes, and a line `---` between two documents.',
  TAB_AS_INDENT: 'Indent with blanks.',
  DUPLICATE_KEY: 'Take one of the two out.',
  BAD_INDENT: 'Indent it further than the key it belongs to, and close every bracket.',
  MISSING_CHAR: 'Close the quote or bracket where the value ends.',
};

/** One document of a file, read. */
export interface YamlDocument {
  /** Its number in the file, from 0; documents without content do not count. */
  readonly index: number;
  readonly root: ManifestNode;
}

/**
 * Reads every YAML or JSON document of a file by YAML 1.2's core schema, each value with its position. One that is not valid
 * is reported and left out, and does not spoil the others.
 */
export function parseDocuments(text: string, file: string, findings: Findings): readonly YamlDocument[] {
  const documents: YamlDocument[] = [];
  let index = 0;
  for (const piece of splitDocuments(text)) {
    const reader = new DocumentReader(piece, file, findings);
    if (reader.isEmpty) continue;
    const root = reader.read();
    if (root !== undefined) documents.push({index, root});
    index += 1;
  }
  return documents;
}

interface TextPiece {
  readonly text: string;
  /** How many lines of the file stand before it. */
  readonly linesBefore: number;
}

/**
 * At the margin `---` and `...` are markers wherever they stand, so a quote that is never closed ends there too. Where one
 * JSON object has ended the next may begin, as programs print them.
 */
function splitDocuments(text: string): readonly TextPiece[] {
  const pieces: {lines: string[]; linesBefore: number}[] = [{lines: [], linesBefore: 0}];
  let last = '';
  for (const [number, line] of text.split('\n').entries()) {
    if (/^---(?=\s|$)/.test(line) || (line.startsWith('{') && last.endsWith('}')))
      pieces.push({lines: [line], linesBefore: number});
    else if (/^\.\.\.(?=\s|$)/.test(line)) pieces.push({lines: [], linesBefore: number + 1});
    else pieces.at(-1)?.lines.push(line);
    if (/\S/.test(line)) last = line.trimEnd();
  }
  return pieces
    .filter(({lines}) => !lines.every((line) => /^\s*$|^%/.test(line)))
    .map(({lines, linesBefore}) => ({text: lines.join('\n'), linesBefore}));
}

class DocumentReader {
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #piece: TextPiece;
  readonly #file: string;
  readonly #findings: Findings;
  readonly #aliased = new Map<ParsedNode, {node: ManifestNode; size: number}>();
  readonly #open = new Set<ParsedNode>();
  #size = 0;
  #sound = true;

  constructor(piece: TextPiece, file: string, findings: Findings) {
    this.#piece = piece;
    this.#file = file;
    this.#findings = findings;
    this.#document = parseDocument(piece.text, {
      schema: 'core',
      prettyErrors: false,
      lineCounter: this.#lines,
      uniqueKeys: true,
      logLevel: 'silent',
    });
  }

  get isEmpty(): boolean {
    const {contents, errors} = this.#document;
    return errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null));
  }

  read(): ManifestNode | undefined {
    const firstOfLine = new Set<number>();
    for (const error of [...this.#document.errors, ...this.#document.warnings]) {
      const at = this.#positionAt(this.#placeOf(error));
      if (firstOfLine.has(at.line)) continue;
      firstOfLine.add(at.line);
      const hint =
        syntaxHints[error.code] ?? 'Compare its indentation, brackets and quotes with the lines above it.';
      this.#complain(at, `not valid YAML: ${describeError(error)}`, hint);
    }
    const root = this.#sound ? this.#read(this.#document.contents) : undefined;
    if (this.#sound) return root;
    this.#findings.incomplete = true;
    return undefined;
  }

  /** The parser sees that a quote is not closed when the text ends; people want to know where it was opened. */
  #placeOf({code, pos}: YAMLError): number {
    let place = pos[0];
    if (code !== 'MISSING_CHAR') return place;
    visit(this.#document, {
      Scalar: (_, {range, type}) => {
        if (type?.startsWith('QUOTE') === true && range !== null && range !== undefined && range[1] === place)
          place = range[0];
      },
    });
    return place;
  }

  #read(node: ParsedNode | null): ManifestNode {
    this.#size += 1;
    if (node === null) return nullNode(this.#positionAt(0));
    if (isAlias(node)) return this.#readAlias(node);
    if (isScalar(node)) return this.#readScalar(node);
    const sizeBefore = this.#size;
    this.#open.add(node);
    const at = this.#positionAt(node.range[0]);
    const result: ManifestNode = isMap(node)
      ? this.#readMap(node, at)
      : {kind: 'list', items: node.items.map((item) => this.#read(item)), at};
    this.#open.delete(node);
    if (node.anchor !== undefined) {
      this.#aliased.set(node, {node: result, size: this.#size - sizeBefore});
    }
    return result;
  }

  #readScalar({value, source, range}: Scalar.Parsed): ScalarNode {
    const at = this.#positionAt(range[0]);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return {kind: 'scalar', value, source, at};
    }
    if (value !== null) this.#complain(at, 'a value of this type is not supported', quoteIt);
    return nullNode(at);
  }

  #readAlias(alias: Alias.Parsed): ManifestNode {
    const at = this.#positionAt(alias.range[0]);
    const target = alias.resolve(this.#document) as ParsedNode | undefined;
    if (target === undefined) return this.#complain(at, 'refers to an anchor that is not defined above it');
    if (this.#open.has(target)) return this.#complain(at, 'refers to the value that it is itself part of');
    const known = this.#aliased.get(target);
    if (known === undefined) return this.#read(target);
    const fitted = this.#size <= maxNodes;
    this.#size += known.size;
    if (this.#size <= maxNodes) return known.node;
    // Said once: all that follow would be told the same.
    return fitted ? this.#complain(at, 'aliases make the document too large to read') : nullNode(at);
  }

  #readMap(map: YAMLMap.Parsed, at: Position): MapNode {
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const {key, value} of map.items) {
      const keyAt = this.#positionAt(key.range[0]);
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') this.#merge(value, keyAt, merged);
      else {
        // `key:` with nothing after it has no position of its own.
        const node = value === null ? nullNode(keyAt) : this.#read(value);
        own.set(this.#readKey(key, keyAt), {keyAt, node});
      }
    }
    return {kind: 'map', entries: merged.size === 0 ? own : new Map([...merged, ...own]), at};
  }

  #readKey(key: ParsedNode, at: Position): string {
    const node = isAlias(key) ? key.resolve(this.#document) : key;
    // `404: x` has a number for a key, to YAML; to Kubernetes every key is a text.
    if (isScalar(node)) return node.source ?? String(node.value);
    const hint =
      'A template (`{{ … }}`) has to be rendered first; a value that begins with a brace goes in quotes.';
    this.#complain(at, 'a key must be a single value', hint);
    return '';
  }

  #merge(value: ParsedNode | null, at: Position, merged: Map<string, MapEntry>): void {
    const sources = isSeq(value) ? value.items : value === null ? [] : [value];
    for (const source of sources) {
      const node = this.#read(source);
      if (node.kind !== 'map') this.#complain(at, '`<<` takes a map or a list of maps');
      else for (const [key, entry] of node.entries) if (!merged.has(key)) merged.set(key, entry);
    }
  }

  #positionAt(offset: number): Position {
    const {line, col} = this.#lines.linePos(offset);
    return {file: this.#file, line: line + this.#piece.linesBefore, column: col};
  }

  #complain(at: Position, message: string, hint?: string): ScalarNode {
    this.#sound = false;
    this.#findings.problem({message, ...at, ...(hint === undefined ? {} : {hint})});
    return nullNode(at);
  }
}

// The parser's own message may quote the file, and the file may hold a key: only what is fixed is passed on.
const fixedMessages = new Set([
  ...['BAD_INDENT', 'BAD_SCALAR_START', 'BLOCK_AS_IMPLICIT_KEY', 'BLOCK_IN_FLOW', 'MISSING_CHAR'],
  ...['MULTILINE_IMPLICIT_KEY', 'TAB_AS_INDENT'],
]);

function describeError({code, message}: YAMLError): string {
  if (code === 'DUPLICATE_KEY') return 'the same key twice in one map';
  if (code === 'TAG_RESOLVE_FAILED') return 'a tag that is not supported';
  if (code === 'UNEXPECTED_TOKEN') return 'unexpected text here';
  if (code === 'MISSING_CHAR' && message.includes('quote')) return 'a quote is opened here and never closed';
  if (code === 'RESOURCE_EXHAUSTION') return 'it is nested too deeply';
  return fixedMessages.has(code) ? message : 'this cannot be read';
}

function nullNode(at: Position): ScalarNode {
  return {kind: 'scalar', value: null, source: '', at};
}
