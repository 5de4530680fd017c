import {resolve} from 'node:path';
import {type AggregateReport, aggregateOutputs} from '../../app/aggregate-outputs.ts';
import {exitCodes} from '../../core/errors.ts';
import {formatCount, formatCounted} from '../../report/format-quantity.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {FlagReader} from '../flag-values.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import {renderError} from '../render-error.ts';
import {describeMissing} from '../render-missing.ts';

/** `rollcall aggregate`: outputs in, one output and its metrics out. Exit code 3 when rollouts are missing. */
export async function aggregate({flags, paths}: Invocation, io: Io): Promise<number> {
  const writeLine = (line: string): void => void io.stderr.write(`${line}\n`);
  const environment = createAppEnvironment(io, {verbose: false, writeLine});
  try {
    const reader = new FlagReader(flags);
    const merged = reader.text('output');
    reader.finish();
    const report = await aggregateOutputs(
      {
        outputs: paths.map((path) => resolve(io.cwd, path)),
        merged: merged === undefined ? undefined : resolve(io.cwd, merged),
        allowPartial: reader.isSet('allowPartial'),
        overwrite: reader.isSet('overwrite'),
      },
      environment,
    );
    for (const line of describe(report)) writeLine(line);
    if (reader.isSet('json')) io.stdout.write(`${JSON.stringify(toJson(report))}\n`);
    return report.written === undefined ? exitCodes.failedRollouts : exitCodes.ok;
  } catch (error) {
    const {text, exitCode} = renderError(error, environment.redactor.redact);
    io.stderr.write(text);
    return exitCode;
  }
}

function describe({wanted, done, missing, written, notices}: AggregateReport): readonly string[] {
  const lines = notices.map((notice) => `Warning: ${notice}`);
  if (missing.count === 0) lines.push(`${formatCounted(done, 'rollout')}, each of them there once.`);
  else lines.push(`${formatCount(done)} of ${formatCounted(wanted, 'rollout')} are there.`);
  lines.push(...describeMissing(missing, written !== undefined));
  if (written !== undefined) lines.push(`  rollouts  ${written.output}`, `  metrics   ${written.metrics}`);
  return lines;
}

function toJson({wanted, done, missing, written, notices}: AggregateReport): unknown {
  return {
    complete: missing.count === 0,
    rollouts: done,
    expected: wanted,
    missing: missing.count,
    first_missing: missing.first,
    output: written?.output ?? null,
    metrics: written?.metrics ?? null,
    ...(notices.length === 0 ? {} : {warnings: notices}),
  };
}
