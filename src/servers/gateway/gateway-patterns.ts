/**
 * A regular expression that a whole text must fit, in JavaScript's syntax. What RE2 and Rust write differently and
 * manifests use is understood: flags in front (`(?i)`), `(?P<name>…)`. Throws a `SyntaxError` for a pattern that is none.
 */
export function compilePattern(pattern: string): RegExp {
  const [inFront = '', flags = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  const body = pattern.slice(inFront.length).replaceAll('(?P<', '(?<');
  // Alone first: `a)|(b` is no pattern, but would be one between the brackets.
  new RegExp(body, flags);
  // Without `m`, which would let each line of a text fit by itself.
  return new RegExp(`^(?:${body})$`, flags.replaceAll('m', ''));
}

/** A name in which each `*` stands for any characters, as a test. Takes time in proportion to the text. */
export function compileWildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
      return false;
    const middle = text.slice(first.length, text.length - last.length);
    let at = 0;
    for (const part of rest) {
      const found = middle.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return true;
  };
}
