/** A piece of `${…}` between literal texts; `body` is what stands between the braces. */
interface Interpolation {
  readonly body: string;
}

export type TemplatePart = string | Interpolation;

/**
 * Splits a text into literal parts and interpolations. A backslash before `${` takes its meaning away, and pairs of
 * backslashes there are one each, as OmegaConf reads them. Undefined when a `${` is never closed.
 */
export function parseTemplate(text: string): readonly TemplatePart[] | undefined {
  const parts: TemplatePart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const found = text.indexOf('${', at);
    if (found === -1) break;
    const backslashes = /\\*$/.exec(text.slice(at, found))?.[0].length ?? 0;
    literal += text.slice(at, found - backslashes) + '\\'.repeat(Math.floor(backslashes / 2));
    if (backslashes % 2 === 1) {
      literal += '${';
      at = found + 2;
      continue;
    }
    const end = endOfInterpolation(text, found);
    if (end === undefined) return undefined;
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({body: text.slice(found + 2, end - 1)});
    at = end;
  }
  literal += text.slice(at);
  return literal === '' ? parts : [...parts, literal];
}

/** The offset behind the `}` that closes the `${` at `start`; nested braces and quoted arguments are passed over. */
export function endOfInterpolation(text: string, start: number): number | undefined {
  let depth = 0;
  let quote = '';
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}' && --depth === 0) return at + 1;
  }
  return undefined;
}

/** Splits the arguments of a resolver at its own commas: not at those in quotes, brackets or nested `${…}`. */
export function splitArguments(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if ('{['.includes(char)) depth += 1;
    else if ('}]'.includes(char)) depth -= 1;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}

/** A key path as OmegaConf writes it: `a.b[0]`, with leading dots for keys relative to the value's own place. */
export interface KeyReference {
  /** 0: from the root; 1: beside the value; 2: beside its parent; and so on. */
  readonly levels: number;
  readonly keys: readonly string[];
}

/** Parses `a.b[0].c` or `..a`; undefined when it is not a path. */
export function parseKeyReference(text: string): KeyReference | undefined {
  const levels = /^\.*/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(levels);
  if (rest === '' || /[\s'"{}]/.test(rest)) return undefined;
  const keys = rest
    .replace(/\[([^[\]]+)\]/g, '.$1')
    .replace(/^\./, '')
    .split('.');
  return keys.some((key) => key === '' || /[[\]]/.test(key)) ? undefined : {levels, keys};
}
