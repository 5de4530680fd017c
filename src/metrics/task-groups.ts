import {RollcallError} from '../core/errors.ts';
import {ascendingPlaces} from './ascending-places.ts';
import type {AgentTable} from './metrics-fold.ts';
import type {ValueColumn} from './value-column.ts';

/** The rollouts of one task. */
export interface TaskGroup {
  readonly taskIndex: number;
  /** Places in the table's columns, by rollout index. */
  readonly rows: Float64Array;
  /** Rollouts wanted of the task; 0 when nobody said. */
  readonly expected: number;
}

/** The tasks that have a rollout, ascending. An identity that is there twice fails with `ERR_DUPLICATE_ROLLOUT`. */
export function* groupByTask({agentName, tasks, rollouts, expectedTasks}: AgentTable): Generator<TaskGroup> {
  const order = ascendingPlaces(tasks.length, (row) => tasks.at(row));
  const expectedOf = countSorted(expectedTasks.ascending());
  for (let start = 0, end = 0; start < order.length; start = end) {
    const taskIndex = tasks.at(order[start] ?? 0);
    for (end = start + 1; end < order.length && tasks.at(order[end] ?? 0) === taskIndex; ) end++;
    const rows = order.subarray(start, end).sort((a, b) => rollouts.at(a) - rollouts.at(b));
    for (let place = 1; place < rows.length; place++) {
      const rolloutIndex = rollouts.at(rows[place] ?? 0);
      if (rolloutIndex === rollouts.at(rows[place - 1] ?? 0))
        throw duplicateError(agentName, taskIndex, rolloutIndex);
    }
    yield {taskIndex, rows, expected: expectedOf(taskIndex)};
  }
}

/** Counts of values, asked for in ascending order: one walk over the sorted list. */
function countSorted(sorted: ReturnType<ValueColumn['ascending']>): (value: number) => number {
  const {length} = sorted;
  let place = 0;
  return (value) => {
    while (place < length && (sorted.at(place) ?? 0) < value) place++;
    const start = place;
    while (place < length && sorted.at(place) === value) place++;
    return place - start;
  };
}

function duplicateError(agentName: string, taskIndex: number, rolloutIndex: number): RollcallError {
  const id = `task ${String(taskIndex)}, rollout ${String(rolloutIndex)}`;
  return new RollcallError(`the rollouts of ${JSON.stringify(agentName)} hold ${id} more than once`, {
    code: 'ERR_DUPLICATE_ROLLOUT',
    fault: 'dataset',
    hint: 'Shards that number their tasks from 0 each cannot be put together: number the rows before they are split.',
  });
}
