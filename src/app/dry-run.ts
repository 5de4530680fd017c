import {itemsOf} from '../core/batches.ts';
import type {Cancellation} from '../core/cancellation.ts';
import type {Workload} from '../core/prompt-size.ts';
import type {RunEstimate} from '../core/run-estimate.ts';
import type {Shard} from '../core/shard.ts';
import {materializeRows} from '../dataset/materialize-rows.ts';
import {readMaterialized} from '../dataset/read-materialized.ts';
import {pathExists} from '../runtime/path-exists.ts';
import {parseSimulatorSettings} from '../simulator/settings/parse-simulator-settings.ts';
import {readJournal} from '../store/journal.ts';
import {peekOutput} from '../store/open-output.ts';
import {outputPaths} from '../store/output-paths.ts';
import {agentTermsOf} from './agent-terms.ts';
import {checkPrices} from './check-prices.ts';
import {compareMaterialized} from './compare-materialized.ts';
import type {AppEnvironment} from './environment.ts';
import {estimateRun} from './estimate-run.ts';
import {openDeployments} from './open-deployments.ts';
import {openJudges} from './open-judges.ts';
import {judgeNamesOf, modelsOf} from './open-runners.ts';
import {simulatorNamesOf} from './open-simulators.ts';
import {type CollectRequest, fingerprintOfRun, type PreparedRun, withPreparedRun} from './prepare-run.ts';
import {createRunForecast, type RunForecast} from './run-forecast.ts';
import {type Standing, StandingTally} from './standing.ts';

/** What a collection would do. */
export interface DryRunReport {
  /** The share that it would do; undefined: all. */
  readonly shard: Shard | undefined;
  /** Rows and tasks of the input; in a shard, its own. */
  readonly rows: number;
  readonly tasks: number;
  readonly standing: Standing;
  readonly estimate: RunEstimate;
}

// Embedded simulators are not started; any address will do for the models that refer to them.
const standInUrl = 'http://127.0.0.1:1';

/**
 * Finds out what a collection would do and take, of an output that is gone on with too. Checks all that the collection would
 * check before its first call, and fails as it would; sends nothing and writes nothing.
 */
export function dryRun(
  request: CollectRequest,
  environment: AppEnvironment,
  abort: Cancellation,
): Promise<DryRunReport> {
  return withPreparedRun(request, environment, abort, async (prepared) => {
    const {config, used, survey} = prepared;
    await checkServers(prepared, environment);
    checkPrices(used, config, environment.logger);
    const terms = await agentTermsOf(used, config);
    const forecast = createRunForecast(environment.clock, terms);
    const {standing, work} = await owedOf(prepared, forecast, environment);
    forecast.expect(work);
    const estimate = estimateRun({plans: used, config, terms, work, foretold: forecast.read()});
    const {rows, tasks} = survey;
    return {shard: prepared.materializing.shard, rows, tasks, standing, estimate};
  });
}

async function checkServers({config, used}: PreparedRun, environment: AppEnvironment): Promise<void> {
  const models = modelsOf(used, config);
  const simulatorUrls = new Map<string, string>();
  for (const name of simulatorNamesOf(models)) {
    const simulator = config.simulators.get(name);
    if (simulator === undefined) continue;
    const {settings, sourceDir, path} = simulator;
    parseSimulatorSettings(settings, {file: config.locate(path).file, sourceDir});
    simulatorUrls.set(name, standInUrl);
  }
  await using deployments = openDeployments(config, environment, {models, simulatorUrls});
  await openJudges(judgeNamesOf(used), config, deployments, environment);
}

interface Owed {
  readonly standing: Standing;
  readonly work: ReadonlyMap<string, Workload>;
}

async function owedOf(
  prepared: PreparedRun,
  forecast: RunForecast,
  environment: AppEnvironment,
): Promise<Owed> {
  const {request, config, paths, input, survey, materializing, drafts} = prepared;
  const {rollouts: wanted, work} = survey;
  const all: Owed = {standing: {wanted, done: 0, givenUp: 0, owed: wanted}, work};
  if (paths.output === '-') return all;
  const files = outputPaths(paths.output);
  const start = await peekOutput(files, {
    fingerprint: await fingerprintOfRun(prepared, environment),
    overwrite: request.overwrite,
    inputPath: paths.input === '-' ? undefined : paths.input,
    compareRows: (path) => compareMaterialized(path, materializeRows(input, survey, materializing, drafts)),
  });
  if (start !== 'resume' || !(await pathExists(files.materialized))) return all;
  const {retryFailed, retryKind: failureKind} = request;
  const journal = await readJournal(files, {readOnly: true, failureKind, onRecord: forecast.addEarlier});
  const tally = new StandingTally(journal, {retryFailed, maxAttempts: config.collect.maxAttempts});
  let rows = 0;
  for await (const row of itemsOf(readMaterialized(files.materialized))) {
    tally.addSized(row);
    rows++;
  }
  return {standing: tally.standing(rows), work: tally.work};
}
