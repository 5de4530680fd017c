// str.isspace(): trim() leaves U+001C to U+001F and U+0085 alone, and takes U+FEFF.
const space = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;

/** The text without white space at its ends, as Python's `str.strip()` sees white space. */
export function stripText(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text.charAt(start))) start++;
  while (end > start && space.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The length in code points, as Python's `len()` counts. */
export function codePointLength(text: string): number {
  return Array.from(text).length;
}
