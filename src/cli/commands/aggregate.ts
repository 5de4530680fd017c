import {resolve} from 'node:path';
import {type AggregateReport, type AggregateRequest, aggregateOutputs} from '../../app/aggregate-outputs.ts';
import {exitCodes} from '../../core/errors.ts';
import {formatCount, formatCounted} from '../../report/format-quantity.ts';
import {answerCommand} from '../answer-command.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {describeAbsent, describeMissing} from '../render-missing.ts';

/** `rollcall aggregate`: outputs in, one output and its metrics out. Exit code 3 when rollouts are missing. */
export function aggregate(invocation: Invocation, io: Io): Promise<number> {
  return answerCommand(invocation, io, {complete: false}, async (environment) => {
    const report = await aggregateOutputs(readRequest(invocation, io.cwd), environment);
    const exitCode = report.written === undefined ? exitCodes.failedRollouts : exitCodes.ok;
    return {lines: describe(report), json: toJson(report), exitCode};
  });
}

function readRequest({flags, paths}: Invocation, cwd: string): AggregateRequest {
  const reader = new FlagReader(flags);
  const merged = reader.text('output');
  reader.finish();
  return {
    outputs: paths.map((path) => resolve(cwd, path)),
    merged: merged === undefined ? undefined : resolve(cwd, merged),
    allowPartial: reader.isSet('allowPartial'),
    overwrite: reader.isSet('overwrite'),
  };
}

function describe({wanted, done, missing, absent, written, notices}: AggregateReport): readonly string[] {
  const lines = notices.map((notice) => `Warning: ${notice}`);
  if (done === wanted) lines.push(`${formatCounted(done, 'rollout')}, each of them there once.`);
  else lines.push(`${formatCount(done)} of ${formatCounted(wanted, 'rollout')} are there.`);
  const isAllowed = written !== undefined;
  lines.push(...describeMissing(missing, isAllowed), ...describeAbsent(absent, isAllowed));
  if (written !== undefined) lines.push(`  rollouts  ${written.output}`, `  metrics   ${written.metrics}`);
  return lines;
}

function toJson({wanted, done, missing, absent, written, notices}: AggregateReport): unknown {
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
  };
}
