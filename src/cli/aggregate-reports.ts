import type {AggregateReport} from '../app/aggregate-outputs.ts';
import {exitCodes} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {formatCount, formatCounted} from '../report/format-quantity.ts';
import {renderJunit} from '../report/render-junit.ts';
import {renderMarkdown} from '../report/render-markdown.ts';
import type {Reports} from './run-reports.ts';

/** What is told of outputs that were put together, for machines and for the pages of a CI. */
export function aggregateReports(report: AggregateReport, json: JsonObject, exitCode: number): Reports {
  const {gates, tables, cutShort, wanted, done} = report;
  return {
    json: () => json,
    markdown: () => markdownOf(report, exitCode),
    junit: () =>
      renderJunit({
        ...{command: 'aggregate', gates, tables, failed: []},
        cutShort: cutShort === undefined ? undefined : `${cutShort}: ${formatCount(wanted - done)}`,
        allowsFailures: cutShort === undefined,
      }),
  };
}

function markdownOf(report: AggregateReport, exitCode: number): string {
  const {done, wanted, notices, gates, tables, cutShort} = report;
  const unfinished = cutShort === undefined ? 'failed' : 'unfinished';
  return renderMarkdown({
    outcome: exitCode === exitCodes.ok ? 'passed' : unfinished,
    headline:
      done === wanted
        ? `${formatCounted(done, 'rollout')} put together`
        : `${formatCount(done)} of ${formatCounted(wanted, 'rollout')} are there`,
    notes: exitCode === exitCodes.ok ? notices : [...notices, `Exit code ${String(exitCode)}.`],
    ...{gates, tables, facts: [], failures: []},
  });
}
