import {ascendingPlaces} from './ascending-places.ts';
import type {AgentTable} from './metrics-fold.ts';

/** How the rollouts of one task stand. */
export interface TaskStanding {
  readonly taskIndex: number;
  readonly done: number;
  /** At least as many as are done. */
  readonly wanted: number;
  /** Of completed rollouts, by rollout index; those without a reward are left out. */
  readonly rewards: readonly number[];
  /** Over its completed rollouts; undefined where it was not kept or is not known. */
  readonly modelMs: number | undefined;
}

/** Every task that is wanted or has a rollout, ascending. */
export function* taskStandings(table: AgentTable): Generator<TaskStanding> {
  const {tasks, rollouts, expectedTasks} = table;
  const order = ascendingPlaces(tasks.length, (row) => tasks.at(row));
  const expected = expectedTasks.ascending();
  let [row, place] = [0, 0];
  for (;;) {
    const next = row < order.length ? tasks.at(order[row] ?? 0) : undefined;
    const wanted = place < expected.length ? expected.at(place) : undefined;
    const taskIndex = smaller(next, wanted);
    if (taskIndex === undefined) return;
    const [firstRow, firstPlace] = [row, place];
    while (row < order.length && tasks.at(order[row] ?? 0) === taskIndex) row++;
    while (place < expected.length && expected.at(place) === taskIndex) place++;
    const rows = order.subarray(firstRow, row).sort((a, b) => rollouts.at(a) - rollouts.at(b));
    yield standingOf(taskIndex, rows, place - firstPlace, table);
  }
}

/** The smaller of two of which either may be missing. */
function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function standingOf(
  taskIndex: number,
  rows: Float64Array,
  expected: number,
  {columns, measures}: AgentTable,
): TaskStanding {
  const valuesIn = (column: ReturnType<typeof columns.get>): number[] =>
    column === undefined ? [] : [...column.pick(rows)].filter((value) => !Number.isNaN(value));
  const times = valuesIn(measures.get('model_ms'));
  return {
    taskIndex,
    done: rows.length,
    wanted: Math.max(rows.length, expected),
    rewards: valuesIn(columns.get('reward')),
    modelMs: times.length === 0 ? undefined : times.reduce((sum, ms) => sum + ms, 0),
  };
}
