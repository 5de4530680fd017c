import {allPassed} from '../../app/check-gates.ts';
import {
  type CollectReport,
  type CollectResult,
  collect,
  type ExitCodes,
  isFruitless,
} from '../../app/collect.ts';
import type {DryRunReport} from '../../app/dry-run.ts';
import type {AppEnvironment} from '../../app/environment.ts';
import type {LiveCounts} from '../../app/live-counts.ts';
import type {Standing} from '../../app/standing.ts';
import {CancellationSource} from '../../core/cancellation.ts';
import {CancelledError, exitCodes} from '../../core/errors.ts';
import {totalCostUsd, totalTokens} from '../../core/run-estimate.ts';
import {shardToJson} from '../../core/shard.ts';
import {formatCount, formatCounted} from '../../report/format-quantity.ts';
import {renderGateLines} from '../../report/gate-texts.ts';
import {estimateToJson, renderDryRun, renderEstimateLines} from '../../report/render-estimate.ts';
import {renderSummaryText} from '../../report/render-summary-text.ts';
import {tuneEngineFor} from '../../runtime/engine.ts';
import {endProcessAfter, listenForSignals, type StopSignal} from '../../runtime/signals.ts';
import {createAppEnvironment} from '../app-environment.ts';
import {type CollectFlags, readCollectFlags} from '../collect-flags.ts';
import {collectReports} from '../collect-reports.ts';
import type {Invocation} from '../invocation.ts';
import type {Io} from '../io.ts';
import type {ProgressSnapshot} from '../progress/progress-snapshot.ts';
import {chooseStyle, createProgressView, type ProgressView} from '../progress/progress-view.ts';
import {exitCodeOf, renderError} from '../render-error.ts';
import {checkReportPaths, type ReportPaths, reportFiles, reportPaths, writeReports} from '../run-reports.ts';
import {signalExitCode} from '../signal-exit-code.ts';
import {writeSummaryFile} from '../summary-file.ts';
import {summaryStyle} from '../summary-style.ts';
import {describeWhatIsLeft} from '../what-is-left.ts';

/** `rollcall collect-rollouts`: flags in, exit code out. */
export async function collectRollouts({flags, overrides}: Invocation, io: Io): Promise<number> {
  const wanted = readCollectFlags(flags);
  const view = createViewFor(wanted, io);
  const environment = createAppEnvironment(io, {
    verbose: wanted.verbose,
    writeLine: (line) => view.writeLine(line),
  });
  const stops = listenForStops(environment);
  const codes = exitCodesWith(stops.signal);
  const paths = reportPaths(wanted, io.cwd, io.env);
  const reports = reportFiles(paths);
  const request = {...wanted, overrides, reports, timesByTask: paths.junit !== undefined};
  try {
    await checkReportPaths(paths);
    if (wanted.dryRun) {
      const {dryRun} = await import('../../app/dry-run.ts');
      const plan = await dryRun(request, environment, stops.abort);
      await tellDryRun(plan, paths.summaryJson, io, environment);
      return exitCodes.ok;
    }
    const report = await collect(
      request,
      environment,
      {
        drain: stops.drain,
        abort: stops.abort,
        onStart(standing, counts, estimate) {
          tuneEngineFor(standing.owed);
          announce(standing, environment);
          for (const line of renderEstimateLines(estimate)) environment.logger.info(line);
          stops.tellOf(counts);
          view.start(() => snapshotOf(counts));
        },
      },
      codes,
    );
    view.stop();
    await conclude(report, paths, io, environment);
    return report.exitCode;
  } catch (error) {
    view.stop();
    io.stderr.write(
      error instanceof CancelledError
        ? 'Stopped before the first call: nothing was sent.\n'
        : renderError(error, environment.redactor.redact).text,
    );
    return codes.ofError(error);
  } finally {
    stops.stopListening();
  }
}

function createViewFor({progress}: CollectFlags, io: Io): ProgressView {
  return createProgressView(
    chooseStyle(progress, io),
    io,
    createAppEnvironment(io, {verbose: false, writeLine: () => undefined}).clock,
  );
}

interface Stops {
  readonly drain: CancellationSource;
  readonly abort: CancellationSource;
  readonly signal: () => StopSignal | undefined;
  readonly tellOf: (counts: LiveCounts) => void;
  readonly stopListening: () => void;
}

// "At once", with time to close the files.
const abortGraceMs = 800;

/** The first signal drains, the next aborts; people are told what happens and how to hurry it. */
function listenForStops({logger}: AppEnvironment): Stops {
  const drain = new CancellationSource();
  const abort = new CancellationSource();
  let signal: StopSignal | undefined;
  let counts: LiveCounts | undefined;
  const abortNow = (received: StopSignal, why: string): void => {
    endProcessAfter(abortGraceMs, signalExitCode(received));
    abort.cancel(new CancelledError(why));
  };
  const stopListening = listenForSignals({
    onFirst(received) {
      signal = received;
      if (counts === undefined) abortNow(received, 'stopped before the first call');
      else logger.info(`${received}: draining, ${drainingText(counts)}; once more aborts them.`);
      drain.cancel(new CancelledError(received));
    },
    onAgain(received) {
      if (counts !== undefined) {
        logger.info('Aborting: what was in flight is not recorded and is owed again.');
      }
      abortNow(received, 'a second signal');
    },
  });
  return {
    drain,
    abort,
    signal: () => signal,
    tellOf: (live) => {
      counts = live;
    },
    stopListening,
  };
}

function drainingText({inFlight}: LiveCounts): string {
  return `${formatCount(inFlight)} in flight: what is on the wire may end, what still waits for its first call is owed again`;
}

function announce(standing: Standing, {logger}: AppEnvironment): void {
  logger.info(`${describeStanding(standing)}.`);
}

function describeStanding({wanted, done, givenUp, owed}: Standing): string {
  const parts = [`${String(owed)} of ${String(wanted)} rollouts to do`];
  if (done > 0) parts.push(`${String(done)} done before`);
  if (givenUp > 0) parts.push(`${String(givenUp)} given up before (--retry-failed tries them again)`);
  return parts.join(', ');
}

function snapshotOf({rewards, rewardSum, foretold, hold, owed, ...counts}: LiveCounts): ProgressSnapshot {
  const projected = foretold();
  return {
    ...counts,
    hold: hold(),
    total: owed,
    meanReward: rewards === 0 ? undefined : rewardSum / rewards,
    projectedTokens: projected && totalTokens(projected),
    projectedCostUsd: projected && totalCostUsd(projected),
  };
}

async function tellDryRun(
  {shard, rows, tasks, standing, estimate}: DryRunReport,
  summaryPath: string | undefined,
  io: Io,
  {redactor}: AppEnvironment,
): Promise<void> {
  const lines = [
    `${formatCounted(rows, 'row')}, ${formatCounted(tasks, 'task')}: ${describeStanding(standing)}.`,
    ...renderDryRun(estimate),
  ];
  io.stderr.write(redactor.redact(lines.map((line) => `${line}\n`).join('')));
  if (summaryPath === undefined) return;
  const {wanted, done, givenUp, owed} = standing;
  const counts = {rows, tasks, rollouts_wanted: wanted, done, given_up: givenUp, owed};
  const json = {
    dry_run: true,
    ...shardToJson(shard),
    ...counts,
    estimate: estimateToJson(estimate),
    exit_code: exitCodes.ok,
  };
  await writeSummaryFile(summaryPath, redactor.redact(`${JSON.stringify(json, undefined, 2)}\n`));
}

/** The contract's exit codes: a refusal comes before a signal, a signal before the rest. */
function exitCodesWith(signalOf: () => StopSignal | undefined): ExitCodes {
  const orSignal = (exitCode: number): number => {
    const signal = signalOf();
    return signal === undefined || exitCode === exitCodes.refused ? exitCode : signalExitCode(signal);
  };
  return {
    ofResult({end, tooManyFailed, earlyEnd, gates}: CollectResult) {
      if (end.kind === 'refused') return orSignal(exitCodeOf(end.error));
      if (earlyEnd !== undefined) return orSignal(exitCodes.endedEarly);
      if (tooManyFailed) return orSignal(exitCodes.failedRollouts);
      return orSignal(allPassed(gates) ? exitCodes.ok : exitCodes.gateFailed);
    },
    ofError: (error) => orSignal(renderError(error).exitCode),
  };
}

async function conclude(
  report: CollectReport,
  paths: ReportPaths,
  io: Io,
  environment: AppEnvironment,
): Promise<void> {
  const {redact} = environment.redactor;
  if (!isFruitless(report)) {
    const style = summaryStyle(io);
    io.stderr.write(redact(renderSummaryText(report.summary, report.files, style)));
    for (const [index, line] of renderGateLines(report.gates, style.color).entries())
      io.stderr.write(redact(`${index === 0 ? '\n' : ''}${line}\n`));
    const left = describeWhatIsLeft(report);
    if (left !== '') io.stderr.write(`\n${left}\n`);
  }
  if (report.end.kind === 'refused') io.stderr.write(renderError(report.end.error, redact).text);
  await writeReports(paths, collectReports(report), environment);
}
