import {literal, type PatternReader, Untranslatable} from './pattern-reader.ts';

/** Python's shorthand classes as the inside of a JS class (flag `v`), for text and for `(?a)`. */
const unicodeShorthands: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  w: String.raw`\p{L}\p{N}_`,
  // str.isspace(): JS's \s lacks U+001C to U+001F and U+0085, and has U+FEFF.
  s: String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`,
};
const asciiShorthands: Readonly<Record<string, string>> = {
  d: '0-9',
  w: 'a-zA-Z0-9_',
  s: String.raw`\t-\r\x20`,
};

const controlEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const hexLengths: Readonly<Record<string, number>> = {x: 2, u: 4, U: 8};

/** `\d`, `\w`, `\s` and their opposites as a JS class, or undefined for any other letter. */
export function shorthandClass(letter: string, ascii: boolean): string | undefined {
  const inside = (ascii ? asciiShorthands : unicodeShorthands)[letter.toLowerCase()];
  if (inside === undefined) return undefined;
  return letter === letter.toLowerCase() ? `[${inside}]` : `[^${inside}]`;
}

/** The character that `\` and `letter` stand for, inside and outside a class; the reader stands behind the letter. */
export function escapedCharacter(letter: string, reader: PatternReader): string {
  const control = controlEscapes[letter];
  if (control !== undefined) return control;
  const length = hexLengths[letter];
  if (length !== undefined) return fromCode(reader.take(length, /[0-9a-fA-F]/u), {length, radix: 16});
  if (/[a-zA-Z]/u.test(letter)) throw new Untranslatable(`\\${letter} is no escape`);
  return letter;
}

/** Reads a class from behind its `[` to its `]` and returns the JS class. */
export function readClass(reader: PatternReader, ascii: boolean): string {
  const negated = reader.eat('^');
  let inside = '';
  for (let first = true; first || !reader.eat(']'); first = false) inside += readItem(reader, ascii);
  return `[${negated ? '^' : ''}${inside}]`;
}

function readItem(reader: PatternReader, ascii: boolean): string {
  const low = readMember(reader, ascii);
  if (reader.peek() !== '-' || reader.peek(1) === ']') return low.source;
  reader.next();
  const high = readMember(reader, ascii);
  if (low.isClass || high.isClass) throw new Untranslatable('a class cannot be the end of a range');
  return `${low.source}-${high.source}`;
}

interface Member {
  readonly source: string;
  readonly isClass: boolean;
}

function readMember(reader: PatternReader, ascii: boolean): Member {
  const char = reader.next();
  if (char !== '\\') return {source: literal(char), isClass: false};
  const letter = reader.next();
  const shorthand = shorthandClass(letter, ascii);
  if (shorthand !== undefined) return {source: shorthand, isClass: true};
  return {source: literal(classCharacter(letter, reader)), isClass: false};
}

function classCharacter(letter: string, reader: PatternReader): string {
  if (letter === 'b') return '\b';
  if (/[0-7]/u.test(letter)) return fromOctal(letter + reader.takeUpTo(2, /[0-7]/u));
  if (/[89]/u.test(letter)) throw new Untranslatable('no group can be meant inside a class');
  return escapedCharacter(letter, reader);
}

/** The character of an octal escape; Python allows up to `\377`. */
export function fromOctal(digits: string): string {
  const code = Number.parseInt(digits, 8);
  if (code > 0o377) throw new Untranslatable('an octal escape beyond \\377');
  return String.fromCodePoint(code);
}

function fromCode(digits: string, {length, radix}: {length: number; radix: number}): string {
  const code = Number.parseInt(digits, radix);
  if (digits.length !== length || code > 0x10_ffff) throw new Untranslatable('an incomplete escape');
  return String.fromCodePoint(code);
}
