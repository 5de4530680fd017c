import {describeNumbers, type NumberDescription} from './describe-numbers.ts';

const statisticNames = ['mean', 'max', 'min', 'median', 'std'] as const;

/**
 * NeMo Gym's `stat/column` entries of a set of rows, statistic by statistic, in the order of the columns; what has no value is
 * left out. `columns` are padded with NaN to `rows`.
 */
export function statisticsOf(
  columns: ReadonlyMap<string, Float64Array>,
  rows: number,
): Record<string, number> {
  const described: (readonly [name: string, description: NumberDescription])[] = [];
  for (const [name, values] of columns) {
    const description = describeNumbers(values);
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

type Described = readonly (readonly [name: string, description: NumberDescription])[];

// Where no column at all has a spread, as with a single row, columns without gaps count as having none.
function withStandardDeviations(described: Described, rows: number): Described {
  if (described.some(([, {std}]) => std !== undefined)) return described;
  return described.map(([name, description]) =>
    description.count === rows ? [name, {...description, std: 0}] : [name, description],
  );
}
