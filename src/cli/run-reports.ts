import {resolve} from 'node:path';
import type {AppEnvironment} from '../app/environment.ts';
import {refuseReportPaths} from '../app/refuse-report-paths.ts';
import type {JsonObject} from '../core/json.ts';
import type {FlagReader} from './flag-values.ts';
import {appendStepSummary} from './step-summary.ts';
import {checkSummaryPath, type SummaryFileName, writeSummaryFile} from './summary-file.ts';

/** Where a command writes about what it did, as it was given; undefined: not at all. */
export interface ReportFlags {
  readonly summaryJson: string | undefined;
  readonly summaryMd: string | undefined;
  readonly junit: string | undefined;
}

/** The same as absolute paths, and the file of GitHub Actions' step. */
export interface ReportPaths extends ReportFlags {
  readonly stepSummary: string | undefined;
}

/** The reports, each made only if it is wanted. */
export interface Reports {
  readonly json: () => JsonObject;
  readonly markdown: () => string;
  readonly junit: () => string;
}

const nameOf: Readonly<Record<keyof ReportFlags, SummaryFileName>> = {
  summaryJson: {what: 'the summary', flag: '--summary-json'},
  summaryMd: {what: 'the summary', flag: '--summary-md'},
  junit: {what: 'the report', flag: '--junit'},
};

/** Reads the flags that name reports. */
export function readReportFlags(reader: FlagReader): ReportFlags {
  return {
    summaryJson: reader.text('summaryJson'),
    summaryMd: reader.text('summaryMd'),
    junit: reader.text('junit'),
  };
}

/** Where the reports go. */
export function reportPaths(
  flags: ReportFlags,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): ReportPaths {
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(cwd, path);
  const stepSummary = env['GITHUB_STEP_SUMMARY'];
  return {
    summaryJson: absolute(flags.summaryJson),
    summaryMd: absolute(flags.summaryMd),
    junit: absolute(flags.junit),
    stepSummary: stepSummary === undefined || stepSummary === '' ? undefined : absolute(stepSummary),
  };
}

/** The files that flags name. */
export function reportFiles(paths: ReportPaths): readonly string[] {
  return namedFiles(paths).map(({path}) => path);
}

/** Fails with `ERR_USAGE` where one of the named files cannot be written, or two are the same. */
export async function checkReportPaths(paths: ReportPaths): Promise<void> {
  const files = namedFiles(paths);
  for (const [place, {path, kind}] of files.entries()) {
    await refuseReportPaths(
      [path],
      files.slice(0, place).map((other) => other.path),
    );
    await checkSummaryPath(path, nameOf[kind]);
  }
}

/** Writes what is wanted. Fails with `ERR_STORE_WRITE` once all were tried; the step's summary never fails. */
export async function writeReports(
  paths: ReportPaths,
  {json, markdown, junit}: Reports,
  {redactor: {redact}, logger}: Pick<AppEnvironment, 'redactor' | 'logger'>,
): Promise<void> {
  if (paths.stepSummary !== undefined) await appendStepSummary(paths.stepSummary, redact(markdown()), logger);
  const texts = {
    summaryJson: () => `${JSON.stringify(json(), undefined, 2)}\n`,
    summaryMd: markdown,
    junit,
  };
  const failures: unknown[] = [];
  for (const {path, kind} of namedFiles(paths))
    await writeSummaryFile(path, redact(texts[kind]())).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

interface NamedFile {
  readonly kind: keyof ReportFlags;
  readonly path: string;
}

function namedFiles(paths: ReportPaths): readonly NamedFile[] {
  const kinds = ['summaryJson', 'summaryMd', 'junit'] as const;
  return kinds.flatMap((kind) => {
    const path = paths[kind];
    return path === undefined ? [] : [{kind, path}];
  });
}
