import {mkdir} from 'node:fs/promises';
import {dirname} from 'node:path';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {Gates} from '../core/gate.ts';
import type {JsonObject} from '../core/json.ts';
import {evaluateGates, type GateOutcome} from '../metrics/evaluate-gates.ts';
import {measuresOf} from '../metrics/gate-value.ts';
import {type AgentTable, createMetricsFold, type Measure, type MetricsFold} from '../metrics/metrics-fold.ts';
import {factsOfRecord} from '../metrics/rollout-facts.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {storeError} from '../runtime/store-error.ts';
import {lockOutput, refuseLockedOutput} from '../store/lock-output.ts';
import {fingerprintDifferences, readManifest} from '../store/manifest.ts';
import {mergeOutputs, removeMerged} from '../store/merge-outputs.ts';
import {moveAside} from '../store/move-aside.ts';
import {filesOf, type OutputPaths, outputPaths} from '../store/output-paths.ts';
import {RolloutCensus} from '../store/rollout-census.ts';
import {OutputProof} from '../store/verify/output-proof.ts';
import {type MissingRollouts, missingOf, noticesOf, throwIfProblems} from './census-report.ts';
import {checkGates} from './check-gates.ts';
import type {AppEnvironment} from './environment.ts';
import {type Shard, sharedSettings, writeMergeManifest} from './merge-manifest.ts';
import {missingFiles} from './missing-files.ts';
import {refuseReportPaths} from './refuse-report-paths.ts';
import {writeMetrics} from './write-metrics.ts';

export interface AggregateRequest {
  /** Absolute paths of the outputs, at least one. */
  readonly outputs: readonly string[];
  /** Where they are put together; undefined: one output, whose metrics are made again. */
  readonly merged: string | undefined;
  /** Missing rollouts are told and taken as they are. */
  readonly allowPartial: boolean;
  readonly overwrite: boolean;
  readonly gates: Gates;
  /** Absolute paths of what is written about it when it is over. */
  readonly reports: readonly string[];
  /** Whether the times of the rollouts are wanted by task. */
  readonly timesByTask: boolean;
}

export interface AggregateReport {
  readonly wanted: number;
  readonly done: number;
  readonly missing: MissingRollouts;
  /** What was written; undefined when rollouts are missing and that is not allowed. */
  readonly written: Pick<OutputPaths, 'output' | 'metrics'> | undefined;
  readonly notices: readonly string[];
  /** What became of each gate. */
  readonly gates: readonly GateOutcome[];
  readonly tables: readonly AgentTable[];
  /** Why there is no result; undefined where there is one. */
  readonly cutShort: string | undefined;
}

/**
 * Puts outputs together, shards of one job or parts of one, and makes their aggregate metrics. Proves first that they were made with
 * the same settings and that every rollout they want is there once: fails with `ERR_OUTPUT_MISMATCH` or `ERR_DUPLICATE_ROLLOUT` and
 * every problem. Reads NeMo Gym's outputs as well. Writes nothing unless all is there, or `allowPartial`.
 */
export async function aggregateOutputs(
  request: AggregateRequest,
  {clock, logger}: Pick<AppEnvironment, 'clock' | 'logger'>,
): Promise<AggregateReport> {
  const {outputs, merged, allowPartial, gates} = request;
  const startedAt = new Date(clock.now()).toISOString();
  const sources = outputs.map(outputPaths);
  await refuseUnusable(sources);
  const target = await targetOf(sources, request);
  refuseReportPaths(request.reports, [...sources, target].flatMap(filesOf));
  for (const paths of [...sources, target]) await refuseLockedOutput(paths, clock);
  const shards = await shardsOf(sources);
  refuseOtherSettings(shards);
  const metrics = createMetricsFold(wantedMeasures(request));
  using census = new RolloutCensus(observerOf(metrics));
  for (const {paths, proof} of shards) await census.add(paths, proof);
  throwIfProblems(census);
  // What a run has begun to write in the meantime would look like damage.
  for (const paths of sources) await refuseLockedOutput(paths, clock);
  const missing = missingOf(census);
  const done = census.done.size;
  const tables = metrics.tables();
  const plain = checkGates(gates, {agentNames: tables.map(({agentName}) => agentName)});
  const notices = [...noticesOf(census), ...shards.flatMap(({proof}) => proof.damage()), ...plain];
  const cutShort = missing.count > 0 && !allowPartial ? 'rollouts are missing' : undefined;
  const outcomes = evaluateGates(gates, tables, cutShort);
  const report = {wanted: done + missing.count, done, missing, notices, tables, cutShort, gates: outcomes};
  if (cutShort !== undefined) return {...report, written: undefined};
  await makeFolder(dirname(target.output));
  const lock = await lockOutput(target, clock);
  try {
    if (merged === undefined) await writeMetrics(target.metrics, metrics);
    else await writeMerged(target, {census, shards, metrics, startedAt}, {clock, logger});
  } finally {
    await lock.release();
  }
  return {...report, written: target};
}

function wantedMeasures({gates: {gates}, timesByTask}: AggregateRequest): readonly Measure[] {
  const measures = measuresOf(gates.map(({metric}) => metric));
  return timesByTask ? [...measures, 'model_ms'] : measures;
}

interface Counted {
  readonly census: RolloutCensus;
  readonly shards: readonly Shard[];
  readonly metrics: MetricsFold;
  readonly startedAt: string;
}

/** All files of the merged output, or none. */
async function writeMerged(
  target: OutputPaths,
  {census, shards, metrics, startedAt}: Counted,
  {clock, logger}: Pick<AppEnvironment, 'clock' | 'logger'>,
): Promise<void> {
  const movedTo = await moveAside(target, clock);
  if (movedTo !== undefined) logger.info(`what was there is now ${movedTo}`);
  try {
    const sources = shards.map(({paths}) => paths);
    const files = await mergeOutputs(census, sources, target, clock);
    await writeMetrics(target.metrics, metrics);
    // Last: without it what is there is no whole output, whatever interrupts us.
    const wanted = census.wanted.size;
    await writeMergeManifest(target.manifest, shards, {...files, wanted, startedAt}, clock);
  } catch (error) {
    await removeMerged(target);
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, {recursive: true});
  } catch (error) {
    throw storeError(folder, error);
  }
}

async function shardsOf(sources: readonly OutputPaths[]): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  for (const paths of sources) {
    const manifest = await readManifest(paths.manifest);
    shards.push({paths, manifest, proof: new OutputProof(paths, manifest)});
  }
  return shards;
}

function observerOf(metrics: MetricsFold): ConstructorParameters<typeof RolloutCensus>[0] {
  return {
    onWanted: (agentName, {taskIndex}) => metrics.expect(agentName, taskIndex),
    onRecord: (record) => metrics.add(factsOfRecord(record)),
  };
}

async function refuseUnusable(shards: readonly OutputPaths[]): Promise<void> {
  const problems = await missingFiles(shards.map(({output}) => output));
  const counted = new Set<string>();
  for (const {output} of shards) {
    if (counted.has(output)) problems.push({file: output, message: 'is named twice'});
    counted.add(output);
  }
  if (problems.length > 0)
    throw usageError('these outputs cannot be aggregated', 'Name each output once, by its path.', problems);
}

async function targetOf(
  shards: readonly OutputPaths[],
  {merged, overwrite}: Pick<AggregateRequest, 'merged' | 'overwrite'>,
): Promise<OutputPaths> {
  const [only] = shards;
  if (merged === undefined) {
    if (only !== undefined && shards.length === 1) return only;
    throw usageError('several outputs need a place for what they make together', 'Give --output PATH.');
  }
  const target = outputPaths(merged);
  if (shards.some(({materialized}) => materialized === target.materialized))
    throw usageError(`the output ${merged} is one of those to aggregate`, 'Choose another --output.');
  const {output, failures, materialized, manifest} = target;
  if ((await pathExists(output)) && !(await isRegularFile(output)))
    throw usageError(`the output ${merged} is no file`, 'Choose another --output.');
  const there = await Promise.all([output, failures, materialized, manifest].map(pathExists));
  if (!overwrite && there.includes(true)) {
    throw new RollcallError(`the output ${merged} is there already`, {
      code: 'ERR_OUTPUT_EXISTS',
      fault: 'usage',
      hint: 'Choose another --output, or add --overwrite: what is there is moved aside.',
    });
  }
  return target;
}

/** Shards may have inputs of their own; whatever else changes answers must be alike in all that say it. */
function refuseOtherSettings(shards: readonly Shard[]): void {
  const problems: Problem[] = [];
  let first: {readonly path: string; readonly settings: JsonObject} | undefined;
  for (const {paths, manifest} of shards) {
    if (manifest === undefined) continue;
    const [path, settings] = [paths.manifest, sharedSettings(manifest)];
    first ??= {path, settings};
    for (const {path: key, message} of fingerprintDifferences(first.settings, settings))
      problems.push({file: path, path: key, message: `differs from ${first.path}: ${message}`});
  }
  if (problems.length === 0) return;
  throw new RollcallError('these outputs were made with different settings', {
    code: 'ERR_OUTPUT_MISMATCH',
    fault: 'usage',
    hint: 'Aggregate apart what was collected apart, and compare the two.',
    problems,
  });
}

function usageError(message: string, hint: string, problems?: readonly Problem[]): RollcallError {
  return new RollcallError(message, {code: 'ERR_USAGE', fault: 'usage', hint, problems});
}
