import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import type {CompletedOutcome, RolloutId} from '../core/rollout.ts';
import {addSpending, spendingOf} from '../core/spending.ts';
import {costsInRecord} from '../core/spending-in-record.ts';

/** What of a completed rollout its metrics are made of; the same from a record as from the outcome it was written from. */
export interface RolloutFacts {
  readonly id: RolloutId;
  readonly agentName: string;
  /** The columns of NeMo Gym's tables: the reward first, the reply's usage, then the other numbers of the record's top level. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Verdicts of the judge in which no label was found. */
  readonly unparsedVerdicts: number;
  /** US dollars, the judge's included; undefined where the record does not say. */
  readonly costUsd?: number | undefined;
  readonly judgeCostUsd?: number | undefined;
  /** Milliseconds on the wire to the policy, and of the judge's part; undefined where the record does not say, or was not judged. */
  readonly modelMs?: number | undefined;
  readonly judgeMs?: number | undefined;
}

// Identity is no measurement, and an expected answer that is a number measures nothing either.
const noColumns: ReadonlySet<string> = new Set([
  '_ng_task_index',
  '_ng_rollout_index',
  'agent_name',
  'expected_answer',
]);
// Left over from a record that serves as a row; the new record does not keep them.
const resultKeys: readonly string[] = ['reward', 'judge_evaluations', '_ng_attempt_index'];

/** The facts of a line of the output. An index that is missing counts as 0, as in NeMo Gym. */
export function factsOfRecord(record: JsonObject): RolloutFacts {
  return {
    id: {
      taskIndex: asNumber(record['_ng_task_index']) ?? 0,
      rolloutIndex: asNumber(record['_ng_rollout_index']) ?? 0,
    },
    agentName: asString(asJsonObject(record['agent_ref'])?.['name']) ?? '',
    numbers: numbersOf(record),
    unparsedVerdicts: countUnparsed(record),
    ...costsInRecord(record),
    ...timesInRecord(record),
  };
}

/** The facts of a rollout that was just completed. */
export function factsOfOutcome(outcome: CompletedOutcome): RolloutFacts {
  const {rollout, response, verification, trace} = outcome;
  const {row, attempt, id, agentName} = rollout;
  const numbers = startNumbers(verification?.reward, response);
  addMembers(numbers, row, isResultKey);
  if (verification !== undefined) addMembers(numbers, verification.fields, isNever);
  if (attempt > 1) addNumber(numbers, '_ng_attempt_index', attempt - 1);
  const unparsedVerdicts = verification === undefined ? 0 : countUnparsed(verification.fields);
  const {policy, judge} = spendingOf(outcome);
  const costUsd = addSpending(policy, judge)?.costUsd;
  const judgeMs = verification === undefined ? undefined : outcome.judgeMs;
  const judgeCostUsd = judge?.costUsd;
  return {id, agentName, numbers, unparsedVerdicts, costUsd, judgeCostUsd, modelMs: trace.callMs, judgeMs};
}

function timesInRecord(record: JsonObject): Pick<RolloutFacts, 'modelMs' | 'judgeMs'> {
  const provenance = asJsonObject(record['_rollcall']);
  const judgeMs = record['reward'] === undefined ? undefined : asNumber(provenance?.['judge_ms']);
  return {modelMs: asNumber(provenance?.['model_ms']), judgeMs};
}

function numbersOf(record: JsonObject): ReadonlyMap<string, number> {
  const numbers = startNumbers(record['reward'], asJsonObject(record['response']));
  addMembers(numbers, record, isNever);
  return numbers;
}

/** The reward in front, then the usage, which wins where another column has the same name. */
function startNumbers(reward: JsonValue | undefined, response: JsonObject | undefined): Map<string, number> {
  const numbers = new Map<string, number>();
  const usage = asJsonObject(response?.['usage']) ?? {};
  if (usage['reward'] === undefined) addNumber(numbers, 'reward', reward);
  for (const name in usage) addNumber(numbers, name, usage[name]);
  return numbers;
}

function addMembers(
  numbers: Map<string, number>,
  record: JsonObject,
  isLeftOut: (key: string) => boolean,
): void {
  for (const name in record)
    if (!noColumns.has(name) && !isLeftOut(name)) addNumber(numbers, name, record[name]);
}

function addNumber(numbers: Map<string, number>, name: string, value: JsonValue | undefined): void {
  const number = toNumber(value);
  if (number !== undefined && !numbers.has(name)) numbers.set(name, number);
}

function toNumber(value: JsonValue | undefined): number | undefined {
  return typeof value === 'boolean' ? Number(value) : asNumber(value);
}

function isResultKey(key: string): boolean {
  return resultKeys.includes(key);
}

function isNever(): boolean {
  return false;
}

function countUnparsed(record: JsonObject): number {
  const evaluations = asJsonArray(record['judge_evaluations']);
  return evaluations.filter((evaluation) => asJsonObject(evaluation)?.['verdict_label'] === null).length;
}
