import {isJsonObject, type JsonValue} from './json.ts';
import {endOfString} from './raw-json.ts';

/**
 * `JSON.parse`, but integers beyond 2^53 become bigints instead of other integers near them: a schema's bounds and a seed
 * are sent as they were written. Fails with `SyntaxError` as that does.
 */
export function parseExactJson(text: string): unknown {
  return longDigits.test(text) ? parseWithBigints(text) : (JSON.parse(text) as unknown);
}

/** `JSON.stringify` for values that may hold bigints, which are written as the integers that they are. */
export function writeExactJson(value: JsonValue): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return writeWithBigints(value);
  }
}

const longDigits = /\d{16}/;
// No part of a fraction or an exponent, and neither of those behind it.
const longInteger = /(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

function parseWithBigints(text: string): unknown {
  const mark = markNotIn(text);
  const marked = outsideStrings(text, (part) =>
    part.replace(longInteger, (digits) =>
      Number.isSafeInteger(Number(digits)) ? digits : `{"${mark}":"${digits}"}`,
    ),
  );
  return JSON.parse(marked, (_, value: unknown) => {
    const digits = isJsonObject(value) ? value[mark] : undefined;
    return typeof digits === 'string' ? BigInt(digits) : value;
  });
}

function writeWithBigints(value: JsonValue): string {
  const write = (mark: string): string =>
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${mark}${part}` : part));
  const mark = markNotIn(write(''));
  return write(mark).replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
}

/** A word that the text does not hold, so that nobody can have put it there. */
function markNotIn(text: string): string {
  let mark = 'bigint';
  while (text.includes(mark)) mark += '_';
  return mark;
}

function outsideStrings(text: string, change: (part: string) => string): string {
  let out = '';
  let at = 0;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return out + change(text.slice(at));
    const end = endOfString(text, quote);
    out += change(text.slice(at, quote)) + text.slice(quote, end);
    at = end;
  }
}
