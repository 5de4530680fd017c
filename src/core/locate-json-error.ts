/** Where a text stops being JSON (`offset`, 0-based, in UTF-16 units), what is wrong there, and what to do if that is plain. */
export interface JsonSyntaxError {
  readonly offset: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/**
 * Finds the first place at which `text` is not JSON; undefined if it is. Engines word and place their errors
 * differently, some without a position: this one is the same on all, and needs no stack for deep nesting.
 */
export function locateJsonError(text: string): JsonSyntaxError | undefined {
  const closers: string[] = [];
  let expecting: Expecting = 'value';
  let at = 0;
  for (;;) {
    at = skipSpace(text, at);
    if (at >= text.length) return expecting === 'end' ? undefined : syntaxError(text, at, expecting);
    const step = takeToken(text, at, expecting, closers);
    if (step === undefined) return syntaxError(text, at, expecting);
    if ('offset' in step) return step;
    ({at, expecting} = step);
  }
}

type Expecting = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or ]' | 'comma or }' | 'end';
type Step = {readonly at: number; readonly expecting: Expecting};

function takeToken(
  text: string,
  at: number,
  expecting: Expecting,
  closers: string[],
): Step | JsonSyntaxError | undefined {
  const character = text[at];
  const closer = closers.at(-1);
  if (character === closer && closer !== undefined && expecting.endsWith(closer)) return close(at, closers);
  if (expecting.startsWith('value')) return takeValue(text, at, closers);
  if (expecting.startsWith('key')) return character === '"' ? takeString(text, at, 'colon') : undefined;
  if (expecting === 'colon') return character === ':' ? {at: at + 1, expecting: 'value'} : undefined;
  if (!expecting.startsWith('comma') || character !== ',') return undefined;
  return {at: at + 1, expecting: closer === ']' ? 'value' : 'key'};
}

function close(at: number, closers: string[]): Step {
  closers.pop();
  return {at: at + 1, expecting: afterValue(closers)};
}

function afterValue(closers: readonly string[]): Expecting {
  const closer = closers.at(-1);
  if (closer === undefined) return 'end';
  return closer === ']' ? 'comma or ]' : 'comma or }';
}

const scalarPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y;

function takeValue(text: string, at: number, closers: string[]): Step | JsonSyntaxError | undefined {
  if (text[at] === '{') {
    closers.push('}');
    return {at: at + 1, expecting: 'key or }'};
  }
  if (text[at] === '[') {
    closers.push(']');
    return {at: at + 1, expecting: 'value or ]'};
  }
  if (text[at] === '"') return takeString(text, at, afterValue(closers));
  scalarPattern.lastIndex = at;
  return scalarPattern.test(text) ? {at: scalarPattern.lastIndex, expecting: afterValue(closers)} : undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside a string.
const stringEventPattern = /["\\\u0000-\u001f]/g;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function takeString(text: string, start: number, expecting: Expecting): Step | JsonSyntaxError {
  let at = start + 1;
  for (;;) {
    stringEventPattern.lastIndex = at;
    const event = stringEventPattern.exec(text);
    if (event === null) return {offset: start, message: 'this string never ends', hint: undefined};
    if (event[0] === '"') return {at: event.index + 1, expecting};
    escapePattern.lastIndex = event.index;
    if (event[0] !== '\\') return controlCharacterError(event[0], event.index);
    if (!escapePattern.test(text)) {
      const message = `${text.slice(event.index, event.index + 2)} is not an escape that JSON knows`;
      return {offset: event.index, message, hint: 'A backslash in a string is written \\\\.'};
    }
    at = escapePattern.lastIndex;
  }
}

function controlCharacterError(character: string, offset: number): JsonSyntaxError {
  const code = character.charCodeAt(0).toString(16).padStart(4, '0');
  return {
    offset,
    message: `a string holds the control character U+${code}`,
    hint: `Inside a string it is written \\u${code}.`,
  };
}

function syntaxError(text: string, offset: number, expecting: Expecting): JsonSyntaxError {
  const wanted = expecting === 'end' ? 'the end of the line' : `a ${expecting}`;
  if (offset >= text.length) return {offset, message: `ends where ${wanted} should be`, hint: undefined};
  const [word = ''] = /^[-\w]+|^./u.exec(text.slice(offset, offset + 40)) ?? [];
  return {offset, message: `has ${visible(word)} where ${wanted} should be`, hint: hintFor(word, expecting)};
}

function visible(word: string): string {
  const code = word.codePointAt(0) ?? 0;
  return /^[\p{C}\p{Z}]/u.test(word) ? `U+${code.toString(16).padStart(4, '0')}` : word;
}

function hintFor(word: string, expecting: Expecting): string | undefined {
  if (/^(?:-?Infinity|NaN)$/.test(word)) return 'JSON has no such number: write null, or leave the key out.';
  if (/^(?:True|False|None)$/.test(word)) return 'That is Python: JSON writes true, false and null.';
  if (word === "'") return 'JSON quotes with " only; was this written with str() instead of json.dumps()?';
  if (expecting === 'end') return 'A line holds one JSON object and nothing else.';
  return undefined;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at += 1;
  return at;
}
