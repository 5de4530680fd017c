/**
 * Whether two answers say the same: equal once case, spaces, punctuation, `\boxed{}` and the spelling of numbers
 * are set aside, or the shorter found whole within the longer.
 */
export function sameAnswer(left: string, right: string): boolean {
  const a = normaliseAnswer(left);
  const b = normaliseAnswer(right);
  if (a === '' || b === '') return a === b;
  if (a === b) return true;
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  return ` ${longer} `.includes(` ${shorter} `);
}

/** An answer reduced to its words and numbers. The last `\boxed{}` stands for the whole. */
function normaliseAnswer(answer: string): string {
  const text = (lastBoxed(answer) ?? answer).toLowerCase().replace(/(\d),(?=\d{3}(?!\d))/g, '$1');
  const words = text.match(/-?\d+(?:\.\d+)?|[\p{L}\p{M}\d]+/gu) ?? [];
  // Symbols are all there is to an answer such as "+": keep them.
  if (words.length === 0) return text.replace(/\s+/g, '');
  return words.map((word) => (isNumber(word) ? String(Number(word)) : word)).join(' ');
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

function isNumber(word: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(word) && word.length <= 15;
}
