import {describeNumbers, type NumberDescription} from './describe-numbers.ts';
import type {ValueColumn} from './value-column.ts';

/** The statistics of a column, in NeMo Gym's order. */
export const statisticNames = ['mean', 'max', 'min', 'median', 'std'] as const;

/**
 * NeMo Gym's `stat/column` entries of a set of rows, statistic by statistic, in the order of the columns; what has no value is
 * left out.
 */
export function statisticsOf(
  columns: ReadonlyMap<string, ValueColumn>,
  rows: number,
): Record<string, number> {
  const described: Described<string>[number][] = [];
  const room = new Float64Array(rows);
  for (const [name, column] of columns) {
    const description = describeNumbers(column.values(room));
    if (description !== undefined) described.push([name, description]);
  }
  const completed = withStandardDeviations(described, rows);
  const statistics: Record<string, number> = {};
  for (const statistic of statisticNames) {
    for (const [name, description] of completed) {
      const value = description[statistic];
      if (value !== undefined) statistics[`${statistic}/${name}`] = value;
    }
  }
  return statistics;
}

/** What has values, by its column. */
export type Described<Column> = readonly (readonly [column: Column, description: NumberDescription])[];

/** Where no column at all has a spread, as with a single row, columns without gaps count as having none. */
export function withStandardDeviations<Column>(
  described: Described<Column>,
  rows: number,
): Described<Column> {
  if (described.some(([, {std}]) => std !== undefined)) return described;
  return described.map(([column, description]) =>
    description.count === rows ? [column, {...description, std: 0}] : [column, description],
  );
}
