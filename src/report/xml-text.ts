import {breakLogCommands} from '../core/log-commands.ts';
import {toPlainLine} from './plain-text.ts';

// XML 1.0 has no way to write them, not even escaped.
const forbidden = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** A foreign text as content or attribute value of XML 1.0: one line of at most `width` code points before it is escaped. */
export function toXmlLine(text: string, width: number): string {
  const allowed = toPlainLine(text, width).replaceAll(forbidden, ' ');
  return breakLogCommands(allowed).replaceAll(/[&<>"']/g, (char) => entities[char] ?? '');
}
