import type {Batches} from '../core/batches.ts';
import {RollcallError} from '../core/errors.ts';
import {NumberColumn} from '../core/number-column.ts';
import type {RolloutId} from '../core/rollout.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {checkRow} from './check-row.ts';
import {type MaterializeOptions, repeatsFor} from './materialize-options.ts';
import {type InputRow, parseRow, readRows} from './read-rows.ts';
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
): Batches<MaterializedRow> {
  const expansion = new Expansion(source.path, survey, options);
  for await (const rows of readRows(source, options.limit ?? 0)) yield expansion.expand(rows);
  expansion.finish();
}

class Expansion {
  readonly #path: string;
  readonly #survey: Survey;
  readonly #options: MaterializeOptions;
  readonly #rolloutsOfTask = new NumberColumn('uint32');
  #rows = 0;

  constructor(path: string, survey: Survey, options: MaterializeOptions) {
    this.#path = path;
    this.#survey = survey;
    this.#options = options;
  }

  *expand(rows: Iterable<InputRow>): Generator<MaterializedRow> {
    const options = this.#options;
    for (const input of rows) {
      const parsed = parseRow(input);
      const isAsSurveyed = !('problem' in parsed) && checkRow(parsed.row, options).length === 0;
      if (!isAsSurveyed || ++this.#rows > this.#survey.rows) throw changedError(this.#path);
      const {agentName, line} = rowTemplate(parsed.text, parsed.row, options);
      const {taskIndex, slot} = this.#survey.taskNumbers.taskOf(input.index);
      const first = this.#rolloutsOfTask.get(slot);
      const end = first + (repeatsFor(agentName, options.numRepeats) ?? 0);
      for (let rolloutIndex = first; rolloutIndex < end; rolloutIndex++) {
        yield {text: line(taskIndex, rolloutIndex), id: {taskIndex, rolloutIndex}, agentName};
      }
      this.#rolloutsOfTask.set(slot, end);
    }
  }

  finish(): void {
    if (this.#rows !== this.#survey.rows) throw changedError(this.#path);
  }
}

function changedError(path: string): RollcallError {
  return new RollcallError(`the input ${path} changed while it was read`, {
    code: 'ERR_DATASET',
    fault: 'dataset',
    hint: 'Run again when nothing writes to it any more.',
  });
}
