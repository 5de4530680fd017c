import {type CollectEnd, type CollectObserver, collectRollouts} from '../collect/collect-rollouts.ts';
import type {FailureAllowance} from '../config/collect-config.ts';
import type {LoadedConfig} from '../config/load-config.ts';
import {type Cancellation, CancellationSource} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {limitHistoryToJson} from '../core/deployment-use-json.ts';
import type {JsonObject} from '../core/json.ts';
import type {Outcome} from '../core/rollout.ts';
import {addSpending, spendingOf} from '../core/spending.ts';
import type {MaterializeOptions} from '../dataset/materialize-options.ts';
import {materializeRows} from '../dataset/materialize-rows.ts';
import {RowDrafts} from '../dataset/row-drafts.ts';
import type {Survey} from '../dataset/survey.ts';
import {surveyInput} from '../dataset/survey-input.ts';
import {createMetricsFold, type MetricsFold} from '../metrics/metrics-fold.ts';
import {factsOfOutcome} from '../metrics/rollout-facts.ts';
import {createRunSummary, type RunSummary, type RunSummaryFold} from '../metrics/run-summary.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {refuseLockedOutput} from '../store/lock-output.ts';
import {outputPaths} from '../store/output-paths.ts';
import {planAgentsOfHead} from './ask-head.ts';
import type {AppEnvironment} from './environment.ts';
import {fingerprintOf} from './fingerprint.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {openDeployments} from './open-deployments.ts';
import {openJudges} from './open-judges.ts';
import {openRemoteServers} from './open-remote-servers.ts';
import {judgeNamesOf, modelsOf, openRunners} from './open-runners.ts';
import {openSimulators, simulatorNamesOf} from './open-simulators.ts';
import {type AgentPlan, declaresAgents, planAgents} from './plan-agents.ts';
import {openRunInput, pathsOf, planMaterializing, type RunPaths} from './plan-input.ts';
import {type EarlyEnd, openRunLimits, type RunLimits} from './run-limits.ts';
import {
  openRunOutput,
  openStreamOutput,
  type RunOutput,
  type RunOutputOptions,
  type Standing,
} from './run-output.ts';

export interface CollectRequest extends ConfigSources {
  readonly overwrite: boolean;
  readonly retryFailed: boolean;
}

/** Counts that change while a collection runs; whoever shows progress reads them when it likes. */
export interface LiveCounts {
  readonly owed: number;
  done: number;
  failed: number;
  inFlight: number;
  /** In and out, of policy and judge. */
  tokens: number;
  /** US dollars; undefined as long as none is known. */
  costUsd: number | undefined;
  rewards: number;
  rewardSum: number;
}

export interface CollectHooks {
  readonly drain: Cancellation;
  readonly abort: Cancellation;
  /** Told once everything is checked and opened, before the first call. */
  readonly onStart: (standing: Standing, counts: LiveCounts) => void;
}

/** How a collection ended and what it left behind. */
export interface CollectResult {
  readonly end: CollectEnd;
  readonly standing: Standing;
  readonly summary: RunSummary;
  readonly files: RunOutput['files'];
  /** Rollouts without a record, of those that had their chance. */
  readonly failedRollouts: number;
  /** More rollouts failed than may. */
  readonly tooManyFailed: boolean;
  /** A deadline or a budget ended it before everything had its chance. */
  readonly earlyEnd: EarlyEnd | undefined;
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
  const beganAtMs = environment.clock.monotonic();
  const config = await loadRunConfig(request, environment);
  const paths = pathsOf(config, environment);
  await refuseOutput(paths.output, environment.clock);
  const plans = declaresAgents(config)
    ? planAgents(config)
    : await planAgentsOfHead(config, environment, hooks.abort);
  const materializing = await planMaterializing(config, plans, environment);
  await using input = await openRunInput(paths, environment, hooks.abort);
  const drafts = new RowDrafts();
  const survey = await surveyInput(input, materializing, drafts);
  for (const notice of survey.notices) environment.logger.warn(notice);
  const prepared = {request, config, paths, plans, materializing, input, survey, drafts, beganAtMs};
  // Awaited, so that the input stays open until the run is over.
  return await runPrepared(prepared, environment, hooks, exitCodes);
}

/** What can be said against the output before the input is read; reading it may take a while. */
async function refuseOutput(output: string, clock: Clock): Promise<void> {
  if (output !== '-') await refuseLockedOutput(outputPaths(output), clock);
}

interface PreparedRun {
  readonly request: CollectRequest;
  readonly config: LoadedConfig;
  readonly paths: RunPaths;
  readonly plans: readonly AgentPlan[];
  readonly materializing: MaterializeOptions;
  readonly input: InputSource;
  readonly survey: Survey;
  readonly drafts: RowDrafts;
  readonly beganAtMs: number;
}

async function runPrepared(
  prepared: PreparedRun,
  environment: AppEnvironment,
  {drain, abort, onStart}: CollectHooks,
  exitCodes: ExitCodes,
): Promise<CollectReport> {
  const {config, plans, survey, beganAtMs} = prepared;
  const {clock, logger} = environment;
  const used = plansInUse(plans, survey);
  const models = modelsOf(used, config);
  using stopStarting = drainOf(drain);
  using limits = await openRunLimits({plans: used, config, stopStarting, beganAtMs}, environment);
  const {firstCalls, onEarlier} = limits;
  await using simulators = await openSimulators(config, simulatorNamesOf(models), environment);
  const simulatorUrls = simulators.urls;
  await using deployments = openDeployments(config, environment, {models, simulatorUrls, firstCalls});
  await using remote = openRemoteServers(environment, config.serverToken);
  const judges = await openJudges(judgeNamesOf(used), config, deployments, environment);
  const {runnerOf, width} = openRunners(used, {config, deployments, judges, remote, clock, firstCalls});
  const folds = {metrics: createMetricsFold(), summary: createRunSummary()};
  const onStorageFailure = (error: Error): void => stopStarting.cancel(error);
  const limitHistory = (): readonly JsonObject[] => deployments.uses().map(limitHistoryToJson);
  const output = await openOutputOf(
    prepared,
    {...folds, limitHistory, abort, onStorageFailure, onEarlier},
    environment,
  );
  try {
    for (const notice of output.notices) logger.info(notice);
    const counts = liveCounts(output.standing.owed);
    const startedAt = clock.monotonic();
    onStart(output.standing, counts);
    const end = await collectRollouts(
      limits.owed(output.owed),
      {
        concurrency: config.collect.numSamplesInParallel ?? width,
        answeredBefore: output.standing.done > 0,
        drain: stopStarting,
        abort,
      },
      {runnerOf: limits.runners(runnerOf), sink: output.sink},
      observerOf(counts, folds),
    );
    const wallMs = clock.monotonic() - startedAt;
    const summary = folds.summary.finish({wallMs, deployments: deployments.uses()});
    const result = resultOf({end, output, summary, limits}, config.collect.maxFailed);
    const exitCode = exitCodes.ofResult(result);
    if (isFruitless(result)) await output.abandon(exitCode);
    else await output.finish(exitCode);
    return {...result, exitCode};
  } catch (error) {
    await output.release(exitCodes.ofError(error));
    throw error;
  }
}

/** Ends with `drain`, and may end before it; lets go of it when it is out of scope. */
function drainOf(drain: Cancellation): CancellationSource & Disposable {
  const source = new CancellationSource(drain);
  return Object.assign(source, {[Symbol.dispose]: () => source.release()});
}

interface Folds {
  readonly metrics: MetricsFold;
  readonly summary: RunSummaryFold;
}

function observerOf(counts: LiveCounts, {metrics, summary}: Folds): CollectObserver {
  return {
    onStart() {
      counts.inFlight++;
    },
    onCalledOff() {
      counts.inFlight--;
    },
    onOutcome(outcome) {
      count(counts, outcome);
      summary.add(outcome);
      if (outcome.status === 'completed') metrics.add(factsOfOutcome(outcome));
    },
  };
}

/** Whether the run was refused before anything came of it: there is nothing to report and nothing to keep. */
export function isFruitless({end, summary}: CollectResult): boolean {
  return end.kind === 'refused' && summary.completed + summary.failed === 0;
}

/** Only what rows ask for is opened: a judge that nobody needs must not need a key. */
function plansInUse(plans: readonly AgentPlan[], {agents}: Survey): readonly AgentPlan[] {
  return plans.filter(({name}) => agents.has(name));
}

async function openOutputOf(
  {request, config, paths, plans, materializing, input, survey, drafts}: PreparedRun,
  hooks: Pick<
    RunOutputOptions,
    'metrics' | 'summary' | 'limitHistory' | 'abort' | 'onStorageFailure' | 'onEarlier'
  >,
  environment: AppEnvironment,
): Promise<RunOutput> {
  const {rows, rollouts, tasks, inputDigest} = survey;
  const fingerprint = await fingerprintOf(inputDigest, materializing, plansInUse(plans, survey), config);
  const options = {
    ...hooks,
    // As it will be read back: a secret in a setting is masked in the manifest.
    fingerprint: JSON.parse(environment.redactor.redact(JSON.stringify(fingerprint))) as JsonObject,
    overwrite: request.overwrite,
    retryFailed: request.retryFailed,
    maxAttempts: config.collect.maxAttempts,
    inputPath: paths.input === '-' ? undefined : paths.input,
    about: {input: paths.input, rows, tasks, rollouts},
    rows: () => materializeRows(input, survey, materializing, drafts),
  };
  const output =
    paths.output === '-'
      ? openStreamOutput(options, rollouts, environment)
      : await openRunOutput(paths.output, options, environment);
  // A resumed run has its rows in a file: they need not be kept.
  drafts.take();
  return output;
}

function liveCounts(owed: number): LiveCounts {
  return {owed, done: 0, failed: 0, inFlight: 0, tokens: 0, costUsd: undefined, rewards: 0, rewardSum: 0};
}

function count(counts: LiveCounts, outcome: Outcome): void {
  counts.inFlight--;
  const {policy, judge} = spendingOf(outcome);
  const spent = addSpending(policy, judge);
  if (spent !== undefined) {
    counts.tokens += spent.inputTokens + spent.outputTokens;
    if (spent.costUsd !== undefined) counts.costUsd = (counts.costUsd ?? 0) + spent.costUsd;
  }
  if (outcome.status === 'failed') {
    counts.failed++;
    return;
  }
  counts.done++;
  if (outcome.verification === undefined) return;
  counts.rewards++;
  counts.rewardSum += outcome.verification.reward;
}

function resultOf(
  {
    end,
    output: {standing, files},
    summary,
    limits,
  }: {
    readonly end: CollectEnd;
    readonly output: RunOutput;
    readonly summary: RunSummary;
    readonly limits: RunLimits;
  },
  maxFailed: FailureAllowance,
): CollectResult {
  const failedRollouts = standing.givenUp + summary.failed;
  const allowed = maxFailed.unit === 'rollouts' ? maxFailed.value : (maxFailed.value * standing.wanted) / 100;
  const earlyEnd = limits.earlyEnd(standing.owed - summary.completed - summary.failed);
  return {end, standing, summary, files, failedRollouts, tooManyFailed: failedRollouts > allowed, earlyEnd};
}
