import {randomUUID} from 'node:crypto';
import {createWriteStream} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {RollcallError} from '../core/errors.ts';
import type {JsonObject} from '../core/json.ts';
import {type Passage} from '../report/html/page-data.ts';
import {answerOf, cut, textsOfRecord} from '../report/html/record-texts.ts';
import {type PageAssets, type PageContent, type Report, renderPage} from '../report/html/render-page.ts';
import type {Comparison, RunFigures} from '../report/html/report-model.ts';
import {packageRoot, packageVersion} from '../runtime/installation.ts';
import {replaceFile} from '../runtime/replace-file.ts';
import {storeError} from '../runtime/store-error.ts';
import {isLocked} from '../store/lock-output.ts';
import {filesOf, type OutputPaths, outputPaths} from '../store/output-paths.ts';
import {compareReadings} from './compare-readings.ts';
import type {AppEnvironment} from './environment.ts';
import {makeFolder} from './make-folder.ts';
import {missingFiles} from './missing-files.ts';
import {refuseReportPaths} from './refuse-report-paths.ts';
import {figuresOf} from './run-figures.ts';
import {RunReading} from './run-reading.ts';

export interface ReportRequest {
  /** Rollouts, as they are named in the page. */
  readonly output: string;
  readonly compare: string | undefined;
  /** Where the page goes, an absolute path; undefined: to standard output. */
  readonly target: string | undefined;
  readonly mostBytes: number;
  readonly mostCharacters: number;
}

export interface ReportResult {
  readonly run: RunFigures;
  readonly comparison: Comparison | undefined;
  readonly content: PageContent;
}

/**
 * Makes a page of an output, and of how it compares with another one, from their files alone. Fails with `ERR_USAGE` where there is no
 * output or the page would stand in the place of one of its files, and with `ERR_COMPARE_TASKS` where nothing can be compared.
 */
export async function reportOutput(
  request: ReportRequest,
  environment: AppEnvironment,
): Promise<ReportResult> {
  const {output, compare} = request;
  const pathsOf = (name: string): OutputPaths => outputPaths(resolve(environment.cwd, name));
  const sources = [output, ...(compare === undefined ? [] : [compare])].map(pathsOf);
  await refuseUnusable(sources, request.target);
  using reading = new RunReading(pathsOf(output), output);
  const run = await readRun(reading, environment);
  if (compare === undefined)
    return await writePage(request, {run, comparison: undefined, reading}, environment);
  using otherReading = new RunReading(pathsOf(compare), compare);
  const otherRun = await readRun(otherReading, environment);
  const comparison = compareReadings(reading, otherReading, otherRun);
  return await writePage(request, {run, comparison, reading, otherReading}, environment);
}

async function refuseUnusable(sources: readonly OutputPaths[], target: string | undefined): Promise<void> {
  const problems = await missingFiles(sources.map(({output}) => output));
  if (problems.length > 0) {
    throw new RollcallError('there is nothing to report on', {
      code: 'ERR_USAGE',
      fault: 'usage',
      hint: 'Give the rollouts as they were named with --output.',
      problems,
    });
  }
  await refuseReportPaths(target === undefined ? [] : [target], sources.flatMap(filesOf));
}

async function readRun(reading: RunReading, {clock}: AppEnvironment): Promise<RunFigures> {
  const isBeingWritten = await isLocked(reading.paths, clock);
  await reading.read();
  return await figuresOf(reading, isBeingWritten);
}

interface Readings {
  readonly run: RunFigures;
  readonly comparison: Comparison | undefined;
  readonly reading: RunReading;
  readonly otherReading?: RunReading;
}

async function writePage(
  {target, mostBytes, mostCharacters}: ReportRequest,
  readings: Readings,
  {clock, stdout}: AppEnvironment,
): Promise<ReportResult> {
  const {run, comparison, reading} = readings;
  const report: Report = {
    run,
    comparison,
    rows: reading.rows,
    textsOf: (row) => textsOf(row, readings, mostCharacters),
    mostBytes,
    mostCharacters,
    madeAt: new Date(clock.now()).toISOString(),
    version: packageVersion(),
  };
  const assets = await readAssets();
  const content: PageContent = {bytes: 0, rows: 0, rowsWithTexts: 0};
  const pages = (): Readable => Readable.from(renderPage(report, assets, content));
  if (target === undefined) await toStream(pages(), stdout);
  else await writeTo(target, pages());
  return {run, comparison, content};
}

/** Of a row, and the other run's answer to the same. */
function textsOf(row: number, {reading, otherReading}: Readings, most: number): readonly Passage[] {
  const {task, rollout} = reading.rows.columns;
  const id = {taskIndex: task.at(row), rolloutIndex: rollout.at(row)};
  const texts = textsOfRecord(reading.recordOf(id) ?? {}, most);
  if (
    otherReading === undefined ||
    reading.inputs.get(id.taskIndex) !== otherReading.inputs.get(id.taskIndex)
  )
    return texts;
  const otherRecord = otherReading.recordOf(id);
  return otherRecord === undefined ? texts : [...texts, otherAnswer(otherReading.name, otherRecord, most)];
}

function otherAnswer(name: string, record: JsonObject, most: number): Passage {
  const reward = record['reward'];
  const label = `Answer in ${name}${typeof reward === 'number' ? `, reward ${String(reward)}` : ''}`;
  return cut(label, answerOf(record), most);
}

/** Of this installation's build. */
async function readAssets(): Promise<PageAssets> {
  const read = (name: string): Promise<string> =>
    readFile(join(packageRoot, 'dist', 'program', name), 'utf8');
  return {style: await read('report-page.css'), script: await read('report-page.js')};
}

/** Whole or not at all; several may write to one place at once. */
async function writeTo(target: string, page: Readable): Promise<void> {
  await makeFolder(dirname(target));
  await replaceFile(target, (place) => pipeline(page, createWriteStream(place)), {mark: randomUUID()});
}

async function toStream(page: Readable, stdout: AppEnvironment['stdout']): Promise<void> {
  try {
    await pipeline(page, stdout, {end: false});
  } catch (error) {
    throw storeError('standard output', error);
  }
}
