import {createHash} from 'node:crypto';
import {canonicalJson} from '../core/canonical-json.ts';
import {parseExactJson} from '../core/exact-json.ts';
import {asJsonObject, asNumber, asString, type JsonObject} from '../core/json.ts';
import type {RolloutId} from '../core/rollout.ts';
import {createMetricsFold, type MetricsFold} from '../metrics/metrics-fold.ts';
import {RecordTally} from '../metrics/record-figures.ts';
import {factsOfRecord, type RolloutFacts} from '../metrics/rollout-facts.ts';
import {answerOf} from '../report/html/record-texts.ts';
import {RolloutRows} from '../report/html/rollout-rows.ts';
import type {Line} from '../runtime/jsonl.ts';
import {FailedAttempts} from '../store/failed-attempts.ts';
import type {OutputPaths} from '../store/output-paths.ts';
import {RolloutCensus} from '../store/rollout-census.ts';
import {throwIfProblems} from './census-report.ts';

/** One output, read once: its figures by column, and where its lines stand. Some 250 bytes a rollout; texts stay in the files. */
export class RunReading implements Disposable {
  readonly paths: OutputPaths;
  readonly name: string;
  readonly rows: RolloutRows = new RolloutRows();
  readonly overall: MetricsFold = createMetricsFold();
  readonly byAgent: MetricsFold = createMetricsFold();
  readonly tally: RecordTally = new RecordTally();
  readonly failures: FailedAttempts = new FailedAttempts();
  readonly census: RolloutCensus;
  /** By class and code, with how often. */
  readonly failureKinds: Map<string, number> = new Map();
  /** Failed rollouts that have no record, and those of them that the materialised rows want. */
  failed = 0;
  failedAndWanted = 0;
  /** By task: a digest of what the model was asked. */
  readonly inputs: Map<number, string> = new Map();

  /** `name`: what a page calls it. */
  constructor(paths: OutputPaths, name: string) {
    this.paths = paths;
    this.name = name;
    this.census = new RolloutCensus({
      onWanted: (agentName, {taskIndex}) => {
        this.overall.expect('', taskIndex);
        this.byAgent.expect(agentName, taskIndex);
      },
      onRecord: (record, line) => this.#addRecord(record, line),
    });
  }

  /** Reads the files. Fails with `ERR_STORE_READ`, `ERR_OUTPUT_DAMAGED` or `ERR_DUPLICATE_ROLLOUT`. */
  async read(): Promise<void> {
    await this.census.add(this.paths);
    throwIfProblems(this.census);
    await this.failures.addFile(this.paths.failures, (record) => this.#countFailure(record));
    for (const id of this.failures.identities()) if (!this.census.done.has(id)) this.#addFailed(id);
  }

  /** The record of a row, or its last failed attempt. Fails with `ERR_STORE_READ`. */
  recordOf(id: RolloutId): JsonObject | undefined {
    const text = this.census.done.read(id) ?? this.failures.read(id)?.text;
    return text === undefined ? undefined : asJsonObject(parseExactJson(text));
  }

  [Symbol.dispose](): void {
    this.census[Symbol.dispose]();
    this.failures[Symbol.dispose]();
  }

  #addRecord(record: JsonObject, {line}: Line): void {
    const facts = factsOfRecord(record);
    this.overall.add({...facts, agentName: ''});
    this.byAgent.add(facts);
    this.tally.add(record);
    this.#addRow(record, facts, {line, failure: ''});
  }

  #countFailure(record: JsonObject): void {
    const kind = failureKind(record);
    this.failureKinds.set(kind, (this.failureKinds.get(kind) ?? 0) + 1);
  }

  #addFailed(id: RolloutId): void {
    const {text, line} = this.failures.read(id) ?? {text: '{}', line: 0};
    const record = asJsonObject(JSON.parse(text)) ?? {};
    this.failed++;
    if (this.census.wanted.has(id)) this.failedAndWanted++;
    // A failed attempt has no reward of its own: NeMo Gym's 0 is nobody's verdict.
    const unscored = {...record, reward: undefined};
    this.#addRow(unscored, factsOfRecord(unscored), {line, failure: failureKind(record)});
  }

  #addRow(
    record: JsonObject,
    facts: RolloutFacts,
    {line, failure}: {readonly line: number; readonly failure: string},
  ): void {
    const {id, numbers, agentName, costUsd = Number.NaN} = facts;
    if (!this.inputs.has(id.taskIndex)) this.inputs.set(id.taskIndex, inputDigest(record));
    this.rows.add({
      task: id.taskIndex,
      rollout: id.rolloutIndex,
      reward: numbers.get('reward') ?? Number.NaN,
      verdict: verdictOf(record),
      failure,
      agent: agentName,
      tokens: numbers.get('output_tokens') ?? Number.NaN,
      ms: asNumber(asJsonObject(record['_rollcall'])?.['model_ms']) ?? Number.NaN,
      usd: costUsd,
      length: record['response'] === undefined ? Number.NaN : answerOf(record).length,
      line,
    });
  }
}

function failureKind(record: JsonObject): string {
  const kind = asString(record['_ng_failure_class']) ?? 'failed';
  const code = asString(asJsonObject(record['_ng_failure'])?.['code']);
  return code === undefined ? kind : `${kind}, ${code}`;
}

/** The labels that the judge gave, one after the other. */
function verdictOf(record: JsonObject): string {
  const evaluations = record['judge_evaluations'];
  if (!Array.isArray(evaluations)) return '';
  const labels = (evaluations as readonly unknown[]).map(
    (each) => asString(asJsonObject(each)?.['verdict_label']) ?? 'no label',
  );
  return labels.join(' then ');
}

/** Of the input in whatever order its keys are written. */
function inputDigest(record: JsonObject): string {
  const input = asJsonObject(record['responses_create_params'])?.['input'];
  return createHash('sha256').update(canonicalJson(input)).digest('base64').slice(0, 22);
}
