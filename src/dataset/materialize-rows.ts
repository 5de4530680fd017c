import {RollcallError} from '../core/errors.ts';
import {NumberColumn} from '../core/number-column.ts';
import type {RolloutId} from '../core/rollout.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {checkRow} from './check-row.ts';
import {type MaterializeOptions, repeatsFor} from './materialize-options.ts';
import {parseRow, readRows} from './read-rows.ts';
import {rowTemplate} from './row-template.ts';
import type {Survey} from './survey.ts';

/** One rollout to do, as it stands in the materialised file. */
export interface MaterializedRow {
  /** The line, without its newline. */
  readonly text: string;
  readonly id: RolloutId;
  readonly agentName: string;
}

/**
 * Reads the surveyed input a second time and expands it: each row's rollouts follow one another (aabbcc), rollout
 * indices count on where the same task comes again. One line is held at a time. Fails with `ERR_DATASET` when the
 * input is not what was surveyed.
 */
export async function* materializeRows(
  source: InputSource,
  survey: Survey,
  options: MaterializeOptions,
): AsyncGenerator<MaterializedRow> {
  const rolloutsOfTask = new NumberColumn('uint32');
  let rows = 0;
  for await (const input of readRows(source, options.limit ?? 0)) {
    const parsed = parseRow(input);
    if ('problem' in parsed || rows >= survey.rows || checkRow(parsed.row, options).length > 0) {
      throw changedError(source.path);
    }
    rows += 1;
    const {agentName, line} = rowTemplate(parsed.text, parsed.row, options);
    const {taskIndex, slot} = survey.taskNumbers.taskOf(input.index);
    const first = rolloutsOfTask.get(slot);
    const end = first + (repeatsFor(agentName, options.numRepeats) ?? 0);
    for (let rolloutIndex = first; rolloutIndex < end; rolloutIndex++) {
      yield {text: line(taskIndex, rolloutIndex), id: {taskIndex, rolloutIndex}, agentName};
    }
    rolloutsOfTask.set(slot, end);
  }
  if (rows !== survey.rows) throw changedError(source.path);
}

function changedError(path: string): RollcallError {
  return new RollcallError(`the input ${path} changed while it was read`, {
    code: 'ERR_DATASET',
    fault: 'dataset',
    hint: 'Run again when nothing writes to it any more.',
  });
}
