import {stripVTControlCharacters} from 'node:util';
import {disarmLogCommands} from '../core/log-commands.ts';
import {shapeless} from './shapeless.ts';

// With controls what could rewrite the lines around it.
const unsafe = new RegExp(String.raw`[\p{Cc}\p{Cs}${shapeless}]+`, 'gu');

/** A foreign text as one harmless line of at most `width` code points: no terminal sequences, no controls, no turned writing. */
export function toPlainLine(text: string, width: number): string {
  const line = stripVTControlCharacters(text).replaceAll(unsafe, ' ').trim();
  const points = Array.from(line);
  return points.length <= width ? line : `${points.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** A foreign text as harmless lines of at most `width` code points each, broken between words where it can; a CI's runner obeys none. */
export function toPlainLines(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line: string[] = [];
  for (const word of toPlainLine(text, Number.POSITIVE_INFINITY).split(' ')) {
    for (const piece of piecesOf(word, width)) {
      const needed = line.length === 0 ? piece.length : line.length + 1 + piece.length;
      if (line.length > 0 && needed > width) {
        lines.push(line.join(''));
        line = piece;
      } else line = line.length === 0 ? piece : [...line, ' ', ...piece];
    }
  }
  if (line.length > 0) lines.push(line.join(''));
  return lines.map(disarmLogCommands);
}

function piecesOf(word: string, width: number): string[][] {
  const points = Array.from(word);
  const pieces: string[][] = [];
  for (let start = 0; start < points.length; start += width) pieces.push(points.slice(start, start + width));
  return pieces;
}
