import type {LoadedConfig} from '../config/load-config.ts';
import type {Cancellation} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import type {Gates} from '../core/gate.ts';
import type {JsonObject} from '../core/json.ts';
import type {MaterializeOptions} from '../dataset/materialize-options.ts';
import {RowDrafts} from '../dataset/row-drafts.ts';
import type {Survey} from '../dataset/survey.ts';
import {surveyInput} from '../dataset/survey-input.ts';
import type {InputSource} from '../runtime/input-source.ts';
import {refuseLockedOutput} from '../store/lock-output.ts';
import {filesOf, outputPaths} from '../store/output-paths.ts';
import {planAgentsOfHead} from './ask-head.ts';
import {checkGates} from './check-gates.ts';
import type {AppEnvironment} from './environment.ts';
import {fingerprintOf} from './fingerprint.ts';
import {type ConfigSources, loadRunConfig} from './load-run-config.ts';
import {type AgentPlan, declaresAgents, planAgents} from './plan-agents.ts';
import {openRunInput, pathsOf, planMaterializing, type RunPaths} from './plan-input.ts';
import {describeShard, planShard} from './plan-shard.ts';
import {refuseReportPaths} from './refuse-report-paths.ts';

export interface CollectRequest extends ConfigSources {
  readonly overwrite: boolean;
  readonly retryFailed: boolean;
  /** Only those whose last failure is of this class or code; undefined: all that failed. */
  readonly retryKind: string | undefined;
  /** Absolute paths of what is written about the run when it is over. */
  readonly reports?: readonly string[] | undefined;
  /** Whether the times of the rollouts are wanted by task. */
  readonly timesByTask?: boolean | undefined;
}

/** A collection whose configuration and rows are checked; nothing is opened but its input. */
export interface PreparedRun {
  readonly request: CollectRequest;
  readonly config: LoadedConfig;
  readonly paths: RunPaths;
  /** The agents that rows ask for: only what they need is opened, so that a judge that nobody needs needs no key. */
  readonly used: readonly AgentPlan[];
  /** The same, and those that only rows of other shards ask for. */
  readonly named: readonly AgentPlan[];
  readonly materializing: MaterializeOptions;
  readonly input: InputSource;
  readonly survey: Survey;
  /** The rows as they were checked, for whoever expands them. */
  readonly drafts: RowDrafts;
  /** By the monotonic clock. */
  readonly beganAtMs: number;
}

/**
 * Checks configuration and every row, and hands both on. What is wrong is thrown as a `RollcallError` and leaves nothing
 * behind; `abort` ends the preparations too, with its reason.
 */
export async function withPreparedRun<T>(
  request: CollectRequest,
  environment: AppEnvironment,
  abort: Cancellation,
  use: (prepared: PreparedRun) => Promise<T>,
): Promise<T> {
  const beganAtMs = environment.clock.monotonic();
  const config = await loadRunConfig(request, environment);
  const shard = planShard(config, environment);
  const paths = pathsOf(config, environment);
  await refuseOutput(paths, request.reports ?? [], environment.clock);
  const plans = declaresAgents(config)
    ? planAgents(config)
    : await planAgentsOfHead(config, environment, abort);
  const materializing = {...(await planMaterializing(config, plans, environment)), shard};
  await using input = await openRunInput(paths, environment, abort);
  const takesAll = (materializing.limit ?? 0) === 0;
  const drafts = new RowDrafts(takesAll ? input.bytes : undefined);
  const survey = await surveyInput(input, materializing, drafts);
  for (const notice of survey.notices) environment.logger.warn(notice);
  if (shard !== undefined) environment.logger.info(describeShard(shard, survey));
  const used = plans.filter(({name}) => survey.work.has(name));
  const named = plans.filter(({name}) => survey.agents.has(name));
  const {rollouts, tasks, agents} = survey;
  const foreseen = {agentNames: [...agents.keys()], asked: {rollouts, tasks}, plans: used};
  for (const notice of checkGates(gatesOf(config), foreseen)) environment.logger.info(notice);
  // Awaited, so that the input stays open until the run is over.
  return await use({request, config, paths, used, named, materializing, input, survey, drafts, beganAtMs});
}

/** What the run is held against in the end. */
export function gatesOf({collect: {gates, gateOn}}: LoadedConfig): Gates {
  return {gates, on: gateOn};
}

/** The fingerprint as it will be read back: a secret in a setting is masked in the manifest. */
export async function fingerprintOfRun(
  {survey, materializing, named, config}: PreparedRun,
  {redactor}: AppEnvironment,
): Promise<JsonObject> {
  const fingerprint = await fingerprintOf(survey.inputDigest, materializing, named, config);
  return JSON.parse(redactor.redact(JSON.stringify(fingerprint))) as JsonObject;
}

/** What can be said against the output before the input is read; reading it may take a while. */
async function refuseOutput(
  {input, output}: RunPaths,
  reports: readonly string[],
  clock: Clock,
): Promise<void> {
  const files = output === '-' ? undefined : outputPaths(output);
  await refuseReportPaths(reports, [input, ...(files === undefined ? [] : filesOf(files))]);
  if (files !== undefined) await refuseLockedOutput(files, clock);
}
