import {stripControls} from '../runtime/logger.ts';

/** Rows under their headings, in columns two blanks apart; no blanks at the end of a line, nothing that a terminal acts upon. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [headings, ...rows].map((row) => row.map(stripControls));
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
