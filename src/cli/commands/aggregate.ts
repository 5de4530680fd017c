import {resolve} from 'node:path';
import {type AggregateReport, type AggregateRequest, aggregateOutputs} from '../../app/aggregate-outputs.ts';
import {allPassed} from '../../app/check-gates.ts';
import {exitCodes} from '../../core/errors.ts';
import {gateBases} from '../../core/gate.ts';
import type {JsonObject} from '../../core/json.ts';
import {formatCount, formatCounted} from '../../report/format-quantity.ts';
import {gatesToJson, renderGateLines} from '../../report/gate-texts.ts';
import {aggregateReports} from '../aggregate-reports.ts';
import {answerCommand} from '../answer-command.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {describeAbsent, describeMissing} from '../render-missing.ts';
import {
  checkReportPaths,
  type ReportPaths,
  readReportFlags,
  reportFiles,
  reportPaths,
  writeReports,
} from '../run-reports.ts';

/** `rollcall aggregate`: outputs in, one output and its metrics out. Exit code 3 when rollouts are missing, 4 when a gate failed. */
export function aggregate(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {complete: false}, async (environment) => {
    const {request, paths} = readRequest(invocation, io);
    await checkReportPaths(paths);
    const report = await aggregateOutputs(request, environment);
    const exitCode = exitCodeOf(report);
    const json = {...toJson(report), exit_code: exitCode};
    await writeReports(paths, aggregateReports(report, json, exitCode), environment);
    return {lines: describe(report), json: toJson(report), exitCode};
  });
}

function readRequest(
  {flags, paths: outputs}: Invocation,
  {cwd, env}: Io,
): {readonly request: AggregateRequest; readonly paths: ReportPaths} {
  const reader = new FlagReader(flags);
  const merged = reader.text('output');
  const gates = reader.gates('gate');
  const paths = reportPaths(readReportFlags(reader), cwd, env);
  reader.finish();
  const request = {
    outputs: outputs.map((path) => resolve(cwd, path)),
    merged: merged === undefined ? undefined : resolve(cwd, merged),
    allowPartial: reader.isSet('allowPartial'),
    overwrite: reader.isSet('overwrite'),
    gates: {gates, on: gateBases.find((basis) => basis === flags['gateOn']) ?? 'point'},
    reports: reportFiles(paths),
    timesByTask: paths.junit !== undefined,
  };
  return {request, paths};
}

function exitCodeOf({written, gates}: AggregateReport): number {
  if (written === undefined) return exitCodes.failedRollouts;
  return allPassed(gates) ? exitCodes.ok : exitCodes.gateFailed;
}

function describe({
  wanted,
  done,
  missing,
  absent,
  written,
  notices,
  gates,
}: AggregateReport): readonly string[] {
  const lines = notices.map((notice) => `Warning: ${notice}`);
  if (done === wanted) lines.push(`${formatCounted(done, 'rollout')}, each of them there once.`);
  else lines.push(`${formatCount(done)} of ${formatCounted(wanted, 'rollout')} are there.`);
  const isAllowed = written !== undefined;
  lines.push(...describeMissing(missing, isAllowed), ...describeAbsent(absent, isAllowed));
  if (written !== undefined) lines.push(`  rollouts  ${written.output}`, `  metrics   ${written.metrics}`);
  return [...lines, ...renderGateLines(gates)];
}

function toJson({wanted, done, missing, absent, written, notices, gates}: AggregateReport): JsonObject {
  return {
    complete: done === wanted,
    rollouts: done,
    expected: wanted,
    missing: wanted - done,
    first_missing: missing.first,
    missing_shards: absent.shards,
    output: written?.output ?? null,
    metrics: written?.metrics ?? null,
    ...(notices.length === 0 ? {} : {warnings: notices}),
    ...(gates.length === 0 ? {} : {gates: gatesToJson(gates)}),
  };
}
