import {shapeless} from '../shapeless.ts';

// Controls but tabs and line ends (CRLF too), halves of characters, what has no shape, and tags: what cannot be seen but changes what is shown
// around it, or what a terminal does that it is pasted into.
const invisible = new RegExp(
  String.raw`[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\p{Cs}${shapeless}\u{e0000}-\u{e007f}]|\r(?!\n)`,
  'gu',
);

export interface VisiblePart {
  readonly text: string;
  /** It stands for a character that cannot be seen. */
  readonly isMark: boolean;
}

/** A foreign text in parts that can be shown as they are: each character that cannot be seen becomes its number (`U+202E`). */
export function visibleParts(text: string): readonly VisiblePart[] {
  const parts: VisiblePart[] = [];
  let end = 0;
  for (const {0: found, index} of text.matchAll(invisible)) {
    if (index > end) parts.push({text: text.slice(end, index), isMark: false});
    parts.push({text: codePointName(found), isMark: true});
    end = index + found.length;
  }
  if (end < text.length) parts.push({text: text.slice(end), isMark: false});
  return parts;
}

function codePointName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `U+${code.padStart(4, '0')}`;
}
