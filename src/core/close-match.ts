/** Up to three of `candidates` that look like `name`, the closest first. `cutoff`: likeness from 0 to 1 that they need. */
export function closeMatches(name: string, candidates: Iterable<string>, cutoff = 0.6): readonly string[] {
  const wanted = normalize(name);
  return [...new Set(candidates)]
    .map((candidate) => ({candidate, likeness: likeness(wanted, normalize(candidate), cutoff)}))
    .filter((match) => match.likeness >= cutoff)
    .sort((a, b) => b.likeness - a.likeness || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({candidate}) => candidate);
}

/** The candidate that `name` was most likely meant to be, for a did-you-mean. */
export function closeMatch(name: string, candidates: Iterable<string>): string | undefined {
  return closeMatches(name, candidates)[0];
}

/** The one known key that `key` was probably meant to be; spelling in camel case or with hyphens counts as the same. */
export function closeKey(key: string, known: Iterable<string>): string | undefined {
  return closeMatches(key, known, 0.75)[0];
}

/** From 0 to 1; 0 as well where their lengths say that it stays below `cutoff`, which is most of the time. */
function likeness(a: string, b: string, cutoff: number): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0) return 1;
  const atMost = 1 - Math.abs(a.length - b.length) / longest;
  return atMost < cutoff ? 0 : 1 - distance(a, b) / longest;
}

function normalize(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}

/** Edits from `a` to `b`, where swapping two neighbours is one edit (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({length: b.length + 1}, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
