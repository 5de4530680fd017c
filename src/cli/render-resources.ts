import {stripControls} from '../runtime/logger.ts';
import {renderTable} from './render-table.ts';

interface ResourceLine {
  readonly kind: string;
  readonly name: string;
  readonly status: string;
  readonly detail: string;
}

/** What became of each document, one line each; where that is wider than `columns`, what it resolves to stands below. */
export function renderResources(resources: readonly ResourceLine[], columns: number): readonly string[] {
  const cells = resources.map(({kind, name, status}) => [kind, name, status]);
  const headings = ['KIND', 'NAME', 'STATUS'];
  const wide = renderTable(
    [...headings, ''],
    cells.map((row, index) => [...row, resources[index]?.detail ?? '']),
  );
  if (wide.every((line) => line.length <= columns)) return wide;
  const [heading = '', ...lines] = renderTable(headings, cells);
  const details = resources.map(({detail}) => wrap(stripControls(detail), columns));
  return [heading, ...lines.flatMap((line, index) => [line, ...(details[index] ?? [])])];
}

/** Indented, broken at blanks. */
function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1) ?? '   '} ${word}`;
    if (lines.length > 0 && longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(`${lines.length === 0 ? '' : '  '}    ${word}`);
  }
  return lines;
}
