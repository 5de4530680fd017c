import {type CollectReport, isFruitless} from '../app/collect.ts';
import {exitCodes} from '../core/errors.ts';
import {formatShard, shardToJson} from '../core/shard.ts';
import {formatCount, formatCounted} from '../report/format-quantity.ts';
import {gatesToJson} from '../report/gate-texts.ts';
import {renderJunit} from '../report/render-junit.ts';
import {renderMarkdown} from '../report/render-markdown.ts';
import {workFacts} from '../report/render-summary-text.ts';
import {summaryToJson} from '../report/summary-to-json.ts';
import type {Reports} from './run-reports.ts';
import {describeWhatIsLeft} from './what-is-left.ts';

/** What is told of a run when it is over, for machines and for the pages of a CI. */
export function collectReports(report: CollectReport): Reports {
  const {shard, summary, gates, tables, earlyEnd, exitCode, cutShort, tooManyFailed} = report;
  return {
    json: () => ({
      ...shardToJson(shard),
      ...summaryToJson(summary),
      gates: gatesToJson(gates),
      ended_early: earlyEnd?.kind ?? null,
      exit_code: exitCode,
    }),
    markdown: () => markdownOf(report),
    junit: () =>
      renderJunit({
        ...{command: 'collect-rollouts', cutShort, gates, tables},
        failed: summary.failedRollouts,
        allowsFailures: !tooManyFailed,
      }),
  };
}

function markdownOf(report: CollectReport): string {
  const {summary, gates, tables, exitCode, cutShort} = report;
  const unfinished = cutShort === undefined ? 'failed' : 'unfinished';
  return renderMarkdown({
    outcome: exitCode === exitCodes.ok ? 'passed' : unfinished,
    headline: headlineOf(report),
    notes: notesOf(report),
    gates,
    tables,
    facts: workFacts(summary),
    failures: summary.failures,
  });
}

function headlineOf({summary: {completed, failed, earlier}}: CollectReport): string {
  const parts = [`${formatCounted(completed, 'rollout')} completed`];
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  if (earlier > 0) parts.push(`${formatCount(earlier)} done before`);
  return parts.join(', ');
}

function notesOf(report: CollectReport): readonly string[] {
  const {end, shard, gates, summary, exitCode} = report;
  const failed = gates.filter(({status}) => status === 'failed').length;
  return [
    ...(shard === undefined ? [] : [`Shard ${formatShard(shard)}.`]),
    ...(end.kind === 'refused' ? [`${end.error.code}: ${end.error.message}`] : []),
    ...(failed > 0 ? [`${formatCount(failed)} of ${formatCounted(gates.length, 'gate')} failed.`] : []),
    ...(isFruitless(report) ? [] : [describeWhatIsLeft(report)]).filter((text) => text !== ''),
    ...(summary.isSimulated
      ? ['Simulated: answers came from a simulator and say nothing about a model.']
      : []),
    ...(exitCode === exitCodes.ok ? [] : [`Exit code ${String(exitCode)}.`]),
  ];
}
