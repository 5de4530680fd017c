import {type Batches, itemsOf, mapBatches} from '../core/batches.ts';
import {type Cancellation, throwIfCancelled} from '../core/cancellation.ts';
import {parseExactJson} from '../core/exact-json.ts';
import type {JsonObject} from '../core/json.ts';
import type {Sink} from '../core/ports.ts';
import type {Workload} from '../core/prompt-size.ts';
import type {Outcome, Rollout} from '../core/rollout.ts';
import type {MaterializedRow} from '../dataset/materialize-rows.ts';
import {readMaterialized} from '../dataset/read-materialized.ts';
import type {MetricsFold} from '../metrics/metrics-fold.ts';
import {factsOfRecord} from '../metrics/rollout-facts.ts';
import type {RunSummaryFold} from '../metrics/run-summary.ts';
import {packageVersion} from '../runtime/installation.ts';
import {type Journal, readJournal} from '../store/journal.ts';
import {type Manifest, type ManifestRun, writeManifest} from '../store/manifest.ts';
import {type OpenOutput, openOutput} from '../store/open-output.ts';
import {type OutputPaths, outputPaths} from '../store/output-paths.ts';
import {owedRollouts} from '../store/owed-rollouts.ts';
import {createStreamSink, openSink} from '../store/sink.ts';
import {writeLines} from '../store/write-lines.ts';
import {compareMaterialized} from './compare-materialized.ts';
import type {AppEnvironment} from './environment.ts';
import {type Standing, StandingTally} from './standing.ts';
import {writeMetrics} from './write-metrics.ts';

/** Where a run's rollouts come from and go to. */
export interface RunOutput {
  readonly standing: Standing;
  /** The sizes of what is owed, by agent name; undefined: all that the input holds is. */
  readonly work: ReadonlyMap<string, Workload> | undefined;
  readonly owed: AsyncIterable<Rollout>;
  readonly sink: Sink;
  /** What people may look at afterwards. */
  readonly files: readonly {readonly label: string; readonly path: string}[];
  readonly notices: readonly string[];
  /** Closes the sink, writes metrics and the manifest's end. */
  finish(exitCode: number): Promise<void>;
  /** Instead of that, when no call could be made: a fresh output leaves no file behind. */
  abandon(exitCode: number): Promise<void>;
  /** Lets go of everything after a failure; what was recorded stays. Never fails. */
  release(exitCode: number): Promise<void>;
}

export interface EarlierRecords {
  readonly completed: (record: JsonObject) => void;
  readonly failed: (record: JsonObject) => void;
}

export interface RunOutputOptions {
  readonly fingerprint: JsonObject;
  readonly overwrite: boolean;
  readonly retryFailed: boolean;
  readonly retryKind: string | undefined;
  readonly maxAttempts: number;
  readonly inputPath: string | undefined;
  readonly about: JsonObject;
  readonly rows: () => Batches<MaterializedRow>;
  /** Gets what is wanted and what earlier runs completed. */
  readonly metrics: MetricsFold;
  readonly summary: RunSummaryFold;
  /** Told of what earlier runs left, record by record. */
  readonly onEarlier?: EarlierRecords | undefined;
  /** What is known of the deployments' limits by now, for the manifest. */
  readonly limitHistory: () => readonly JsonObject[];
  /** Told at once when rollouts of that status cannot be kept any more. */
  readonly onStorageFailure: (error: Error, lost: Outcome['status']) => void;
  /** Cancelled: stops reading and materialising, with its reason. */
  readonly abort: Cancellation;
}

/** Takes the output, materialises what is wanted unless that is done, and finds out what is owed. */
export async function openRunOutput(
  path: string,
  options: RunOutputOptions,
  environment: AppEnvironment,
): Promise<RunOutput> {
  const paths = outputPaths(path);
  const {fingerprint, overwrite, inputPath} = options;
  const held = await openOutput(paths, {
    ...{fingerprint, overwrite, inputPath, clock: environment.clock},
    compareRows: (materialized) => compareMaterialized(materialized, options.rows()),
  });
  try {
    return await startOn(paths, held, options, environment);
  } catch (error) {
    await held.abandon();
    throw error;
  }
}

/** The same onto standard output: nothing is kept, so nothing can be gone on with. */
export function openStreamOutput(
  {rows, metrics, onStorageFailure, abort}: RunOutputOptions,
  wanted: number,
  {clock, redactor, stdout}: AppEnvironment,
): RunOutput {
  const sink = createStreamSink(stdout, {clock, redact: redactor.redact, onFailure: onStorageFailure});
  return {
    standing: {wanted, done: 0, givenUp: 0, owed: wanted},
    work: undefined,
    owed: firstAttempts(expecting(rows(), metrics, abort)),
    sink,
    files: [],
    notices: [],
    finish: () => sink.close(),
    abandon: () => sink.close(),
    release: () => sink.close().catch(() => undefined),
  };
}

async function startOn(
  paths: OutputPaths,
  held: OpenOutput,
  options: RunOutputOptions,
  environment: AppEnvironment,
): Promise<RunOutput> {
  const {clock, redactor} = environment;
  const {metrics, summary, maxAttempts, retryFailed, limitHistory, onStorageFailure, onEarlier, abort} =
    options;
  const journal = await readJournal(paths, {
    failureKind: options.retryKind,
    onRecord(record) {
      throwIfCancelled(abort);
      const facts = factsOfRecord(record);
      metrics.add(facts);
      summary.addEarlier(facts);
      onEarlier?.completed(record);
    },
    onFailure: (record) => onEarlier?.failed(record),
  });
  const {standing, work} = await materialize(paths, {held, journal}, options, environment);
  const manifest = await beginManifest(paths, held, options, environment);
  const sink = await openSink({
    paths,
    append: true,
    clock,
    redact: redactor.redact,
    onFailure: onStorageFailure,
  });
  const endManifest = (exitCode: number): Promise<void> =>
    writeManifest(
      paths.manifest,
      endRun(manifest, clock.now(), {exitCode, deployments: limitHistory()}),
      redactor.redact,
    );
  return {
    standing,
    work,
    owed: owedRollouts(readMaterialized(paths.materialized), journal, {maxAttempts, retryFailed}),
    sink,
    files: filesOf(paths),
    notices: noticesOf(journal, held),
    async finish(exitCode) {
      await sink.close();
      await writeMetrics(paths.metrics, metrics);
      await endManifest(exitCode);
      await held.release();
    },
    async abandon(exitCode) {
      await sink.close();
      if (held.resumed !== undefined || held.adopted) await endManifest(exitCode);
      await held.abandon();
    },
    async release(exitCode) {
      // The first error is the one to tell.
      await sink.close().catch(() => undefined);
      await endManifest(exitCode).catch(() => undefined);
      await held.release().catch(() => undefined);
    },
  };
}

interface Materialized {
  readonly standing: Standing;
  readonly work: RunOutput['work'];
}

/** Makes the materialised file if it is not there, and counts what of it stands how. */
async function materialize(
  paths: OutputPaths,
  {held, journal}: {readonly held: OpenOutput; readonly journal: Journal},
  options: RunOutputOptions,
  {clock}: AppEnvironment,
): Promise<Materialized> {
  const {rows, metrics, abort} = options;
  const tally = new StandingTally(journal, options);
  if (held.materialized) {
    const counted = mapBatches(expecting(readMaterialized(paths.materialized), metrics, abort), (row) =>
      tally.addSized(row),
    );
    const wanted = await countAll(counted);
    return {standing: tally.standing(wanted), work: tally.work};
  }
  const counted = mapBatches(expecting(rows(), metrics, abort), (row) => tally.add(row).text);
  // Nothing but the input's own survey has parsed these rows: it has their sizes.
  const wanted = await writeLines(paths.materialized, counted, clock);
  return {standing: tally.standing(wanted), work: undefined};
}

async function beginManifest(
  paths: OutputPaths,
  {resumed, adopted}: OpenOutput,
  {fingerprint, about}: RunOutputOptions,
  {clock, redactor}: AppEnvironment,
): Promise<Manifest> {
  const startedAt = new Date(clock.now()).toISOString();
  const adoptedAt = adopted ? startedAt : resumed?.about['adopted_at'];
  const manifest: Manifest = {
    fingerprint,
    about: {
      ...about,
      rollcall_version: packageVersion(),
      ...(adoptedAt === undefined ? {} : {adopted_at: adoptedAt}),
    },
    runs: [...(resumed?.runs ?? []), {startedAt}],
  };
  await writeManifest(paths.manifest, manifest, redactor.redact);
  return manifest;
}

function endRun(
  manifest: Manifest,
  nowMs: number,
  end: Pick<ManifestRun, 'exitCode' | 'deployments'>,
): Manifest {
  const current = manifest.runs.at(-1);
  if (current === undefined) return manifest;
  const ended = {...current, endedAt: new Date(nowMs).toISOString(), ...end};
  return {...manifest, runs: [...manifest.runs.slice(0, -1), ended]};
}

/** Tells the metrics of each rollout that is wanted, so that missing ones show. Ends with the cancellation. */
function expecting<Row extends MaterializedRow>(
  rows: Batches<Row>,
  metrics: MetricsFold,
  cancellation: Cancellation,
): Batches<Row> {
  return mapBatches(rows, (row) => {
    throwIfCancelled(cancellation);
    metrics.expect(row.agentName, row.id.taskIndex);
    return row;
  });
}

function firstAttempts(rows: Batches<MaterializedRow>): AsyncIterable<Rollout> {
  return itemsOf(
    mapBatches(rows, ({id, agentName, text}) => ({
      ...{id, agentName, text, attempt: 1},
      row: parseExactJson(text) as JsonObject,
    })),
  );
}

async function countAll(rows: Batches<MaterializedRow>): Promise<number> {
  let count = 0;
  for await (const batch of rows) count += Array.from(batch, () => 1).length;
  return count;
}

function filesOf({output, failures, materialized, manifest, metrics}: OutputPaths): RunOutput['files'] {
  return [
    {label: 'rollouts', path: output},
    {label: 'failures', path: failures},
    {label: 'inputs', path: materialized},
    {label: 'metrics', path: metrics},
    {label: 'manifest', path: manifest},
  ];
}

const adoptedNotice =
  'what is there has no manifest of ours and is gone on with, since its rows are the same; whether model, judge and settings were, nobody can tell';

function noticesOf(
  {tornLines, duplicates, unidentified}: Journal,
  {movedTo, adopted}: OpenOutput,
): readonly string[] {
  return [
    adopted ? adoptedNotice : '',
    movedTo === undefined ? '' : `what was there is now ${movedTo}`,
    tornLines === 0
      ? ''
      : `${String(tornLines)} line(s) torn by a kill were cut off; their rollouts are owed again`,
    duplicates === 0 ? '' : `${String(duplicates)} record(s) repeat an identity and do not count`,
    unidentified === 0 ? '' : `${String(unidentified)} record(s) have no indices and do not count`,
  ].filter((notice) => notice !== '');
}
