/**
 * Whether two answers say the same: equal once case, spaces, punctuation and the spelling of numbers are set aside, or
 * one found whole within the other. What is found within does not count when it is only a part of what the other
 * says: where it has numbers and so has the rest, and where the other lists more. `\boxed{}` or `####` marks a result.
 */
export function sameAnswer(left: string, right: string): boolean {
  const a = readAnswer(left);
  const b = readAnswer(right);
  if (a.words === '' || b.words === '') return a.words === b.words;
  if (a.words === b.words) return true;
  return a.words.length < b.words.length ? isWholeWithin(a, b) : isWholeWithin(b, a);
}

interface ReadAnswer {
  /** Its words and numbers, a space between. */
  readonly words: string;
  /** What it enumerates; 1 for a sentence or a single thing. */
  readonly entries: number;
}

function isWholeWithin(shorter: ReadAnswer, longer: ReadAnswer): boolean {
  const padded = ` ${longer.words} `;
  const at = padded.indexOf(` ${shorter.words} `);
  if (at < 0) return false;
  const rest = padded.slice(0, at) + padded.slice(at + shorter.words.length + 1);
  if (/\d/.test(shorter.words) && /\d/.test(rest)) return false;
  return longer.entries === 1 || longer.entries === shorter.entries;
}

function readAnswer(answer: string): ReadAnswer {
  const text = markedResult(answer)
    .toLowerCase()
    .replace(/(\d),(?=\d{3}(?!\d))/g, '$1');
  return {words: wordsOf(text), entries: countEntries(text)};
}

/** What stands within the last `\boxed{…}` or after the last `####`, or else the whole. */
function markedResult(answer: string): string {
  const boxed = lastBoxed(answer);
  if (boxed !== undefined) return boxed;
  const mark = answer.lastIndexOf('####');
  return mark < 0 ? answer : answer.slice(mark + 4);
}

/** What stands within the last `\boxed{…}`, its inner braces matched; undefined when there is none. */
function lastBoxed(text: string): string | undefined {
  const opening = '\\boxed{';
  const start = text.lastIndexOf(opening);
  if (start < 0) return undefined;
  let depth = 1;
  for (let at = start + opening.length; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}') depth--;
    if (depth === 0) return text.slice(start + opening.length, at);
  }
  return undefined;
}

function wordsOf(text: string): string {
  const words = (text.match(/-?\d+(?:\.\d+)?|[\p{L}\p{M}\d]+/gu) ?? []).filter((word) => word !== 'and');
  // Symbols are all there is to an answer such as "+": keep them.
  if (words.length === 0) return text.replace(/\s+/g, '');
  return words.map((word) => (isNumber(word) ? String(Number(word)) : word)).join(' ');
}

const mostWordsOfEntry = 3;

/** Short parts between commas, semicolons, "and" and "or" are a list, of which a sentence may lead in the first. */
function countEntries(text: string): number {
  const [first = 0, ...others] = text
    .split(/[,;\n]|\b(?:and|or)\b/)
    .map((part) => part.match(/[\p{L}\p{M}\d]+/gu)?.length ?? 0)
    .filter((words) => words > 0);
  const isList =
    others.every((words) => words <= mostWordsOfEntry) && (others.length > 1 || first <= mostWordsOfEntry);
  return isList ? 1 + others.length : 1;
}

function isNumber(word: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(word) && word.length <= 15;
}
