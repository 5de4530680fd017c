import {failureClasses, failureCodes, isFailureKind} from '../core/failure-kinds.ts';
import type {JsonObject} from '../core/json.ts';
import {FlagReader} from './flag-values.ts';
import type {Flags} from './invocation.ts';
import {type ReportFlags, readReportFlags} from './run-reports.ts';

/** What `--retry-failed` without a class means. */
export const allFailed = 'all';

/** What the flags of a command that reads configuration and input say. */
export interface InputFlags {
  readonly configPaths: readonly string[];
  readonly envPath: string | undefined;
  readonly verbose: boolean;
  /** Flags that have an override key, under that key (contract, "collect-rollouts"): they win over everything else. */
  readonly values: JsonObject;
}

/** What the flags of `collect-rollouts` say beyond that. */
export interface CollectFlags extends InputFlags, ReportFlags {
  readonly overwrite: boolean;
  readonly retryFailed: boolean;
  /** A failure class or an error code; undefined: all that failed. */
  readonly retryKind: string | undefined;
  readonly dryRun: boolean;
  readonly progress: 'auto' | 'bar' | 'log' | 'json' | 'none';
}

/** What the flags of `run`, `status` and `validate` say. */
export interface RunFlags extends InputFlags {
  readonly manifestPaths: readonly string[];
  readonly json: boolean;
}

/** What the flags of `simulate-azure` say. */
export interface ServerFlags extends InputFlags {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly json: boolean;
  /** At most one of the two; with neither it simulates. */
  readonly record: {readonly folder: string; readonly upstream: string} | undefined;
  readonly replay: {readonly folder: string; readonly latency: 'recorded' | 'none'} | undefined;
}

/** Reads the flags of `simulate-azure`; a `RollcallError` (`ERR_USAGE`) names every bad value and combination. */
export function readServerFlags(flags: Flags): ServerFlags {
  const reader = new FlagReader(flags);
  const input = readInput(reader);
  const host = reader.text('host');
  const port = reader.number('port', {whole: true, min: 0, max: 65_535});
  const [record, upstream, replay] = ['record', 'upstream', 'replay'].map((name) => reader.text(name));
  reader.refuseIf(record !== undefined && replay !== undefined, '--record and --replay exclude each other');
  reader.refuseIf(
    record !== undefined && upstream === undefined,
    '--record needs --upstream, the resource to record',
  );
  reader.refuseIf(
    upstream !== undefined && record === undefined,
    '--upstream needs --record, the folder of the records',
  );
  reader.refuseIf(flags['latency'] !== undefined && replay === undefined, '--latency needs --replay');
  reader.finish();
  return {
    ...input,
    host,
    port,
    json: reader.isSet('json'),
    record: record === undefined || upstream === undefined ? undefined : {folder: record, upstream},
    replay:
      replay === undefined
        ? undefined
        : {folder: replay, latency: flags['latency'] === 'recorded' ? 'recorded' : 'none'},
  };
}

/** Reads the flags of `run`, `status` and `validate`; a `RollcallError` (`ERR_USAGE`) names every bad value. */
export function readRunFlags(flags: Flags): RunFlags {
  const reader = new FlagReader(flags);
  const input = readInput(reader);
  const manifestPaths = reader.texts('manifest');
  const accessLog = reader.text('accessLog');
  reader.finish();
  const values = withoutAbsent({...input.values, access_log: accessLog});
  return {...input, values, manifestPaths, json: reader.isSet('json')};
}

/** Reads the flags of `collect-rollouts`; a `RollcallError` (`ERR_USAGE`) names every bad value. */
export function readCollectFlags(flags: Flags): CollectFlags {
  const reader = new FlagReader(flags);
  const input = readInput(reader);
  const values: JsonObject = {
    ...input.values,
    output_jsonl_fpath: reader.text('output'),
    num_samples_in_parallel: reader.number('concurrency', {whole: true, min: 1}),
    rpm: reader.number('rpm', {whole: true, min: 1}),
    tpm: reader.number('tpm', {whole: true, min: 1}),
    max_attempts: reader.number('maxAttempts', {whole: true, min: 1}),
    shard: reader.shard('shard'),
    max_failed: reader.countOrShare('maxFailed'),
    deadline: reader.duration('deadline'),
    max_cost: reader.number('maxCost', {whole: false, min: 0}),
    max_tokens_total: reader.number('maxTokensTotal', {whole: true, min: 1}),
    gates: reader.gates('gate').map(({text}) => text),
    gate_on: reader.text('gateOn'),
    skip_verification: flags['judge'] === false ? true : undefined,
    judge_url: reader.text('judgeUrl'),
    responses_create_params: withoutAbsent({
      temperature: reader.number('temperature', {whole: false, min: 0}),
      top_p: reader.number('topP', {whole: false, min: 0, max: 1}),
      max_output_tokens: reader.number('maxOutputTokens', {whole: true, min: 1}),
    }),
  };
  const reports = readReportFlags(reader);
  for (const flag of ['junit', 'summaryMd'] as const)
    reader.refuseIf(
      reader.isSet('dryRun') && reports[flag] !== undefined,
      `--dry-run has nothing for --${flag === 'junit' ? 'junit' : 'summary-md'}; --summary-json takes its figures`,
    );
  const retryFailed = reader.text('retryFailed');
  reader.refuseIf(
    retryFailed !== undefined &&
      retryFailed !== '' &&
      retryFailed !== allFailed &&
      !isFailureKind(retryFailed),
    `--retry-failed=${retryFailed ?? ''} is no class of failures; there are: ${[allFailed, ...failureClasses, ...failureCodes].join(', ')}`,
  );
  reader.finish();
  return {
    ...input,
    values: withoutAbsent(values),
    overwrite: reader.isSet('overwrite'),
    retryFailed: retryFailed !== undefined,
    retryKind: retryFailed === allFailed ? undefined : retryFailed,
    dryRun: reader.isSet('dryRun'),
    ...reports,
    progress: (flags['progress'] as CollectFlags['progress'] | undefined) ?? 'auto',
  };
}

function readInput(reader: FlagReader): InputFlags {
  return {
    configPaths: reader.texts('config'),
    envPath: reader.text('env'),
    verbose: reader.isSet('verbose'),
    values: withoutAbsent({
      input_jsonl_fpath: reader.text('input'),
      agent_name: reader.text('agent'),
      limit: reader.number('limit', {whole: true, min: 1}),
      num_repeats: reader.number('numRepeats', {whole: true, min: 1}),
      num_repeats_add_seed: reader.isSet('numRepeatsAddSeed') ? true : undefined,
      prompt_config: reader.text('promptConfig'),
    }),
  };
}

/** The object without members that are undefined or empty objects. */
function withoutAbsent(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(
      ([, value]) =>
        value !== undefined && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0),
    ),
  );
}
