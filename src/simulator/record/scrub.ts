import type {Chunk} from './exchange-record.ts';

/** Takes secrets out of what is kept. */
export interface Scrubber {
  text(text: string): string;
  /** The same for a body; where a secret lies over a boundary of chunks, its mask belongs to the earlier one. */
  chunks(chunks: readonly Chunk[]): readonly Chunk[];
  bytes(bytes: Buffer): Buffer;
}

const mask = '****';

/** A scrubber that masks each of `secrets`, as it is and as it looks in JSON or in a URL. All else stays byte for byte. */
export function createScrubber(secrets: Iterable<string>): Scrubber {
  const forms = new Set<string>();
  for (const secret of secrets)
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
      forms.add(form);
  if (forms.size === 0) return {text: (text) => text, chunks: (chunks) => chunks, bytes: (bytes) => bytes};
  // A secret that contains another must be found first, or its rest would stay.
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const inText = anyOf(longestFirst);
  // A body is looked at as one character a byte.
  const inBytes = anyOf(longestFirst.map((form) => Buffer.from(form).toString('latin1')));
  const scrubChunks = (chunks: readonly Chunk[]): readonly Chunk[] => maskChunks(chunks, inBytes);
  return {
    text: (text) => text.replace(inText, mask),
    chunks: scrubChunks,
    bytes: (bytes) => scrubChunks([{ms: 0, bytes}])[0]?.bytes ?? bytes,
  };
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

function maskChunks(chunks: readonly Chunk[], pattern: RegExp): readonly Chunk[] {
  const whole = Buffer.concat(chunks.map(({bytes}) => bytes)).toString('latin1');
  const found = [...whole.matchAll(pattern)].map(({index, 0: {length}}) => ({
    start: index,
    end: index + length,
  }));
  if (found.length === 0) return chunks;
  const masked = Buffer.from(whole.replace(pattern, mask), 'latin1');
  let end = 0;
  let start = 0;
  let next = 0;
  let shift = 0;
  const rest = chunks.map(({ms, bytes}) => {
    end += bytes.length;
    let cut = end;
    for (let span = found[next]; span !== undefined && span.start < end; span = found[++next]) {
      shift += mask.length - (span.end - span.start);
      cut = Math.max(end, span.end);
    }
    const from = start;
    // What a mask has taken from the next chunk is not that chunk's any more.
    start = Math.max(from, cut + shift);
    return {ms, bytes: masked.subarray(from, start)};
  });
  return rest.filter(({bytes}) => bytes.length > 0);
}
