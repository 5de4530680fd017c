import {RollcallError} from '../core/errors.ts';
import {type MeansByTask, meansByTask, pairedDifference} from '../metrics/paired-difference.ts';
import {ValueColumn} from '../metrics/value-column.ts';
import {lastQuestionOf} from '../report/html/record-texts.ts';
import {mostChanges} from '../report/html/render-comparison.ts';
import type {Comparison, RunFigures, TaskChange, TaskMatch} from '../report/html/report-model.ts';
import {toPlainLine} from '../report/plain-text.ts';
import type {RunReading} from './run-reading.ts';

type Measure = 'reward' | 'usd' | 'ms' | 'tokens';

/** Compares two outputs by the tasks that have the same number and input in both. Fails with `ERR_COMPARE_TASKS` where there are none. */
export function compareReadings(ours: RunReading, other: RunReading, figures: RunFigures): Comparison {
  const {same, match} = matchTasks(ours, other);
  if (same.size === 0) throw noCommonTask(ours, other, match);
  const pair = (name: Measure) => pairedDifference(meansOf(ours, name, same), meansOf(other, name, same));
  const changed = changesOf(meansOf(ours, 'reward', same), meansOf(other, 'reward', same));
  const described = describer(ours);
  const byChange = changed.toSorted(
    (a, b) => a.reward - a.otherReward - (b.reward - b.otherReward) || a.task - b.task,
  );
  return {
    other: figures,
    match,
    reward: pair('reward'),
    costUsd: pair('usd'),
    milliseconds: pair('ms'),
    outputTokens: pair('tokens'),
    worse: byChange.filter(({reward, otherReward}) => reward < otherReward).map(described),
    better: byChange
      .filter(({reward, otherReward}) => reward > otherReward)
      .reverse()
      .map(described),
    changes: new Map(changed.map(({task, reward, otherReward}) => [task, reward - otherReward])),
  };
}

function matchTasks(
  ours: RunReading,
  other: RunReading,
): {readonly same: ReadonlySet<number>; readonly match: TaskMatch} {
  const same = new Set<number>();
  let otherInput = 0;
  for (const [task, input] of ours.inputs) {
    const otherDigest = other.inputs.get(task);
    if (otherDigest === input) same.add(task);
    else if (otherDigest !== undefined) otherInput++;
  }
  const common = same.size + otherInput;
  const match = {
    same: same.size,
    otherInput,
    onlyHere: ours.inputs.size - common,
    onlyThere: other.inputs.size - common,
  };
  return {same, match};
}

/** The means of the tasks that are compared, over completed rollouts. */
function meansOf({rows}: RunReading, name: Measure, tasks: ReadonlySet<number>): MeansByTask {
  const values = new ValueColumn();
  for (let row = 0; row < rows.size; row++)
    values.push(rows.hasFailed(row) ? Number.NaN : rows.columns[name].at(row));
  const means = meansByTask(rows.columns.task, values);
  return new Map([...means].filter(([task]) => tasks.has(task)));
}

function changesOf(ours: MeansByTask, other: MeansByTask): readonly Omit<TaskChange, 'question'>[] {
  return Array.from(ours).flatMap(([task, reward]) => {
    const otherReward = other.get(task);
    return otherReward === undefined ? [] : [{task, reward, otherReward}];
  });
}

/** Puts the beginning of the question beside the first changes; a page shows no more of them. */
function describer(reading: RunReading): (change: Omit<TaskChange, 'question'>, place: number) => TaskChange {
  const {task, rollout} = reading.rows.columns;
  const firstRow = new Map<number, number>();
  for (let row = 0; row < reading.rows.size; row++)
    if (!firstRow.has(task.at(row))) firstRow.set(task.at(row), row);
  return (change, place) => {
    const row = firstRow.get(change.task);
    if (row === undefined || place >= mostChanges) return {...change, question: ''};
    const record = reading.recordOf({taskIndex: change.task, rolloutIndex: rollout.at(row)});
    return {
      ...change,
      question: toPlainLine(record === undefined ? '' : lastQuestionOf(record), questionWidth),
    };
  };
}

const questionWidth = 160;

function noCommonTask(ours: RunReading, other: RunReading, {otherInput}: TaskMatch): RollcallError {
  const why =
    otherInput > 0
      ? `${String(otherInput)} tasks have the same number in both, and another input in each`
      : 'no task of one has the number of a task of the other';
  return new RollcallError(`${ours.paths.output} and ${other.paths.output} have no task in common: ${why}`, {
    code: 'ERR_COMPARE_TASKS',
    fault: 'usage',
    hint: 'Runs are compared by task: the same _ng_task_index, and the same input in responses_create_params. Collect both from the same rows.',
  });
}
