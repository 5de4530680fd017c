import {type AgentResult, agentResults} from '../metrics/agent-results.ts';
import type {GateOutcome} from '../metrics/evaluate-gates.ts';
import type {AgentTable} from '../metrics/metrics-fold.ts';
import type {FailureCount} from '../metrics/run-summary.ts';
import {formatCount, formatShare} from './format-quantity.ts';
import {gateFinding, gateName} from './gate-texts.ts';
import {renderMarkdownTable, toMarkdownCode, toMarkdownText} from './markdown-text.ts';
import type {Fact} from './render-summary-text.ts';

export interface MarkdownReport {
  readonly outcome: 'passed' | 'failed' | 'unfinished';
  /** What came of it, in a few words of ours. */
  readonly headline: string;
  /** Sentences below it; names in them may be anybody's. */
  readonly notes: readonly string[];
  readonly gates: readonly GateOutcome[];
  readonly tables: readonly AgentTable[];
  /** What it took. */
  readonly facts: readonly Pick<Fact, 'label' | 'value'>[];
  readonly failures: readonly FailureCount[];
}

const marks = {passed: '✅', failed: '❌', unfinished: '⚠️'} as const;
const gateMarks = {passed: '✅ passed', failed: '❌ failed', not_evaluated: '⚠️ not evaluated'} as const;
const longestName = 100;
const longestText = 400;
const mostRows = 50;

/** The report as a person wants to see it on the page of a job: GitHub's Markdown, foreign text made harmless. */
export function renderMarkdown(report: MarkdownReport): string {
  const {outcome, headline, notes, gates, tables, facts, failures} = report;
  const lines = [
    `### ${marks[outcome]} rollcall: ${headline}`,
    '',
    ...notes.flatMap((note) => [toMarkdownText(note, longestText), '']),
    ...tableOf(['gate', 'result', 'found'], gates, (gate) => gateRow(gate, gates)),
    ...tableOf(
      ['agent', 'rollouts', 'mean reward', '95 % interval', 'passed'],
      agentResults(tables),
      agentRow,
    ),
    ...renderMarkdownTable(['', ''], factRows(facts)),
    ...tableOf(['failed', 'code', 'first message', 'what to do'], failures, failureRow),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const cutNote = '_The rest is cut: GitHub takes 1 MiB of summary a step._\n';

/** The text in at most `bytes` of UTF-8, cut between lines with a sentence that says so; empty where not even that has room. */
export function fitMarkdown(markdown: string, bytes: number): string {
  if (Buffer.byteLength(markdown) <= bytes) return markdown;
  const room = bytes - Buffer.byteLength(`\n${cutNote}`);
  if (room < 0) return '';
  const kept = Buffer.from(markdown).subarray(0, room);
  const end = kept.lastIndexOf(10) + 1;
  return `${kept.subarray(0, end).toString('utf8')}\n${cutNote}`;
}

function tableOf<Item>(
  head: readonly string[],
  items: readonly Item[],
  rowOf: (item: Item) => readonly string[],
): readonly string[] {
  const rows = items.slice(0, mostRows).map(rowOf);
  const more = items.length - rows.length;
  return [
    ...renderMarkdownTable(head, rows),
    ...(more > 0 ? [`${formatCount(more)} more are not shown.`, ''] : []),
  ];
}

function gateRow(outcome: GateOutcome, all: readonly GateOutcome[]): readonly string[] {
  return [
    toMarkdownCode(gateName(outcome, all), 2 * longestName),
    gateMarks[outcome.status],
    toMarkdownText(gateFinding(outcome), longestText),
  ];
}

function agentRow({agentName, done, wanted, reward, passed}: AgentResult): readonly string[] {
  const rollouts = done === wanted ? formatCount(done) : `${formatCount(done)} of ${formatCount(wanted)}`;
  const name = toMarkdownCode(agentName, longestName);
  if (reward === undefined) return [name, rollouts, '–', '–', '–'];
  const {mean, interval95, count} = reward;
  const interval =
    interval95 === undefined ? '–' : `${interval95[0].toFixed(3)} to ${interval95[1].toFixed(3)}`;
  const share = `${formatCount(passed)} of ${formatCount(count)} (${formatShare(passed, count)})`;
  return [name, rollouts, mean.toFixed(3), interval, share];
}

function factRows(facts: MarkdownReport['facts']): readonly (readonly string[])[] {
  const rows: [label: string, value: string][] = [];
  for (const {label, value} of facts) {
    const text = toMarkdownText(value, longestText);
    const last = rows.at(-1);
    if (label === '' && last !== undefined) last[1] += `<br>${text}`;
    else rows.push([label, text]);
  }
  return rows;
}

function failureRow({code, count, message, hint}: FailureCount): readonly string[] {
  return [
    formatCount(count),
    toMarkdownCode(code, longestName),
    toMarkdownCode(message, longestText),
    toMarkdownCode(hint ?? '', longestText),
  ];
}
