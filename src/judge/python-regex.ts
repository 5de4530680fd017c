import {literal, PatternReader, Untranslatable} from './pattern-reader.ts';
import {escapedCharacter, fromOctal, readClass, shorthandClass} from './python-character-class.ts';

/**
 * A Python regular expression, as `re` takes it with MULTILINE and DOTALL, as a JS one with the flags `gsv`.
 * Undefined when Python would refuse it or JS (of Node 20) cannot say it: possessive quantifiers, atomic groups,
 * conditionals, ignoring case in a part only. Unlike in Python, a look-behind may vary in width, a reference to a
 * group that took no part matches the empty text, and a repeated group forgets its capture on each round.
 */
export function translatePythonRegex(source: string): RegExp | undefined {
  try {
    const {body, ignoreCase} = new Translation(source).run();
    return new RegExp(body, ignoreCase ? 'gisv' : 'gsv');
  } catch (error) {
    if (error instanceof Untranslatable || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Flags {
  readonly a: boolean;
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
}

interface OpenGroup {
  readonly outerFlags: Flags;
  readonly number: number | undefined;
}

class Translation {
  readonly #reader: PatternReader;
  #out = '';
  /** What a quantifier would apply to: only an item can be repeated. */
  #last: 'nothing' | 'item' | 'repeated' = 'nothing';
  #flags: Flags = {a: false, i: false, m: true, s: true, x: false};
  #groupCount = 0;
  readonly #groupNumbers = new Map<string, number>();
  readonly #openGroups: OpenGroup[] = [];

  constructor(source: string) {
    this.#reader = new PatternReader(source);
  }

  run(): {readonly body: string; readonly ignoreCase: boolean} {
    this.#readGlobalFlags();
    const ignoreCase = this.#flags.i;
    while (!this.#reader.atEnd) this.#readPiece(this.#reader.next());
    if (this.#openGroups.length > 0) throw new Untranslatable('a group is not closed');
    return {body: this.#out, ignoreCase};
  }

  #readGlobalFlags(): void {
    const reader = this.#reader;
    while (reader.peek() === '(' && reader.peek(1) === '?') {
      let length = 2;
      while (/[aimsux]/u.test(reader.peek(length))) length++;
      if (length === 2 || reader.peek(length) !== ')') return;
      reader.eat('(?');
      this.#flags = withFlags(this.#flags, reader.takeUntil(')'), true);
    }
  }

  #readPiece(char: string): void {
    if (this.#flags.x && this.#skipVerbose(char)) return;
    const assertion = this.#anchorOf(char);
    if (assertion !== undefined) this.#emitNothing(assertion);
    else if (char === '\\') this.#readEscape(this.#reader.next());
    else if (char === '[') this.#emitItem(readClass(this.#reader, this.#flags.a));
    else if (char === '(') this.#openGroup();
    else if (char === ')') this.#closeGroup();
    else if (char === '{') this.#readBraces();
    else if (char === '.') this.#emitItem(this.#flags.s ? '.' : '[^\\n]');
    else if (/[*+?]/u.test(char)) this.#emitRepeat(char);
    else this.#emitItem(literal(char));
  }

  #anchorOf(char: string): string | undefined {
    if (char === '|') return '|';
    if (char === '^') return this.#flags.m ? '(?<![^\\n])' : startOfText;
    if (char === '$') return this.#flags.m ? '(?![^\\n])' : '(?=\\n?(?![^]))';
    return undefined;
  }

  #skipVerbose(char: string): boolean {
    if (char === '#') {
      while (!this.#reader.atEnd && this.#reader.next() !== '\n');
      return true;
    }
    return /[ \t\n\r\f\v]/u.test(char);
  }

  #readEscape(letter: string): void {
    const assertion = this.#assertionOf(letter);
    if (assertion !== undefined) this.#emitNothing(assertion);
    else if (/[1-9]/u.test(letter)) this.#readReference(letter);
    else this.#emitItem(shorthandClass(letter, this.#flags.a) ?? literal(this.#characterOf(letter)));
  }

  #characterOf(letter: string): string {
    if (letter === '0') return fromOctal(letter + this.#reader.takeUpTo(2, /[0-7]/u));
    return escapedCharacter(letter, this.#reader);
  }

  #assertionOf(letter: string): string | undefined {
    const word = this.#flags.a ? '[a-zA-Z0-9_]' : '[\\p{L}\\p{N}_]';
    switch (letter) {
      case 'A':
        return startOfText;
      case 'Z':
        return '(?![^])';
      case 'b':
        return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
      case 'B':
        return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word}))`;
      default:
        return undefined;
    }
  }

  // Python reads one digit or two as a group, three octal ones as a character.
  #readReference(firstDigit: string): void {
    const digits = firstDigit + this.#reader.takeUpTo(1, /[0-9]/u);
    const isOctal = /^[1-7][0-7]$/u.test(digits) && /[0-7]/u.test(this.#reader.peek());
    if (isOctal) this.#emitItem(literal(fromOctal(digits + this.#reader.next())));
    else this.#emitReference(Number(digits));
  }

  #emitReference(number: number): void {
    const isOpen = this.#openGroups.some((group) => group.number === number);
    if (number > this.#groupCount || isOpen)
      throw new Untranslatable('a reference to a group that is not there');
    this.#emitItem(`(?:\\${number})`);
  }

  #openGroup(): void {
    if (!this.#reader.eat('?')) {
      this.#enter('(', {captures: true});
      return;
    }
    const kind = this.#reader.next();
    if (kind === '#') this.#reader.takeUntil(')');
    else if (kind === ':' || kind === '=' || kind === '!') this.#enter(`(?${kind}`);
    else if (kind === '<') this.#enter(`(?<${this.#lookBehindSign()}`);
    else if (kind === 'P') this.#readNamed();
    else this.#enterWithFlags(kind);
  }

  #lookBehindSign(): string {
    const sign = this.#reader.next();
    if (sign !== '=' && sign !== '!') throw new Untranslatable('a named group without P');
    return sign;
  }

  #readNamed(): void {
    if (this.#reader.eat('=')) {
      this.#emitReference(this.#groupNumbers.get(this.#reader.takeUntil(')')) ?? Number.POSITIVE_INFINITY);
      return;
    }
    if (!this.#reader.eat('<')) throw new Untranslatable('an unknown kind of group');
    const name = this.#reader.takeUntil('>');
    this.#enter(`(?<${name}>`, {captures: true});
    this.#groupNumbers.set(name, this.#groupCount);
  }

  #enterWithFlags(firstLetter: string): void {
    const spec = /^([aimsux]*)(?:-([imsx]+))?$/u.exec(firstLetter + this.#reader.takeUntil(':'));
    if (spec === null) throw new Untranslatable('an unknown kind of group');
    const wanted = withFlags(withFlags(this.#flags, spec[1] ?? '', true), spec[2] ?? '', false);
    if (wanted.i !== this.#flags.i) throw new Untranslatable('ignoring case in a part of the pattern');
    this.#enter('(?:', {flags: wanted});
  }

  #enter(source: string, {captures = false, flags = this.#flags} = {}): void {
    if (captures) this.#groupCount++;
    this.#openGroups.push({outerFlags: this.#flags, number: captures ? this.#groupCount : undefined});
    this.#flags = flags;
    this.#emitNothing(source);
  }

  #closeGroup(): void {
    const group = this.#openGroups.pop();
    if (group === undefined) throw new Untranslatable('a bracket closes nothing');
    this.#flags = group.outerFlags;
    this.#emitItem(')');
  }

  // Braces that are no counter mean themselves in Python.
  #readBraces(): void {
    const reader = this.#reader;
    let length = 0;
    while (/[0-9,]/u.test(reader.peek(length))) length++;
    const inside = Array.from({length}, (_, ahead) => reader.peek(ahead)).join('');
    const counter = /^(\d*)(,?)(\d*)$/u.exec(inside);
    if (counter === null || inside === '' || reader.peek(length) !== '}') {
      this.#emitItem(literal('{'));
      return;
    }
    reader.eat(`${inside}}`);
    const [, least = '', comma = '', most = ''] = counter;
    this.#emitRepeat(`{${least === '' ? '0' : least}${comma}${most}}`);
  }

  #emitRepeat(quantifier: string): void {
    if (this.#last !== 'item') throw new Untranslatable('nothing to repeat');
    if (this.#reader.peek() === '+') throw new Untranslatable('a possessive quantifier');
    this.#out += this.#reader.eat('?') ? `${quantifier}?` : quantifier;
    this.#last = 'repeated';
  }

  #emitItem(source: string): void {
    this.#out += source;
    this.#last = 'item';
  }

  #emitNothing(source: string): void {
    this.#out += source;
    this.#last = 'nothing';
  }
}

const startOfText = '(?<![^])';

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  const changed: Record<string, boolean> = {};
  for (const letter of letters) if (letter !== 'u') changed[letter] = value;
  return {...flags, ...changed};
}
