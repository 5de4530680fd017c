import type {FailureCount, Latency, RunSummary, TokenCounts} from '../metrics/run-summary.ts';
import {formatCount, formatCounted, formatDuration, formatShare, formatUsd} from './format-quantity.ts';
import {toPlainLine, toPlainLines} from './plain-text.ts';
import {quotaTexts} from './quota-facts.ts';

/** Colours for the summary's few words that need them; a chalk instance is one. */
export interface SummaryStyle {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

export interface SummaryFile {
  /** What it is, in a word or two. */
  readonly label: string;
  readonly path: string;
}

export interface SummaryTextOptions {
  /** Without one the text is plain. */
  readonly color?: SummaryStyle | undefined;
  /** Columns of the terminal; default 80. */
  readonly width?: number | undefined;
}

/**
 * The closing summary of a run: lines for a terminal, each ended by a line feed. Paths are never cut, foreign text is made
 * harmless, and nothing is said by colour alone.
 */
export function renderSummaryText(
  summary: RunSummary,
  files: readonly SummaryFile[],
  {color = plain, width = 80}: SummaryTextOptions = {},
): string {
  const page: Page = {style: color, width: Math.max(width, narrowest)};
  const blocks = [
    headline(summary, page),
    facts(rewardFacts(summary), page),
    facts(workFacts(summary), page),
    failureLines(summary.failures, page),
    facts(files.map(toFileFact), page),
    simulatedLines(summary, page),
  ];
  const written = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${written.join('\n\n')}\n`;
}

interface Page {
  readonly style: SummaryStyle;
  readonly width: number;
}

/** A line of the summary; without a label it belongs to the one before. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  /** Stays in one piece whatever the width, for copying. */
  readonly isPath?: boolean;
}

const indent = '  ';
const labelWidth = 14;
const narrowest = 40;
const same = (text: string): string => text;
const plain: SummaryStyle = {bold: same, dim: same, green: same, yellow: same, red: same};

function headline({completed, earlier, failed}: RunSummary, {style}: Page): readonly string[] {
  const parts = [`${formatCounted(completed, 'rollout')} completed`];
  if (failed > 0) parts.push(style.red(`${formatCount(failed)} failed`));
  if (earlier > 0) parts.push(`${formatCount(earlier)} done before`);
  const mark = failed > 0 ? style.red('✗') : style.green('✓');
  return [`${mark} ${style.bold(parts.join(', '))}`];
}

function rewardFacts({reward, passed, unparsedVerdicts}: RunSummary): readonly Fact[] {
  if (reward === undefined) return [];
  const {count, mean, clusters, interval95} = reward;
  const interval =
    interval95 &&
    ` (95 % interval ${interval95[0].toFixed(3)} to ${interval95[1].toFixed(3)}, ${formatCounted(clusters, 'task')})`;
  const judged: Fact[] = [
    {label: 'mean reward', value: `${mean.toFixed(3)}${interval ?? ''}`},
    {
      label: 'passed',
      value: `${formatCount(passed)} of ${formatCount(count)} (${formatShare(passed, count)})`,
    },
  ];
  if (unparsedVerdicts > 0) {
    judged.push({
      label: 'no verdict',
      value: `${formatCounted(unparsedVerdicts, 'judge answer')} without a label, counted as wrong`,
    });
  }
  return judged;
}

/** What the work took: time, calls, tokens, cost, quota. */
export function workFacts(summary: RunSummary): readonly Fact[] {
  const {policyCalls, judgeCalls, truncated, contentFiltered} = summary;
  return [
    {label: 'time', value: paceText(summary)},
    {label: 'policy', value: callsText(policyCalls, summary.modelLatency)},
    {label: '', value: tokensText(summary.policyTokens)},
    ...(truncated > 0
      ? [{label: '', value: `${formatCounted(truncated, 'answer')} cut off at the token limit`}]
      : []),
    ...(contentFiltered > 0
      ? [{label: '', value: `${formatCounted(contentFiltered, 'answer')} cut off by the content filter`}]
      : []),
    ...(judgeCalls > 0
      ? [
          {label: 'judge', value: callsText(judgeCalls, summary.judgeLatency)},
          {label: '', value: tokensText(summary.judgeTokens)},
        ]
      : []),
    ...costFacts(summary),
    ...hedgedFacts(summary),
    ...quotaTexts(summary.deployments).map((value, index) => ({label: index === 0 ? 'quota' : '', value})),
  ];
}

/** Of this run; nothing where no price is known. */
function costFacts({policyCostUsd, judgeCostUsd, earlierCostUsd, judgeCalls}: RunSummary): readonly Fact[] {
  if (policyCostUsd === undefined && judgeCostUsd === undefined) return [];
  const total = formatUsd((policyCostUsd ?? 0) + (judgeCostUsd ?? 0));
  const role = (name: string, usd: number | undefined): string =>
    `${name} ${usd === undefined ? 'not known' : formatUsd(usd)}`;
  const roles = judgeCalls === 0 ? '' : ` (${role('policy', policyCostUsd)}, ${role('judge', judgeCostUsd)})`;
  const before =
    earlierCostUsd !== undefined && earlierCostUsd > 0 ? `; ${formatUsd(earlierCostUsd)} before` : '';
  return [{label: 'cost', value: `${total}${roles}${before}`}];
}

/** The copies are in none of the sums above. */
function hedgedFacts({hedgedCopies, spentOnCopies}: RunSummary): readonly Fact[] {
  if (hedgedCopies === 0) return [];
  const usd = spentOnCopies?.costUsd;
  const cost = usd === undefined ? '' : `, which may cost ${formatUsd(usd)} more`;
  const copies = hedgedCopies === 1 ? '1 copy' : `${formatCount(hedgedCopies)} copies`;
  return [{label: 'hedged', value: `${copies} of calls broken off${cost}`}];
}

function paceText({completed, failed, wallMs}: RunSummary): string {
  const attempts = completed + failed;
  const pace =
    wallMs > 0 && attempts > 0 ? `, ${formatCount(attempts / (wallMs / 60_000))} rollouts a minute` : '';
  return `${formatDuration(wallMs)}${pace}`;
}

function callsText(calls: number, latency: Latency | undefined): string {
  const {p50, p95, p99} = latency ?? {p50: 0, p95: 0, p99: 0};
  const times = `p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}, p99 ${formatDuration(p99)}`;
  return latency === undefined ? formatCounted(calls, 'call') : `${formatCounted(calls, 'call')}, ${times}`;
}

function tokensText({input, cached, output, reasoning}: TokenCounts): string {
  const ofInput = cached > 0 ? ` (${formatCount(cached)} cached)` : '';
  const ofOutput = reasoning > 0 ? ` (${formatCount(reasoning)} reasoning)` : '';
  return `${formatCounted(input, 'token')} in${ofInput}, ${formatCount(output)} out${ofOutput}`;
}

function failureLines(failures: readonly FailureCount[], {style, width}: Page): readonly string[] {
  const textIndent = indent.repeat(3);
  const room = width - textIndent.length;
  return failures.flatMap(({code, count, message, hint}) => [
    `${indent}${style.red(`${formatCount(count)} × ${toPlainLine(code, room)}`)}`,
    ...toPlainLines(toPlainLine(message, 3 * room), room).map((line) => textIndent + line),
    ...toPlainLines(hint ?? '', room).map((line) => textIndent + style.yellow(line)),
  ]);
}

function toFileFact({label, path}: SummaryFile): Fact {
  return {
    label: toPlainLine(label, labelWidth - 2),
    value: toPlainLine(path, Number.POSITIVE_INFINITY),
    isPath: true,
  };
}

function simulatedLines(summary: RunSummary, {style, width}: Page): readonly string[] {
  if (!summary.isSimulated) return [];
  const cost =
    costFacts(summary).length === 0 ? '' : ' Its cost is what the models would cost that were played.';
  const text = `Simulated: answers of this run came from a simulator. Its rewards say nothing about a model.${cost}`;
  return toPlainLines(text, width).map((line) => style.yellow(line));
}

function facts(rows: readonly Fact[], {style, width}: Page): readonly string[] {
  const room = width - indent.length - labelWidth;
  return rows.flatMap(({label, value, isPath = false}) => {
    const lines = isPath ? [value] : toPlainLines(value, room);
    return lines.map(
      (line, index) => indent + style.dim((index === 0 ? label : '').padEnd(labelWidth)) + line,
    );
  });
}
