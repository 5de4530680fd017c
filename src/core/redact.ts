import type {Redact} from './ports.ts';

const mask = '****';
// Shorter values would tear up ordinary text ("key", "test") and protect nothing.
const shortestSecret = 6;

/** Knows the secrets of a run and takes them out of texts. */
export interface Redactor {
  /** Replaces every known secret value, as it is and as it looks inside JSON or a URL. */
  readonly redact: Redact;
  /** Learns one more: an API key, a token, a signed query value. Values under six characters are left alone. */
  add(secret: string): void;
}

/** A redactor that knows `secrets` and may learn more. */
export function createRedactor(secrets: Iterable<string> = []): Redactor {
  const forms = new Set<string>();
  let longestFirst: readonly string[] | undefined;
  const add = (secret: string): void => {
    const value = secret.trim();
    if (value.length < shortestSecret || forms.has(value)) return;
    for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)])
      forms.add(form);
    longestFirst = undefined;
  };
  for (const secret of secrets) add(secret);
  return {
    add,
    redact(text) {
      // A secret that contains another must go first, or its rest would stay behind.
      longestFirst ??= [...forms].sort((a, b) => b.length - a.length);
      return longestFirst.reduce(
        (out, form) => (out.includes(form) ? out.replaceAll(form, mask) : out),
        text,
      );
    },
  };
}
