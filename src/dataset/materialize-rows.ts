import {type Batches, oneBatch} from '../core/batches.ts';
import {RollcallError} from '../core/errors.ts';
import {NumberColumn} from '../core/number-column.ts';
import type {RolloutId} from '../core/rollout.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {checkRow} from './check-row.ts';
import {ownsTask} from './deal-tasks.ts';
import {type MaterializeOptions, type Repeats, repeatsFor} from './materialize-options.ts';
import {type InputRow, parseRow, readRows} from './read-rows.ts';
import type {RowDrafts} from './row-drafts.ts';
import {type RowTemplate, rowTemplate} from './row-template.ts';
import type {Survey} from './survey.ts';

/** One rollout to do, as it stands in the materialised file. */
export interface MaterializedRow {
  /** The line, without its newline. */
  readonly text: string;
  readonly id: RolloutId;
  readonly agentName: string;
}

/**
 * Expands the surveyed rows: each row's rollouts follow one another (aabbcc), rollout indices count on where the same task
 * comes again; a shard's are those that they are in the whole. Takes the rows from `drafts`; where those were too many to keep, it reads the input a second time, one line at
 * a time, and fails with `ERR_DATASET` when that is not what was surveyed.
 */
export function materializeRows(
  source: InputSource,
  survey: Survey,
  options: MaterializeOptions,
  drafts?: RowDrafts,
): Batches<MaterializedRow> {
  const expansion = new Expansion(survey, options);
  const templates = drafts?.take();
  return templates === undefined
    ? readAgain(source, survey, options, expansion)
    : oneBatch(expansion.expand(templates));
}

async function* readAgain(
  source: InputSource,
  survey: Survey,
  options: MaterializeOptions,
  expansion: Expansion,
): Batches<MaterializedRow> {
  for await (const rows of readRows(source, options.limit ?? 0))
    yield expansion.expand(templatesOf(rows, source.path, survey, options));
  if (expansion.rows !== survey.whole.rows) throw changedError(source.path);
}

/** Undefined for a row of another shard, which is not looked into. */
function* templatesOf(
  rows: Iterable<InputRow>,
  path: string,
  {taskNumbers}: Survey,
  options: MaterializeOptions,
): Generator<RowTemplate | undefined> {
  const {shard} = options;
  for (const input of rows) {
    if (shard !== undefined && !ownsTask(shard, taskNumbers.taskOf(input.index).slot)) {
      yield undefined;
      continue;
    }
    const parsed = parseRow(input);
    if ('problem' in parsed || checkRow(parsed.row, options).length > 0) throw changedError(path);
    yield rowTemplate(parsed.text, parsed.row, options);
  }
}

class Expansion {
  /** Rows so far. */
  rows = 0;
  readonly #survey: Survey;
  readonly #numRepeats: Repeats;
  readonly #rolloutsOfTask = new NumberColumn('uint32');

  constructor(survey: Survey, {numRepeats}: MaterializeOptions) {
    this.#survey = survey;
    this.#numRepeats = numRepeats;
  }

  /** `templates`: one for each row, undefined for those of other shards. */
  *expand(templates: Iterable<RowTemplate | undefined>): Generator<MaterializedRow> {
    for (const template of templates) {
      // A row more than were surveyed has no number.
      const row = this.rows++;
      if (row >= this.#survey.whole.rows) return;
      if (template === undefined) continue;
      const {agentName, line} = template;
      const {taskIndex, slot} = this.#survey.taskNumbers.taskOf(row);
      const first = this.#rolloutsOfTask.get(slot);
      const end = first + (repeatsFor(agentName, this.#numRepeats) ?? 0);
      for (let rolloutIndex = first; rolloutIndex < end; rolloutIndex++) {
        yield {text: line(taskIndex, rolloutIndex), id: {taskIndex, rolloutIndex}, agentName};
      }
      this.#rolloutsOfTask.set(slot, end);
    }
  }
}

function changedError(path: string): RollcallError {
  return new RollcallError(`the input ${path} changed while it was read`, {
    code: 'ERR_DATASET',
    fault: 'dataset',
    hint: 'Run again when nothing writes to it any more.',
  });
}
