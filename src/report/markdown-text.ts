import {breakLogCommands} from '../core/log-commands.ts';
import {toPlainLine} from './plain-text.ts';

// Nothing of it starts anything: no markup, link, mention, reference, formula or emoji.
const inert = /^(?:[\p{L}\p{N} ,.%;()–×…='"+-]|:(?= ))*$/u;

/** A text as it stands if it surely is only that, else as code: for our own words with names of others in them. */
export function toMarkdownText(text: string, width: number): string {
  const line = toPlainLine(text, width);
  return inert.test(line) && !/www\./i.test(line) ? line : toMarkdownCode(line, width);
}

/**
 * A foreign text as one piece of code of at most `width` code points, for a table's cell too: in code nothing is HTML, a link, a mention or
 * a formula. What would end the piece or the cell is replaced by what looks like it.
 */
export function toMarkdownCode(text: string, width: number): string {
  const line = breakLogCommands(toPlainLine(text, width)).replaceAll('`', "'").replaceAll('|', '¦').trim();
  return line === '' ? '–' : `\`${line}\``;
}

/** Lines below a head, as GitHub's Markdown writes a table; cells are Markdown already. */
export function renderMarkdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}
