import {
  asJsonArray,
  asJsonObject,
  asNumber,
  asString,
  type JsonObject,
  type JsonValue,
} from '../core/json.ts';
import type {CompletedOutcome, RolloutId} from '../core/rollout.ts';

/** What of a completed rollout its metrics are made of; the same from a record as from the outcome it was written from. */
export interface RolloutFacts {
  readonly id: RolloutId;
  readonly agentName: string;
  /** The columns of NeMo Gym's tables: the reward first, the reply's usage, then the other numbers of the record's top level. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Verdicts of the judge in which no label was found. */
  readonly unparsedVerdicts: number;
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
  };
}

/** The facts of a rollout that was just completed. */
export function factsOfOutcome({rollout, response, verification}: CompletedOutcome): RolloutFacts {
  const {row, attempt} = rollout;
  const record = {
    ...Object.fromEntries(Object.entries(row).filter(([key]) => !resultKeys.includes(key))),
    ...(verification === undefined ? {} : {...verification.fields, reward: verification.reward}),
    ...(attempt > 1 ? {_ng_attempt_index: attempt - 1} : {}),
    response,
  };
  return {
    id: rollout.id,
    agentName: rollout.agentName,
    numbers: numbersOf(record),
    unparsedVerdicts: countUnparsed(record),
  };
}

function numbersOf(record: JsonObject): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  const add = (name: string, value: JsonValue | undefined): void => {
    const number = typeof value === 'boolean' ? Number(value) : asNumber(value);
    if (number !== undefined && !numbers.has(name)) numbers.set(name, number);
  };
  const usage = asJsonObject(asJsonObject(record['response'])?.['usage']) ?? {};
  // Usage goes first where a row has a column of the same name; that the reward stands in front is only order.
  if (!Object.hasOwn(usage, 'reward')) add('reward', record['reward']);
  for (const [name, value] of Object.entries(usage)) add(name, value);
  for (const [name, value] of Object.entries(record)) if (!noColumns.has(name)) add(name, value);
  return numbers;
}

function countUnparsed(record: JsonObject): number {
  const evaluations = asJsonArray(record['judge_evaluations']);
  return evaluations.filter((evaluation) => asJsonObject(evaluation)?.['verdict_label'] === null).length;
}
