export interface VerdictLabels {
  readonly equal: string;
  readonly notEqual: string;
}

/** Which label counts when a judge names several: NeMo Gym takes the first; a judge that reasons first means the last. */
export type VerdictPosition = 'first' | 'last';

/** The label that counts in a judge's text, or null when it names none. Where one label holds the other, the longer is meant. */
export function parseVerdict(text: string, labels: VerdictLabels, position: VerdictPosition): string | null {
  const longestFirst = [labels.equal, labels.notEqual].sort((a, b) => b.length - a.length);
  let verdict: string | null = null;
  for (let index = 0; index < text.length; ) {
    const label = longestFirst.find((candidate) => text.startsWith(candidate, index));
    if (label !== undefined && position === 'first') return label;
    verdict = label ?? verdict;
    index += label?.length ?? 1;
  }
  return verdict;
}
