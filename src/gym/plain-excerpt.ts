// Controls could move a terminal's cursor, bidirectional marks could make a line read as another.
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;
const longest = 600;

/** A server's text made fit for a line of a message: nothing that a terminal acts upon, at most 600 code points. */
export function plainExcerpt(text: string): string {
  const line = text
    .slice(0, 8 * longest)
    .replace(unprintable, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  const points = Array.from(line);
  return points.length <= longest ? line : `${points.slice(0, longest - 1).join('')}…`;
}
