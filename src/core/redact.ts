import type {Redact} from './ports.ts';

const mask = '****';
// Shorter values would tear up ordinary text ("key", "test") and protect nothing.
const shortestSecret = 6;

/**
 * Replaces every known secret value, as it is and as it looks inside JSON or a URL.
 * `secrets`: API keys, tokens, signed query values; values under six characters are left alone.
 */
export function createRedact(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    const value = secret.trim();
    if (value.length < shortestSecret) continue;
    forms.add(value);
    forms.add(JSON.stringify(value).slice(1, -1));
    forms.add(encodeURIComponent(value));
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  return (text) =>
    longestFirst.reduce((out, form) => (out.includes(form) ? out.replaceAll(form, mask) : out), text);
}
