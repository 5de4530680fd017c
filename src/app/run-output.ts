import type {AgentTerms} from '../budget/agent-terms.ts';
import {type Batches, itemsOf, mapBatches} from '../core/batches.ts';
import {type Cancellation, throwIfCancelled} from '../core/cancellation.ts';
import type {Clock} from '../core/clock.ts';
import {parseExactJson} from '../core/exact-json.ts';
import {asString, type JsonObject} from '../core/json.ts';
import type {DispatchJournal, Sink} from '../core/ports.ts';
import type {Workload} from '../core/prompt-size.ts';
import type {Outcome, Rollout} from '../core/rollout.ts';
import type {MaterializedRow} from '../dataset/materialize-rows.ts';
import {readMaterialized} from '../dataset/read-materialized.ts';
import type {MetricsFold} from '../metrics/metrics-fold.ts';
import {factsOfRecord} from '../metrics/rollout-facts.ts';
import type {RunSummaryFold} from '../metrics/run-summary.ts';
import {packageVersion} from '../runtime/installation.ts';
import {openDispatchJournal, readUnrecorded} from '../store/dispatch-journal.ts';
import {type Journal, readJournal} from '../store/journal.ts';
import {type OpenOutput, openOutput} from '../store/open-output.ts';
import {type OutputPaths, outputPaths} from '../store/output-paths.ts';
import {owedRollouts} from '../store/owed-rollouts.ts';
import {createStreamSink, openSink} from '../store/sink.ts';
import {writeLines} from '../store/write-lines.ts';
import {compareMaterialized} from './compare-materialized.ts';
import type {AppEnvironment} from './environment.ts';
import {goneOnWith, noticesOf} from './output-notices.ts';
import {tellOverwritten} from './overwritten-run.ts';
import {beginManifest} from './run-manifest.ts';
import {type Standing, StandingTally} from './standing.ts';
import {UnrecordedRollouts} from './unrecorded-rollouts.ts';
import {writeMetrics} from './write-metrics.ts';

/** Where a run's rollouts come from and go to. */
export interface RunOutput {
  readonly standing: Standing;
  /** The sizes of what is owed, by agent name; undefined: all that the input holds is. */
  readonly work: ReadonlyMap<string, Workload> | undefined;
  readonly owed: AsyncIterable<Rollout>;
  readonly sink: Sink;
  /** Undefined where nothing is kept. */
  readonly dispatched: DispatchJournal | undefined;
  /** What people may look at afterwards. */
  readonly files: readonly {readonly label: string; readonly path: string}[];
  readonly notices: readonly string[];
  /** Closes the sink, writes metrics and the manifest's end. `isClean`: nothing that was begun was cut off. */
  finish(exitCode: number, isClean: boolean): Promise<void>;
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
  /** What is known of an agent's rollouts before any has run. */
  readonly termsOf: (agentName: string) => AgentTerms | undefined;
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
  const {fingerprint, overwrite, inputPath, termsOf} = options;
  let overwritten: UnrecordedRollouts | undefined;
  const held = await openOutput(paths, {
    ...{fingerprint, overwrite, inputPath, clock: environment.clock},
    compareRows: (materialized) => compareMaterialized(materialized, options.rows()),
    async beforeMoving() {
      overwritten = await tellOverwritten(paths, termsOf, environment.logger);
    },
  });
  try {
    return await startOn(paths, {held, overwritten}, options, environment);
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
    dispatched: undefined,
    files: [],
    notices: [],
    finish: () => sink.close(),
    abandon: () => sink.close(),
    release: () => sink.close().catch(() => undefined),
  };
}

interface Taken {
  readonly held: OpenOutput;
  /** What the run had begun whose files were moved aside; it has been told. */
  readonly overwritten: UnrecordedRollouts | undefined;
}

async function startOn(
  paths: OutputPaths,
  {held, overwritten}: Taken,
  options: RunOutputOptions,
  environment: AppEnvironment,
): Promise<RunOutput> {
  const {clock, redactor} = environment;
  const {metrics, maxAttempts, retryFailed, limitHistory, onStorageFailure: onFailure} = options;
  const {redact} = redactor;
  const journal = await readEarlier(paths, options);
  const unrecorded = new UnrecordedRollouts(await readUnrecorded(paths, journal), options.termsOf);
  const found = {held, journal, unrecorded};
  const {standing, work, rowsSha256} = await materialize(paths, found, options, environment);
  const manifest = await beginManifest(paths.manifest, {
    fingerprint: options.fingerprint,
    about: {...aboutOf(options, rowsSha256), ...originOf(held, clock)},
    earlierRuns: held.resumed?.runs ?? [],
    goneOnWith: goneOnWith(journal, held.resumed?.runs ?? []),
    mayBeBilledTwice: (overwritten ?? unrecorded).toJson(),
    clock,
    redact,
  });
  const dispatched = openDispatchJournal(paths, clock);
  const chainHead = journal.chain?.head;
  const sink = await openSink({paths, append: true, chainHead, clock, redact, onFailure});
  const endManifest = (exitCode: number): Promise<void> =>
    manifest.end({exitCode, chain: sink.chainHead, deployments: limitHistory()});
  return {
    standing,
    work,
    owed: owedRollouts(readMaterialized(paths.materialized), journal, {maxAttempts, retryFailed}),
    sink,
    dispatched,
    files: filesOf(paths),
    notices: noticesOf(journal, held, unrecorded),
    async finish(exitCode, isClean) {
      await sink.close();
      await dispatched.close(isClean);
      await writeMetrics(paths.metrics, metrics);
      await endManifest(exitCode);
      await held.release();
    },
    async abandon(exitCode) {
      await sink.close();
      // No call could succeed: there is nothing to pay for.
      await dispatched.close(true);
      if (held.resumed !== undefined || held.adopted) await endManifest(exitCode);
      await held.abandon();
    },
    async release(exitCode) {
      // The first error is the one to tell.
      await sink.close().catch(() => undefined);
      await dispatched.close(false);
      await endManifest(exitCode).catch(() => undefined);
      await held.release().catch(() => undefined);
    },
  };
}

/** Reads what earlier runs left, and tells of each record. */
function readEarlier(
  paths: OutputPaths,
  {metrics, summary, onEarlier, abort, retryKind}: RunOutputOptions,
): Promise<Journal> {
  return readJournal(paths, {
    failureKind: retryKind,
    onRecord(record) {
      throwIfCancelled(abort);
      const facts = factsOfRecord(record);
      metrics.add(facts);
      summary.addEarlier(facts);
      onEarlier?.completed(record);
    },
    onFailure: (record) => onEarlier?.failed(record),
  });
}

interface Materialized {
  readonly standing: Standing;
  readonly work: RunOutput['work'];
  /** Of the materialised file, if it is known. */
  readonly rowsSha256: string | undefined;
}

interface Found {
  readonly held: OpenOutput;
  readonly journal: Journal;
  readonly unrecorded: UnrecordedRollouts;
}

/** Makes the materialised file if it is not there, and counts what of it stands how. */
async function materialize(
  paths: OutputPaths,
  {held, journal, unrecorded}: Found,
  options: RunOutputOptions,
  {clock}: AppEnvironment,
): Promise<Materialized> {
  const {rows, metrics, abort} = options;
  const tally = new StandingTally(journal, options);
  if (held.materialized) {
    const counted = mapBatches(expecting(readMaterialized(paths.materialized), metrics, abort), (row) =>
      tally.addSized(unrecorded.add(row)),
    );
    const wanted = await countAll(counted);
    const rowsSha256 = asString(held.resumed?.about['materialized_sha256']);
    return {standing: tally.standing(wanted), work: tally.work, rowsSha256};
  }
  const counted = mapBatches(expecting(rows(), metrics, abort), (row) => tally.add(unrecorded.add(row)).text);
  // Nothing but the input's own survey has parsed these rows: it has their sizes.
  const {count: wanted, sha256} = await writeLines(paths.materialized, counted, clock);
  return {standing: tally.standing(wanted), work: undefined, rowsSha256: sha256};
}

/** What the manifest tells beside the fingerprint. */
function aboutOf({about, maxAttempts}: RunOutputOptions, rowsSha256: string | undefined): JsonObject {
  return {
    ...about,
    max_attempts: maxAttempts,
    ...(rowsSha256 === undefined ? {} : {materialized_sha256: rowsSha256}),
    line_chain: 'sha256',
    rollcall_version: packageVersion(),
  };
}

/** Where what is gone on with comes from: when it had no manifest and was taken over, what it was put together from. */
function originOf({adopted, resumed}: OpenOutput, clock: Clock): JsonObject {
  const {adopted_at: adoptedBefore, merged} = resumed?.about ?? {};
  const adoptedAt = adopted ? new Date(clock.now()).toISOString() : adoptedBefore;
  return {
    ...(adoptedAt === undefined ? {} : {adopted_at: adoptedAt}),
    ...(merged === undefined ? {} : {merged}),
  };
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
