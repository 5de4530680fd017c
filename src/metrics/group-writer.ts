import {describeNumbers} from './describe-numbers.ts';
import type {AgentTable} from './metrics-fold.ts';
import {type Described, statisticNames, withStandardDeviations} from './statistics.ts';
import type {TaskGroup} from './task-groups.ts';
import type {ValueColumn} from './value-column.ts';

// NeMo Gym's own words where nobody profiles, whatever the agent is called.
const anyAgent = '{"agent_ref":{"name":"agent"}}';

/** A column with its keys as they are written. */
interface WrittenColumn {
  readonly column: ValueColumn;
  readonly key: string;
  readonly statisticKeys: readonly string[];
}

/**
 * Writes the entries of `group_level_metrics`, one a task, as JSON text. A run has as many of them as tasks, all with the same
 * keys: written out, they cost a tenth of what objects would.
 */
export class GroupWriter {
  readonly #table: AgentTable;
  readonly #columns: readonly WrittenColumn[];
  readonly #sampleOf: (taskIndex: number) => string;

  /** For a table that is complete. `sampleOf` gives a task's row as JSON text. */
  constructor(table: AgentTable, sampleOf: (taskIndex: number) => string = () => anyAgent) {
    this.#table = table;
    this.#sampleOf = sampleOf;
    this.#columns = [...table.columns].map(([name, column]) => ({
      column,
      key: JSON.stringify(name),
      statisticKeys: statisticNames.map((statistic) => JSON.stringify(`${statistic}/${name}`)),
    }));
  }

  /** NeMo Gym's entry of one task. */
  write({taskIndex, rows, expected: wanted}: TaskGroup): string {
    const done = rows.length;
    const expected = Math.max(wanted, done);
    return `{"_ng_task_index":${taskIndex}${this.#statistics(rows)},"sample":${this.#sampleOf(taskIndex)},"num_rollouts":${done},"expected_num_rollouts":${expected},"missing_num_rollouts":${expected - done},"reward_profile_completion_pct":${textOf((100 * done) / expected)},"rollout_infos":[${this.#infos(taskIndex, rows)}]}`;
  }

  #statistics(rows: Float64Array): string {
    const [first = 0] = rows;
    // Most tasks of most runs have one rollout.
    if (rows.length === 1) return this.#statisticsOfOne(first);
    const described = withStandardDeviations(this.#describe(rows), rows.length);
    let text = '';
    for (const [place, statistic] of statisticNames.entries()) {
      for (const [{statisticKeys}, description] of described) {
        const value = description[statistic];
        if (value !== undefined) text += `,${statisticKeys[place] ?? ''}:${textOf(value)}`;
      }
    }
    return text;
  }

  /** One value is its own mean, maximum, minimum and median, and has no spread. */
  #statisticsOfOne(row: number): string {
    let text = '';
    for (const [place, statistic] of statisticNames.entries()) {
      for (const {column, statisticKeys} of this.#columns) {
        const value = column.at(row);
        if (Number.isNaN(value)) continue;
        text += `,${statisticKeys[place] ?? ''}:${statistic === 'std' ? '0' : textOf(value)}`;
      }
    }
    return text;
  }

  #describe(rows: Float64Array): Described<WrittenColumn> {
    const described: Described<WrittenColumn>[number][] = [];
    for (const written of this.#columns) {
      const description = describeNumbers(written.column.pick(rows));
      if (description !== undefined) described.push([written, description]);
    }
    return described;
  }

  #infos(taskIndex: number, rows: Float64Array): string {
    let text = '';
    for (const row of rows) text += `${text === '' ? '' : ','}${this.#info(taskIndex, row)}`;
    return text;
  }

  #info(taskIndex: number, row: number): string {
    const rolloutIndex = this.#table.rollouts.at(row);
    let id = `"${taskIndex}:${rolloutIndex}"`;
    let numbers = '';
    for (const {column, key} of this.#columns) {
      const value = column.at(row);
      if (Number.isNaN(value)) continue;
      // A row's own number of that name wins, as it does in NeMo Gym.
      if (key === '"rollout_id"') id = textOf(value);
      else numbers += `,${key}:${textOf(value)}`;
    }
    return `{"rollout_id":${id},"_ng_task_index":${taskIndex},"_ng_rollout_index":${rolloutIndex}${numbers}}`;
  }
}

/** As `JSON.stringify` writes it: what is no finite number is null. */
function textOf(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null';
}
