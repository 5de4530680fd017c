const quote = 34;
const comma = 44;
const backslash = 92;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/**
 * The members of a JSON object as raw slices of its text, in the order in which their keys first appear; of equal
 * keys the last value counts, as for `JSON.parse`. What is not touched comes out as it went in: integers beyond
 * 2^53, `1.0`, escapes. `text` must be valid JSON and an object.
 */
export function splitMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipSpace(text, text.indexOf('{') + 1);
  while (text.charCodeAt(at) === quote) {
    const keyEnd = endOfString(text, at);
    const valueStart = skipSpace(text, text.indexOf(':', keyEnd) + 1);
    const valueEnd = endOfValue(text, valueStart);
    members.set(decodeKey(text, at, keyEnd), text.slice(valueStart, valueEnd));
    at = skipSpace(text, valueEnd);
    if (text.charCodeAt(at) !== comma) break;
    at = skipSpace(text, at + 1);
  }
  return members;
}

/** A JSON object from raw members, without added space. */
export function joinMembers(members: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [key, value] of members) text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${value}`;
  return text === '' ? '{}' : `${text}}`;
}

/** The object with one member replaced where it stands, or appended. `rawValue` is JSON text. */
export function setMember(text: string, key: string, rawValue: string): string {
  return joinMembers(splitMembers(text).set(key, rawValue));
}

function decodeKey(text: string, start: number, end: number): string {
  const inner = text.slice(start + 1, end - 1);
  return inner.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : inner;
}

/** The index behind the closing quote of the JSON string that opens at `start`. */
export function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at === -1 ? text.length : at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1;
  while (text.charCodeAt(before) === backslash) before -= 1;
  return (at - before) % 2 === 0;
}

function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === quote) return endOfString(text, start);
  if (first === openBrace || first === openBracket) return endOfContainer(text, start);
  let at = start;
  while (at < text.length && !endsScalar(text.charCodeAt(at))) at += 1;
  return at;
}

function endOfContainer(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
      continue;
    }
    at += 1;
    if (code === openBrace || code === openBracket) depth += 1;
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return at;
  }
  return at;
}

function endsScalar(code: number): boolean {
  return code === comma || code === closeBrace || code === closeBracket || code <= 32;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  // JSON's white space: tab, line feed, carriage return, space.
  while (at < text.length && text.charCodeAt(at) <= 32) at += 1;
  return at;
}
