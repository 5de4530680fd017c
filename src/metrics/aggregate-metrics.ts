import type {JsonObject} from '../core/json.ts';
import {roundUsd} from '../core/spending.ts';
import {meanByCluster} from './clustered-mean.ts';
import {GroupWriter} from './group-writer.ts';
import {type AgentTable, createMetricsFold, type MetricsFold} from './metrics-fold.ts';
import {factsOfRecord} from './rollout-facts.ts';
import {statisticsOf} from './statistics.ts';
import {groupByTask, type TaskGroup} from './task-groups.ts';
import type {ValueColumn} from './value-column.ts';

// A piece for each task would keep the stream busier than the disk.
const pieceLength = 65_536;

/** From this reward on a rollout has passed. */
export const passMark = 1;

/**
 * The aggregate metrics file, piece by piece: an array with an entry for each agent, with NeMo Gym's keys in its order and
 * our own under `rollcall`. An identity that was added twice fails with `ERR_DUPLICATE_ROLLOUT`.
 */
export function* renderAggregateMetrics(fold: MetricsFold): Generator<string, void, undefined> {
  let separator = '[';
  for (const table of fold.tables()) {
    yield separator;
    yield* renderAgent(table);
    separator = ',';
  }
  yield separator === '[' ? '[]\n' : ']\n';
}

/**
 * The metrics of one server's records as NeMo Gym's `/aggregate_metrics` answers them, whichever agents they name. An identity
 * that is there twice fails with `ERR_DUPLICATE_ROLLOUT`; a record without indices has the identity 0, 0.
 */
export function aggregateRecords(records: Iterable<JsonObject>, agentName: string): JsonObject {
  const fold = createMetricsFold();
  for (const record of records) fold.add({...factsOfRecord(record), agentName});
  const [table] = fold.tables();
  if (table === undefined) return {agent_metrics: {}, key_metrics: {}, group_level_metrics: []};
  const writer = new GroupWriter(table);
  const groups = Array.from(groupByTask(table), (group) => JSON.parse(writer.write(group)) as JsonObject);
  return {...overallMetrics(table), group_level_metrics: groups};
}

function* renderAgent(table: AgentTable): Generator<string> {
  const head = {agent_ref: {name: table.agentName}, ...overallMetrics(table)};
  yield `${JSON.stringify(head).slice(0, -1)},"group_level_metrics":[`;
  const passed = {tasks: 0, any: 0, all: 0};
  const writer = new GroupWriter(table);
  let text = '';
  for (const group of groupByTask(table)) {
    text += (passed.tasks === 0 ? '' : ',') + writer.write(group);
    countPassed(table, group, passed);
    if (text.length < pieceLength) continue;
    yield text;
    text = '';
  }
  yield `${text}],"rollcall":${JSON.stringify(additionsOf(table, passed))}}`;
}

/** The statistics of all rollouts of a table, and those that NeMo Gym calls the key ones. */
export function overallMetrics(table: AgentTable): JsonObject {
  const statistics = statisticsOf(table.columns, table.tasks.length);
  const means = Object.entries(statistics).filter(([name]) => name.startsWith('mean/'));
  return {agent_metrics: statistics, key_metrics: Object.fromEntries(means)};
}

/** What we add to NeMo Gym's metrics of an agent: counts, cost, and how far to trust its mean reward. */
export function additionsOfTable(table: AgentTable): JsonObject {
  const passed = {tasks: 0, any: 0, all: 0};
  for (const group of groupByTask(table)) countPassed(table, group, passed);
  return additionsOf(table, passed);
}

interface PassedTasks {
  tasks: number;
  any: number;
  all: number;
}

function countPassed({columns}: AgentTable, {rows, expected}: TaskGroup, passed: PassedTasks): void {
  const rewards = columns.get('reward');
  const count = rewards === undefined ? 0 : rows.filter((row) => rewards.at(row) >= passMark).length;
  passed.tasks++;
  if (count > 0) passed.any++;
  if (count > 0 && count >= Math.max(expected, rows.length)) passed.all++;
}

function additionsOf(table: AgentTable, passed: PassedTasks): JsonObject {
  const done = table.tasks.length;
  const expected = Math.max(done, table.expectedTasks.length);
  const counts = {
    num_tasks: passed.tasks,
    expected_num_tasks: Math.max(passed.tasks, countDifferent(table.expectedTasks)),
    num_rollouts: done,
    expected_num_rollouts: expected,
    missing_num_rollouts: expected - done,
    ...costsOf(table),
  };
  const rewards = table.columns.get('reward');
  const mean = rewards && meanByCluster(rewards, table.tasks);
  if (rewards === undefined || mean === undefined) return counts;
  return {
    ...counts,
    judged_rollouts: mean.count,
    passed_rollouts: rewards.count((reward) => reward >= passMark),
    tasks_passed_once: passed.any,
    tasks_passed_always: passed.all,
    unparsed_verdicts: table.unparsedVerdicts,
    mean_reward_standard_error: mean.standardError ?? null,
    mean_reward_interval_95: mean.interval95 ?? null,
  };
}

/** How many values a column has, each counted once. */
export function countDifferent(column: ValueColumn): number {
  const sorted = column.ascending();
  let count = 0;
  for (let place = 0; place < sorted.length; place++)
    if (place === 0 || sorted.at(place) !== sorted.at(place - 1)) count++;
  return count;
}

function costsOf({cost: {rollouts, totalUsd, judgeUsd}}: AgentTable): JsonObject {
  if (rollouts === 0) return {};
  return {
    priced_rollouts: rollouts,
    cost_usd: roundUsd(totalUsd),
    policy_cost_usd: roundUsd(totalUsd - judgeUsd),
    judge_cost_usd: roundUsd(judgeUsd),
  };
}
