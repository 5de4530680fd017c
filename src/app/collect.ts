import type {AgentTerms} from '../budget/agent-terms.ts';
import {type CollectEnd, collectRollouts} from '../collect/collect-rollouts.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import {limitHistoryToJson} from '../core/deployment-use-json.ts';
import type {JsonObject} from '../core/json.ts';
import type {RunEstimate} from '../core/run-estimate.ts';
import {formatShard, type Shard} from '../core/shard.ts';
import {materializeRows} from '../dataset/materialize-rows.ts';
import {FirstCalls} from '../dispatch/first-calls.ts';
import {evaluateGates, type GateOutcome} from '../metrics/evaluate-gates.ts';
import {measuresFor} from '../metrics/gate-value.ts';
import {type AgentTable, createMetricsFold, type MetricsFold} from '../metrics/metrics-fold.ts';
import {createRunSummary, type RunSummary} from '../metrics/run-summary.ts';
import {agentTermsOf} from './agent-terms.ts';
import type {AppEnvironment} from './environment.ts';
import {estimateRun} from './estimate-run.ts';
import {type LiveCounts, liveCounts, observerOf} from './live-counts.ts';
import {openDeployments} from './open-deployments.ts';
import {openJudges} from './open-judges.ts';
import {openRemoteServers} from './open-remote-servers.ts';
import {judgeNamesOf, modelsOf, openRunners} from './open-runners.ts';
import {openSimulators, simulatorNamesOf} from './open-simulators.ts';
import {
  type CollectRequest,
  fingerprintOfRun,
  gatesOf,
  type PreparedRun,
  withPreparedRun,
} from './prepare-run.ts';
import {rolloutWidth} from './rollout-width.ts';
import {createRunForecast, type RunForecast} from './run-forecast.ts';
import {type EarlyEnd, openRunLimits, type RunLimits} from './run-limits.ts';
import {
  type EarlierRecords,
  openRunOutput,
  openStreamOutput,
  type RunOutput,
  type RunOutputOptions,
} from './run-output.ts';
import type {Standing} from './standing.ts';

export interface CollectHooks {
  readonly drain: Cancellation;
  readonly abort: Cancellation;
  /** Told once everything is checked and opened, before the first call. */
  readonly onStart: (standing: Standing, counts: LiveCounts, estimate: RunEstimate) => void;
}

/** How a collection ended and what it left behind. */
export interface CollectResult {
  readonly end: CollectEnd;
  readonly standing: Standing;
  /** The share that it was; undefined: all. */
  readonly shard: Shard | undefined;
  readonly summary: RunSummary;
  readonly files: RunOutput['files'];
  /** Rollouts without a record, of those that had their chance. */
  readonly failedRollouts: number;
  /** More rollouts failed than may. */
  readonly tooManyFailed: boolean;
  /** A deadline or a budget ended it before everything had its chance. */
  readonly earlyEnd: EarlyEnd | undefined;
  /** Why part of what is owed had no chance; undefined when all had. */
  readonly cutShort: string | undefined;
  /** What became of each gate. */
  readonly gates: readonly GateOutcome[];
  /** The output's rollouts by agent, those of earlier runs included. */
  readonly tables: readonly AgentTable[];
}

export interface CollectReport extends CollectResult {
  /** As it stands in the manifest. */
  readonly exitCode: number;
}

/** With what exit code a run ends; asked once. */
export interface ExitCodes {
  readonly ofResult: (result: CollectResult) => number;
  readonly ofError: (error: unknown) => number;
}

/**
 * The main job: checks configuration and every row, opens output and deployments, runs what is owed, writes the metrics.
 * What is wrong before the first call is thrown as a `RollcallError` and leaves nothing behind; how the run itself ended
 * is in the report. `abort` ends the preparations too, with its reason.
 */
export async function collect(
  request: CollectRequest,
  environment: AppEnvironment,
  hooks: CollectHooks,
  exitCodes: ExitCodes,
): Promise<CollectReport> {
  return withPreparedRun(request, environment, hooks.abort, (prepared) =>
    runPrepared(prepared, environment, hooks, exitCodes),
  );
}

async function runPrepared(
  prepared: PreparedRun,
  environment: AppEnvironment,
  {drain, abort, onStart}: CollectHooks,
  exitCodes: ExitCodes,
): Promise<CollectReport> {
  const {config, used, survey, beganAtMs} = prepared;
  const {clock, awake} = environment;
  const models = modelsOf(used, config);
  using stopStarting = childOf(drain);
  using stopRunning = childOf(abort);
  const firstCalls = new FirstCalls(stopStarting);
  await using simulators = await openSimulators(config, simulatorNamesOf(models), environment);
  const simulatorUrls = simulators.urls;
  await using deployments = openDeployments(config, environment, {models, simulatorUrls, firstCalls});
  await using remote = openRemoteServers(environment, config.serverToken);
  const judges = await openJudges(judgeNamesOf(used), config, deployments, environment);
  const terms = await agentTermsOf(used, config);
  using limits = openRunLimits({plans: used, config, terms, stopStarting, beganAtMs}, environment);
  const parts = {config, deployments, judges, remote, clock: awake, firstCalls};
  const {runnerOf, width} = openRunners(used, parts);
  const forecast = createRunForecast(clock, terms);
  const folds = {metrics: metricsFoldFor(prepared), summary: createRunSummary(), forecast};
  const onEarlier = earlierRecordsFor(limits, forecast);
  const onStorageFailure = storageFailureStops(stopStarting, stopRunning);
  const limitHistory = (): readonly JsonObject[] => deployments.uses().map(limitHistoryToJson);
  const termsOf = (agentName: string): AgentTerms | undefined => terms.get(agentName);
  const hooks = {...folds, limitHistory, abort, onStorageFailure, onEarlier, termsOf};
  const output = await openOutputOf(prepared, hooks, environment);
  try {
    for (const notice of output.notices) environment.logger.info(notice);
    const work = output.work ?? survey.work;
    forecast.expect(work);
    const counts = liveCounts(output.standing.owed, forecast, deployments);
    const startedAt = clock.monotonic();
    const estimate = estimateRun({plans: used, config, terms, work, foretold: forecast.read()});
    onStart(output.standing, counts, estimate);
    const end = await collectRollouts(
      limits.owed(output.owed),
      {
        ...rolloutWidth(config.collect.numSamplesInParallel ?? width, deployments, clock),
        answeredBefore: output.standing.done > 0,
        drain: stopStarting,
        abort: stopRunning,
      },
      {runnerOf: limits.runners(runnerOf), sink: output.sink, dispatched: output.dispatched},
      observerOf(counts, folds),
    );
    const wallMs = clock.monotonic() - startedAt;
    const summary = folds.summary.finish({wallMs, deployments: deployments.uses()});
    const {shard} = prepared.materializing;
    const result = resultOf({end, output, shard, summary, limits, metrics: folds.metrics}, config);
    const exitCode = exitCodes.ofResult(result);
    await (isFruitless(result) ? output.abandon(exitCode) : output.finish(exitCode, !hasCutOff(end)));
    return {...result, exitCode};
  } catch (error) {
    await output.release(exitCodes.ofError(error));
    throw error;
  }
}

function metricsFoldFor({config, request}: PreparedRun): MetricsFold {
  return createMetricsFold(measuresFor(gatesOf(config), request.timesByTask ?? false));
}

/** Whether calls in flight were cut off: they may have been billed. */
function hasCutOff({kind}: CollectEnd): boolean {
  return kind === 'aborted' || kind === 'refused';
}

/** Ends with its parent, and may end before it; lets go of it when it is out of scope. */
function childOf(parent: Cancellation): CancellationSource & Disposable {
  const source = new CancellationSource(parent);
  return Object.assign(source, {[Symbol.dispose]: () => source.release()});
}

/** Nothing more starts. What runs is broken off if its answers would be lost, for they would still cost; without the failures file it may end. */
function storageFailureStops(
  starting: CancellationSource,
  running: CancellationSource,
): RunOutputOptions['onStorageFailure'] {
  return (error, lost) => {
    starting.cancel(error);
    if (lost === 'completed') running.cancel(error);
  };
}

/** Who learns from the records of earlier runs. */
function earlierRecordsFor({onEarlier}: RunLimits, forecast: RunForecast): EarlierRecords {
  return {
    completed(record) {
      onEarlier?.completed(record);
      forecast.addEarlier(record);
    },
    failed: (record) => onEarlier?.failed(record),
  };
}

/** Whether the run was refused before anything came of it: there is nothing to report and nothing to keep. */
export function isFruitless({end, summary}: CollectResult): boolean {
  return end.kind === 'refused' && summary.completed + summary.failed === 0;
}

async function openOutputOf(
  prepared: PreparedRun,
  hooks: Pick<
    RunOutputOptions,
    'metrics' | 'summary' | 'limitHistory' | 'abort' | 'onStorageFailure' | 'onEarlier' | 'termsOf'
  >,
  environment: AppEnvironment,
): Promise<RunOutput> {
  const {request, config, paths, materializing, input, survey, drafts} = prepared;
  const {rows, rollouts, tasks, whole} = survey;
  const {shard} = materializing;
  const options = {
    ...hooks,
    fingerprint: await fingerprintOfRun(prepared, environment),
    overwrite: request.overwrite,
    retryFailed: request.retryFailed,
    retryKind: request.retryKind,
    maxAttempts: config.collect.maxAttempts,
    inputPath: paths.input === '-' ? undefined : paths.input,
    about: {
      ...{input: paths.input, rows, tasks, rollouts},
      ...(shard === undefined ? {} : {shard: formatShard(shard), whole: {...whole}}),
    },
    rows: () => materializeRows(input, survey, materializing, drafts),
  };
  const output =
    paths.output === '-'
      ? openStreamOutput(options, rollouts, environment)
      : await openRunOutput(paths.output, options, environment);
  // The rows are in a file by now: they need not be kept.
  if (paths.output !== '-') {
    drafts.take();
    survey.taskNumbers.release();
  }
  return output;
}

interface RunEnd {
  readonly end: CollectEnd;
  readonly output: RunOutput;
  readonly shard: Shard | undefined;
  readonly summary: RunSummary;
  readonly limits: RunLimits;
  readonly metrics: MetricsFold;
}

function resultOf(run: RunEnd, config: LoadedConfig): CollectResult {
  const {
    end,
    output: {standing, files},
    shard,
    summary,
    limits,
    metrics,
  } = run;
  const {maxFailed} = config.collect;
  const failedRollouts = standing.givenUp + summary.failed;
  const allowed = maxFailed.unit === 'rollouts' ? maxFailed.value : (maxFailed.value * standing.wanted) / 100;
  const left = standing.owed - summary.completed - summary.failed;
  const tables = metrics.tables();
  const cutShort = whyCutShort(end, left);
  return {
    ...{end, standing, shard, summary, files, failedRollouts, tables},
    tooManyFailed: failedRollouts > allowed,
    earlyEnd: limits.earlyEnd(left),
    cutShort,
    // A gate is a word on all that is wanted: it cannot be passed by the part that came first.
    gates: evaluateGates(gatesOf(config), tables, cutShort),
  };
}

function whyCutShort(end: CollectEnd, left: number): string | undefined {
  if (end.kind === 'refused') return `the run was refused (${end.error.code})`;
  return left > 0 ? 'the run ended before every rollout had its chance' : undefined;
}
