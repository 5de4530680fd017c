import {asNumber} from '../../core/json.ts';
import type {ClusteredMean} from '../../metrics/clustered-mean.ts';
import type {Latency} from '../../metrics/latency.ts';
import type {Counted} from '../../metrics/record-figures.ts';
import type {TokenCounts} from '../../metrics/token-tally.ts';
import {formatCount, formatCounted, formatDuration, formatShare, formatUsd} from '../format-quantity.ts';
import {renderHistogram} from './histogram.ts';
import {type Html, type HtmlValue, html, visible} from './html.ts';
import type {AgentFigures, RunFigures} from './report-model.ts';

/** The first screen: what ran, what came of it, what it took. */
export function renderOverview(run: RunFigures): Html {
  return html`<section aria-labelledby="overview">
<h2 id="overview">Overview</h2>
${run.records.simulated > 0 ? html`<p class="note"><strong>Simulated.</strong> ${formatCount(run.records.simulated)} of ${formatCounted(run.done, 'rollout')} were answered by a simulator: these rewards say nothing about a model, and the cost is what the models would cost that were played.</p>` : ''}
${run.notices.map((notice) => html`<p class="note">${visible(notice)}</p>`)}
<dl class="facts">
${[...outcomeFacts(run), ...settingFacts(run), ...workFacts(run)].map(renderFact)}
</dl>
${passTable(run)}${agentTable(run.agents)}
</section>
`;
}

/** How rewards, times and lengths are spread, and what failed how often. */
export function renderDistributions({distributions, failedAttempts}: RunFigures): Html {
  const {rewards, milliseconds, answerLengths} = distributions;
  const figures = [
    renderHistogram(rewards, {title: 'Reward', format: formatReward}),
    renderHistogram(milliseconds, {title: 'Time of the policy’s calls', format: formatDuration}),
    renderHistogram(answerLengths, {title: 'Length of the answer, characters', format: formatCount}),
  ];
  return html`<section aria-labelledby="distributions">
<h2 id="distributions">Distributions</h2>
<div class="figures">
${figures}</div>
<h3>Failed attempts</h3>
${failureTable(failedAttempts)}
</section>
`;
}

export function meanText({mean, interval95}: ClusteredMean, format: (value: number) => string): string {
  if (interval95 === undefined) return format(mean);
  return `${format(mean)} (95 % interval ${format(interval95[0])} to ${format(interval95[1])})`;
}

export function formatMean(value: number): string {
  return value.toFixed(3);
}

function formatReward(value: number): string {
  return String(Number(value.toFixed(3)));
}

interface Fact {
  readonly label: string;
  readonly value: HtmlValue;
}

function renderFact({label, value}: Fact): Html {
  return html`<div><dt>${label}</dt><dd>${value}</dd></div>
`;
}

function outcomeFacts(run: RunFigures): readonly Fact[] {
  const {done, failed, missing, wanted, reward, counts, records} = run;
  const of = wanted === undefined ? '' : ` of ${formatCount(wanted)}`;
  const left = wanted === undefined ? '' : `, ${formatCount(missing)} missing`;
  const facts: Fact[] = [
    {label: 'Rollouts', value: `${formatCount(done)}${of} done, ${formatCount(failed)} failed${left}`},
  ];
  if (reward === undefined) return [...facts, {label: 'Mean reward', value: 'none was judged'}];
  const passed = numberIn(counts, 'passed_rollouts');
  facts.push(
    {
      label: 'Mean reward',
      value: html`<strong>${formatMean(reward.mean)}</strong>${meanText(reward, formatMean).slice(formatMean(reward.mean).length)}; n = ${formatCounted(reward.count, 'rollout')} of ${formatCounted(reward.clusters, 'task')}`,
    },
    {
      label: 'Passed (reward of 1 or more)',
      value: `${formatCount(passed)} of ${formatCount(reward.count)} (${formatShare(passed, reward.count)}); ${formatCounted(numberIn(counts, 'tasks_passed_once'), 'task')} at least once, ${formatCount(numberIn(counts, 'tasks_passed_always'))} always`,
    },
    {label: 'Verdicts', value: verdictText(records.verdicts, numberIn(counts, 'unparsed_verdicts'))},
  );
  return facts;
}

function verdictText(verdicts: readonly Counted[], unparsed: number): HtmlValue {
  if (verdicts.length === 0 && unparsed === 0) return 'the records hold none';
  const labels = verdicts.map(
    ({name, count}, place) => html`${place === 0 ? '' : ', '}${formatCount(count)} × ${visible(name)}`,
  );
  return html`${labels}${labels.length > 0 ? ', ' : ''}${formatCount(unparsed)} without a label`;
}

function settingFacts({settings, records, output}: RunFigures): readonly Fact[] {
  const facts: Fact[] = settings.agents.map(({name, deployments, judge}) => ({
    label: 'Agent',
    value: html`${visible(name)}: deployment ${visible(deployments)}${judge === undefined ? '' : html`; judge ${visible(judge)}`}`,
  }));
  if (facts.length === 0 && records.deployments.length > 0)
    facts.push({label: 'Answered by', value: countedText(records.deployments)});
  if (records.models.length > 0)
    facts.push({label: 'Model, as replies name it', value: countedText(records.models)});
  facts.push({label: 'File', value: visible(output)});
  if (settings.input !== undefined) facts.push({label: 'Input', value: visible(settings.input)});
  if (settings.startedAt === undefined)
    return [...facts, {label: 'When', value: 'not known: there is no manifest'}];
  const runs = settings.runs === 1 ? '1 run' : `${formatCount(settings.runs)} runs`;
  const end =
    settings.endedAt === undefined ? 'no end is noted: it runs, or was killed' : `to ${settings.endedAt}`;
  const code = settings.exitCode === undefined ? '' : `, exit code ${String(settings.exitCode)}`;
  facts.push({label: 'When', value: visible(`${settings.startedAt} ${end} (${runs}${code})`)});
  return facts;
}

function countedText(names: readonly Counted[]): Html {
  const texts = names.map(
    ({name, count}, place) =>
      html`${place === 0 ? '' : ', '}${visible(name)}${names.length > 1 ? ` (${formatCount(count)})` : ''}`,
  );
  return html`${texts}`;
}

function workFacts({records, counts, settings}: RunFigures): readonly Fact[] {
  const {policyTokens, judgeTokens, modelLatency, judgeLatency, truncated, contentFiltered} = records;
  const facts: Fact[] = [{label: 'Tokens, policy', value: tokensText(policyTokens)}];
  if (judgeTokens.input + judgeTokens.output > 0)
    facts.push({label: 'Tokens, judge', value: tokensText(judgeTokens)});
  facts.push({label: 'Cost of completed rollouts', value: costText(counts)});
  if (modelLatency !== undefined)
    facts.push({label: 'Time of the policy’s calls', value: latencyText(modelLatency)});
  if (judgeLatency !== undefined) facts.push({label: 'Time of the judge', value: latencyText(judgeLatency)});
  facts.push({label: 'Calls of completed rollouts', value: formatCount(records.calls)});
  if (truncated > 0)
    facts.push({label: 'Cut off at the token limit', value: formatCounted(truncated, 'answer')});
  if (contentFiltered > 0)
    facts.push({label: 'Cut off by the content filter', value: formatCounted(contentFiltered, 'answer')});
  const refusals = settings.refusals.map(({name, answered, refused, saturatedMinutes}) => {
    const waited =
      saturatedMinutes > 0 ? `; calls waited in ${formatCounted(saturatedMinutes, 'minute')}` : '';
    return html`<div>${visible(name)}: ${formatCounted(answered, 'call')} answered, ${formatCount(refused)} refused${waited}</div>`;
  });
  if (refusals.length > 0) facts.push({label: 'Quota (429 and the like)', value: refusals});
  return facts;
}

function tokensText({input, cached, output, reasoning}: TokenCounts): string {
  const ofInput = cached > 0 ? ` (${formatCount(cached)} cached)` : '';
  const ofOutput = reasoning > 0 ? ` (${formatCount(reasoning)} reasoning)` : '';
  return `${formatCount(input)} in${ofInput}, ${formatCount(output)} out${ofOutput}`;
}

function costText(counts: RunFigures['counts']): string {
  const total = asNumber(counts['cost_usd']);
  if (total === undefined) return 'not known: no price is known';
  const [priced, done] = [numberIn(counts, 'priced_rollouts'), numberIn(counts, 'num_rollouts')];
  const part = priced === done ? '' : `; known of ${formatCount(priced)} of ${formatCount(done)}`;
  return `${formatUsd(total)} (policy ${formatUsd(numberIn(counts, 'policy_cost_usd'))}, judge ${formatUsd(numberIn(counts, 'judge_cost_usd'))})${part}`;
}

function latencyText({count, p50, p95, p99, max}: Latency): string {
  return `p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}, p99 ${formatDuration(p99)}, most ${formatDuration(max)}; n = ${formatCount(count)}`;
}

function passTable({passAtK}: RunFigures): Html | undefined {
  if (passAtK.length === 0) return undefined;
  const rows = passAtK.map(
    ({k, estimate}) =>
      html`<tr><th scope="row">pass@${k}</th><td>${meanText(estimate, formatMean)}</td><td>${formatCounted(estimate.count, 'task')}</td></tr>`,
  );
  return html`<h3>pass@k</h3>
<p class="dim">The chance that of k rollouts of a task at least one passes, estimated without bias from all rollouts of the task; over the tasks that have k.</p>
<table class="short">${rows}</table>
`;
}

function agentTable(agents: readonly AgentFigures[]): Html | undefined {
  if (agents.length < 2) return undefined;
  const rows = agents.map(({name, meanReward, counts}) => {
    const interval = counts['mean_reward_interval_95'];
    const [low, high] = Array.isArray(interval) ? (interval as readonly number[]) : [];
    const range = low === undefined || high === undefined ? '' : `${formatMean(low)} to ${formatMean(high)}`;
    return html`<tr><th scope="row">${visible(name)}</th><td>${formatCount(numberIn(counts, 'num_rollouts'))} of ${formatCount(numberIn(counts, 'expected_num_rollouts'))}</td><td>${meanReward === undefined ? '' : formatMean(meanReward)}</td><td>${range}</td></tr>`;
  });
  return html`<h3>Agents</h3>
<div class="wide"><table><thead><tr><th scope="col">Agent</th><th scope="col">Rollouts</th><th scope="col">Mean reward</th><th scope="col">95 % interval</th></tr></thead><tbody>${rows}</tbody></table></div>
`;
}

function failureTable(failures: readonly Counted[]): Html {
  if (failures.length === 0) return html`<p>None.</p>`;
  const rows = failures.map(
    ({name, count}) => html`<tr><th scope="row">${visible(name)}</th><td>${formatCount(count)}</td></tr>`,
  );
  return html`<p class="dim">By class and code, those of rollouts that were completed later included.</p>
<div class="wide"><table>${rows}</table></div>`;
}

function numberIn(counts: RunFigures['counts'], key: string): number {
  return asNumber(counts[key]) ?? 0;
}
