// Controls could move a terminal's cursor, bidirectional marks could make a line read as another.
const unprintable = /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;
const maxMessageBytes = 2_000;

/** Text of a server made fit for one line of a terminal or a log: nothing that a terminal acts upon, at most 2,000 bytes. */
export function printable(text: string): string {
  const line = text
    .slice(0, 4 * maxMessageBytes)
    .replace(unprintable, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (Buffer.byteLength(line) <= maxMessageBytes) return line;
  // A cut inside a character leaves a replacement character at the end, which is not part of the text.
  const cut = Buffer.from(line)
    .subarray(0, maxMessageBytes - 3)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${cut}…`;
}
