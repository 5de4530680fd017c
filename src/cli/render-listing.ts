import {stripControls} from '../runtime/logger.ts';
import {renderTable} from './render-table.ts';

/** Rows under their headings; where that is wider than `columns`, the last cell of each stands below its row. */
export function renderListing(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): readonly string[] {
  const wide = renderTable(headings, rows);
  if (wide.every((line) => line.length <= columns)) return wide;
  const [heading = '', ...lines] = renderTable(
    headings.slice(0, -1),
    rows.map((row) => row.slice(0, -1)),
  );
  const details = rows.map((row) => wrap(stripControls(row.at(-1) ?? ''), columns));
  return [heading, ...lines.flatMap((line, index) => [line, ...(details[index] ?? [])])];
}

const indent = '    ';

/** Indented, broken at blanks. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((each) => each !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(`${lines.length === 0 ? '' : '  '}${indent}${word}`);
  }
  return lines;
}
