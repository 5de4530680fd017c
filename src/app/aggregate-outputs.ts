import {dirname} from 'node:path';
import {type Problem, RollcallError} from '../core/errors.ts';
import type {Gates} from '../core/gate.ts';
import type {JsonObject} from '../core/json.ts';
import {evaluateGates, type GateOutcome} from '../metrics/evaluate-gates.ts';
import {measuresFor} from '../metrics/gate-value.ts';
import {type AgentTable, createMetricsFold, type MetricsFold} from '../metrics/metrics-fold.ts';
import {factsOfRecord} from '../metrics/rollout-facts.ts';
import {isRegularFile} from '../runtime/is-regular-file.ts';
import {pathExists} from '../runtime/path-exists.ts';
import type {HeldShards} from '../store/held-shards.ts';
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
import {type AbsentShards, absentOf, joinShards, noticeOfShard} from './join-shards.ts';
import {makeFolder} from './make-folder.ts';
import {type MergePart, sharedSettings, writeMergeManifest} from './merge-manifest.ts';
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
  /** Of the outputs that were given. */
  readonly missing: MissingRollouts;
  readonly absent: AbsentShards;
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
 * Puts outputs together, shards of one run or what was collected apart, and makes their aggregate metrics. Proves first that they were made
 * with the same settings and that every rollout that they want is there once, or that the whole wants whose shards they are: fails with `ERR_OUTPUT_MISMATCH` or `ERR_DUPLICATE_ROLLOUT` and
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
  await refuseReportPaths(request.reports, [...sources, target].flatMap(filesOf));
  for (const paths of [...sources, target]) await refuseLockedOutput(paths, clock);
  const parts = await partsOf(sources);
  const joined = merged === undefined ? undefined : joinShards(parts);
  refuseOtherSettings(parts);
  const metrics = createMetricsFold(measuresFor(gates, request.timesByTask));
  using census = new RolloutCensus(observerOf(metrics));
  for (const {paths, proof} of parts) await census.add(paths, proof);
  throwIfProblems(census);
  // What a run has begun to write in the meantime would look like damage.
  for (const paths of sources) await refuseLockedOutput(paths, clock);
  const missing = missingOf(census);
  const done = census.done.size;
  const accounted = done + missing.count;
  const absent = absentOf(joined, accounted);
  const alone = merged === undefined ? parts.flatMap(noticeOfShard) : [];
  const tables = metrics.tables();
  const plain = checkGates(gates, {agentNames: tables.map(({agentName}) => agentName)});
  const damage = parts.flatMap(({proof}) => proof.damage());
  const notices = [...noticesOf(census), ...alone, ...damage, ...plain];
  const isShort = missing.count + absent.rollouts > 0 && !allowPartial;
  const cutShort = isShort ? 'rollouts are missing' : undefined;
  const outcomes = evaluateGates(gates, tables, cutShort);
  const counts = {wanted: accounted + absent.rollouts, done, missing, absent};
  const report = {...counts, notices, tables, cutShort, gates: outcomes};
  if (cutShort !== undefined) return {...report, written: undefined};
  await makeFolder(dirname(target.output));
  const lock = await lockOutput(target, clock);
  try {
    if (merged === undefined) await writeMetrics(target.metrics, metrics);
    else {
      const incomplete = absent.rollouts > 0 ? joined : undefined;
      await writeMerged(target, {census, parts, metrics, startedAt, incomplete}, {clock, logger});
    }
  } finally {
    await lock.release();
  }
  return {...report, written: target};
}

interface Counted {
  readonly census: RolloutCensus;
  readonly parts: readonly MergePart[];
  readonly metrics: MetricsFold;
  readonly startedAt: string;
  /** The shards that are there, where others of their whole are not. */
  readonly incomplete: HeldShards | undefined;
}

/** All files of the merged output, or none. */
async function writeMerged(
  target: OutputPaths,
  {census, parts, metrics, startedAt, incomplete}: Counted,
  {clock, logger}: Pick<AppEnvironment, 'clock' | 'logger'>,
): Promise<void> {
  const movedTo = await moveAside(target, clock);
  if (movedTo !== undefined) logger.info(`what was there is now ${movedTo}`);
  try {
    const sources = parts.map(({paths}) => paths);
    const files = await mergeOutputs(census, sources, target, clock);
    await writeMetrics(target.metrics, metrics);
    // Last: without it what is there is no whole output, whatever interrupts us.
    const wanted = census.wanted.size;
    await writeMergeManifest(target.manifest, parts, {...files, wanted, startedAt, incomplete}, clock);
  } catch (error) {
    await removeMerged(target);
    throw error;
  }
}

async function partsOf(sources: readonly OutputPaths[]): Promise<readonly MergePart[]> {
  const parts: MergePart[] = [];
  for (const paths of sources) {
    const manifest = await readManifest(paths.manifest);
    parts.push({paths, manifest, proof: new OutputProof(paths, manifest)});
  }
  return parts;
}

function observerOf(metrics: MetricsFold): ConstructorParameters<typeof RolloutCensus>[0] {
  return {
    onWanted: (agentName, {taskIndex}) => metrics.expect(agentName, taskIndex),
    onRecord: (record) => metrics.add(factsOfRecord(record)),
  };
}

async function refuseUnusable(sources: readonly OutputPaths[]): Promise<void> {
  const problems = await missingFiles(sources.map(({output}) => output));
  const counted = new Set<string>();
  for (const {output} of sources) {
    if (counted.has(output)) problems.push({file: output, message: 'is named twice'});
    counted.add(output);
  }
  if (problems.length > 0)
    throw usageError('these outputs cannot be aggregated', 'Name each output once, by its path.', problems);
}

async function targetOf(
  sources: readonly OutputPaths[],
  {merged, overwrite}: Pick<AggregateRequest, 'merged' | 'overwrite'>,
): Promise<OutputPaths> {
  const [only] = sources;
  if (merged === undefined) {
    if (only !== undefined && sources.length === 1) return only;
    throw usageError('several outputs need a place for what they make together', 'Give --output PATH.');
  }
  const target = outputPaths(merged);
  if (sources.some(({materialized}) => materialized === target.materialized))
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

/** Outputs that are no shards may have inputs of their own; whatever else changes answers must be alike in all that say it. */
function refuseOtherSettings(parts: readonly MergePart[]): void {
  const problems: Problem[] = [];
  let first: {readonly path: string; readonly settings: JsonObject} | undefined;
  for (const {paths, manifest} of parts) {
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
