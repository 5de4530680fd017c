import {type ConfigNode, type ListNode, type MapNode, type Origin, scalarNode} from './config-node.ts';
import {endOfInterpolation} from './interpolation-template.ts';
import {type Argument, callFunction, type ListExtension} from './override-functions.ts';
import {OverrideSyntaxError} from './override-syntax-error.ts';

const escapable = new Set('\\()[]{}:=, \t');
const blank = /[ \t\r\n]/;
const forbidden = /[#~&!;<>^"'`]/;
const integer = /^[+-]?(?:0|[1-9](?:_?\d)*)$/;
const float =
  /^[+-]?(?:(?:(?:0|[1-9](?:_?\d)*)\.|(?:0|[1-9](?:_?\d)*)?\.\d(?:_?\d)*|0|[1-9](?:_?\d)*)(?:e[+-]?\d(?:_?\d)*)?|inf|nan)$/i;

/** The value after the `=` of an override, typed by Hydra's grammar (nemo-gym reference, 1.5). Throws `OverrideSyntaxError`. */
export function parseOverrideValue(text: string, origin: Origin): ConfigNode | ListExtension {
  return new ValueParser(text, origin).parseWhole();
}

/** The value of a word without quotes, brackets or escapes: `5` is a number, `007` a string. */
function typeOverrideWord(text: string, origin: Origin): ConfigNode {
  if (integer.test(text)) return scalarNode(Number(text.replaceAll('_', '')), origin, text);
  if (float.test(text)) return scalarNode(toFloat(text), origin, text);
  if (/^null$/i.test(text)) return scalarNode(null, origin, text);
  if (/^(?:true|false)$/i.test(text)) return scalarNode(text.toLowerCase() === 'true', origin, text);
  return scalarNode(text, origin);
}

function toFloat(text: string): number {
  const word = /^([+-]?)(inf|nan)$/i.exec(text);
  if (word === null) return Number(text.replaceAll('_', ''));
  if (word[2]?.toLowerCase() === 'nan') return Number.NaN;
  return word[1] === '-' ? -Infinity : Infinity;
}

class ValueParser {
  readonly #text: string;
  readonly #origin: Origin;
  #at = 0;

  constructor(text: string, origin: Origin) {
    this.#text = text;
    this.#origin = origin;
  }

  parseWhole(): ConfigNode | ListExtension {
    if (this.#text.trim() === '') return scalarNode('', this.#origin);
    const value = this.#parseElement();
    this.#skipBlanks();
    if (this.#peek() === ',') {
      throw new OverrideSyntaxError(
        'a comma outside of brackets asks for several runs, which is not what one run can do: write a list as `[a, b]`, or put the value in quotes',
      );
    }
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #parseElement(): ConfigNode | ListExtension {
    this.#skipBlanks();
    const next = this.#peek();
    if (next === '[') return this.#parseList();
    if (next === '{') return this.#parseMap();
    if (next === "'" || next === '"') return this.#parseQuoted(next);
    const name = /^[A-Za-z_]\w*(?=[ \t]*\()/.exec(this.#text.slice(this.#at))?.[0];
    return name === undefined ? this.#parseWord('') : this.#parseCall(name);
  }

  #parseNested(): ConfigNode {
    const value = this.#parseElement();
    if (value.kind === 'extension')
      throw new OverrideSyntaxError('`extend_list` cannot stand inside another value');
    return value;
  }

  #parseList(): ListNode {
    const items: ConfigNode[] = [];
    this.#parseSeparated(']', () => items.push(this.#parseNested()));
    return {kind: 'list', items, origin: this.#origin};
  }

  #parseMap(): MapNode {
    const entries = new Map<string, ConfigNode>();
    this.#parseSeparated('}', () => {
      const key = this.#parseKey();
      if (!this.#take(':')) throw this.#unexpected('`:` after a key');
      entries.set(key, this.#parseNested());
    });
    return {kind: 'map', entries, origin: this.#origin};
  }

  #parseKey(): string {
    this.#skipBlanks();
    const next = this.#peek();
    const key = next === "'" || next === '"' ? this.#parseQuoted(next) : this.#parseWord(':');
    this.#skipBlanks();
    return key.kind === 'scalar' ? key.text : '';
  }

  #parseCall(name: string): ConfigNode | ListExtension {
    this.#at += name.length;
    this.#skipBlanks();
    const args: Argument[] = [];
    this.#parseSeparated(')', () => {
      this.#skipBlanks();
      const argument = /^[A-Za-z_]\w*(?=[ \t]*=)/.exec(this.#text.slice(this.#at))?.[0];
      if (argument !== undefined) {
        this.#at += argument.length;
        this.#skipBlanks();
        this.#at += 1;
      } else if (args.some((arg) => arg.name !== undefined)) {
        throw new OverrideSyntaxError('a plain argument cannot follow a named one');
      }
      args.push({name: argument, value: this.#parseNested()});
    });
    return callFunction(name, args, this.#origin);
  }

  /** From an opening bracket to its closing one: what `parseOne` reads, between commas. */
  #parseSeparated(close: string, parseOne: () => unknown): void {
    this.#at += 1;
    this.#skipBlanks();
    if (this.#take(close)) return;
    for (;;) {
      parseOne();
      this.#skipBlanks();
      if (this.#take(close)) return;
      if (!this.#take(',')) throw this.#unexpected(`\`,\` or \`${close}\``);
    }
  }

  /** Quotes keep everything; backslashes count only right before a quote, where each pair is one. */
  #parseQuoted(quote: string): ConfigNode {
    const start = this.#at + 1;
    let text = '';
    let at = start;
    while (at < this.#text.length) {
      const run = /^\\*/.exec(this.#text.slice(at))?.[0].length ?? 0;
      const next = this.#text[at + run];
      if (next !== quote) {
        text += this.#text.slice(at, at + run) + (next ?? '');
        at += run + 1;
        continue;
      }
      text += '\\'.repeat(Math.floor(run / 2));
      at += run + 1;
      if (run % 2 === 0) {
        this.#at = at;
        return scalarNode(text, this.#origin);
      }
      text += quote;
    }
    throw new OverrideSyntaxError(`a quote ${quote} is not closed`);
  }

  #parseWord(stop: string): ConfigNode {
    let text = '';
    let kept = 0;
    let plain = true;
    while (this.#at < this.#text.length) {
      const piece = this.#nextPiece(stop);
      if (piece === undefined) break;
      text += piece.text;
      plain &&= !piece.escaped;
      // Blanks at the end are dropped unless a backslash holds them.
      if (piece.escaped || !blank.test(piece.text)) kept = text.length;
    }
    const word = text.slice(0, kept);
    if (word === '') throw this.#unexpected('a value');
    return plain ? typeOverrideWord(word, this.#origin) : scalarNode(word, this.#origin);
  }

  #nextPiece(stop: string): {readonly text: string; readonly escaped: boolean} | undefined {
    const char = this.#text[this.#at] ?? '';
    const next = this.#text[this.#at + 1] ?? '';
    if (char === '\\' && next !== '' && escapable.has(next)) {
      this.#at += 2;
      return {text: next, escaped: true};
    }
    if (char === '$' && next === '{') {
      const start = this.#at;
      const end = endOfInterpolation(this.#text, start);
      if (end === undefined) throw new OverrideSyntaxError('`${` is not closed by `}`');
      this.#at = end;
      return {text: this.#text.slice(start, end), escaped: false};
    }
    if (char === stop || ',=()[]{}'.includes(char)) return undefined;
    if (forbidden.test(char)) throw this.#unexpected();
    this.#at += 1;
    return {text: char, escaped: false};
  }

  #skipBlanks(): void {
    while (blank.test(this.#peek())) this.#at += 1;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #unexpected(wanted?: string): OverrideSyntaxError {
    const found = this.#peek();
    if (found === '') return new OverrideSyntaxError(`the value ends where ${wanted ?? 'more'} is expected`);
    return new OverrideSyntaxError(
      wanted === undefined ? `\`${found}\` has to be in quotes` : `\`${found}\` where ${wanted} is expected`,
    );
  }
}
