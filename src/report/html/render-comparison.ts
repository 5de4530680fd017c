import type {PairedDifference} from '../../metrics/paired-difference.ts';
import {formatCount, formatCounted, formatDuration, formatUsd} from '../format-quantity.ts';
import {type Html, html, visible} from './html.ts';
import {formatMean} from './render-overview.ts';
import type {Comparison, RunFigures, TaskChange, TaskMatch} from './report-model.ts';

/** So many tasks are named; the list has them all. */
export const mostChanges = 100;

/** Two runs beside each other: the differences by task, and the tasks that changed. */
export function renderComparison(run: RunFigures, comparison: Comparison): Html {
  const {other, match, reward, costUsd, milliseconds, outputTokens, worse, better} = comparison;
  return html`<section aria-labelledby="comparison">
<h2 id="comparison">Compared with ${visible(other.output)}</h2>
<p>${matchText(match)}</p>
<p class="dim">Method: paired by task. Each task that both runs have a value of counts once, with the mean of its rollouts in each run; the difference is this run less the other, averaged over the tasks; the 95 % interval is Student’s t over the differences of the tasks. An interval that holds 0 leaves open which run is better.</p>
<div class="wide"><table><thead><tr><th scope="col">By task</th><th scope="col">${visible(run.output)}</th><th scope="col">${visible(other.output)}</th><th scope="col">Difference</th><th scope="col">95 % interval</th><th scope="col">Tasks</th></tr></thead><tbody>
${differenceRow('Mean reward', reward, formatMean)}${differenceRow('Cost of a rollout', costUsd, formatUsd)}${differenceRow('Time of the policy’s calls', milliseconds, formatDuration)}${differenceRow('Tokens out', outputTokens, (value) => value.toFixed(3))}</tbody></table></div>
${reward === undefined ? html`<p>No task was judged in both runs: there are no rewards to compare.</p>` : html`<p>${formatCounted(reward.higher, 'task')} better, ${formatCount(reward.lower)} worse, ${formatCount(reward.equal)} the same.</p>`}
${changeTable('Worse', worse)}${changeTable('Better', better)}</section>
`;
}

/** How many tasks are compared, and why others are not. */
export function matchText({same, otherInput, onlyHere, onlyThere}: TaskMatch): string {
  const left = [
    ...(otherInput > 0 ? [`${formatCount(otherInput)} have the same number but another input`] : []),
    ...(onlyHere > 0 ? [`${formatCount(onlyHere)} are in this run only`] : []),
    ...(onlyThere > 0 ? [`${formatCount(onlyThere)} are in the other run only`] : []),
  ];
  const compared = `${formatCounted(same, 'task')} with the same number and the same input in both runs are compared`;
  return left.length === 0
    ? `${compared}; there are no others.`
    : `${compared}. Not compared: ${left.join('; ')}.`;
}

function differenceRow(
  label: string,
  pair: PairedDifference | undefined,
  format: (value: number) => string,
): Html | undefined {
  if (pair === undefined) return undefined;
  const {mean, otherMean, difference, tasks} = pair;
  const {interval95} = difference;
  const range =
    interval95 === undefined
      ? 'needs two tasks'
      : `${signed(interval95[0], format)} to ${signed(interval95[1], format)}`;
  return html`<tr><th scope="row">${label}</th><td>${format(mean)}</td><td>${format(otherMean)}</td><td>${signed(difference.mean, format)}</td><td>${range}</td><td>${formatCount(tasks)}</td></tr>
`;
}

function signed(value: number, format: (value: number) => string): string {
  const text = format(Math.abs(value));
  if (value === 0) return text;
  return value > 0 ? `+${text}` : `−${text}`;
}

function changeTable(title: string, changes: readonly TaskChange[]): Html | undefined {
  if (changes.length === 0) return undefined;
  const shown = changes.slice(0, mostChanges);
  const rows = shown.map(
    ({task, reward, otherReward, question}) =>
      html`<tr><th scope="row"><a href="#rollouts" data-task="${task}">${task}</a></th><td>${formatMean(otherReward)}</td><td>${formatMean(reward)}</td><td>${signed(reward - otherReward, formatMean)}</td><td class="text">${visible(question)}</td></tr>`,
  );
  const rest = changes.length - shown.length;
  return html`<details><summary>${title}: ${formatCounted(changes.length, 'task')}</summary>
<div class="wide"><table><thead><tr><th scope="col">Task</th><th scope="col">Other</th><th scope="col">This</th><th scope="col">Difference</th><th scope="col">Question</th></tr></thead><tbody>${rows}</tbody></table></div>
${rest > 0 ? html`<p>${formatCount(rest)} more: sort the list below by “change”.</p>` : ''}</details>
`;
}
