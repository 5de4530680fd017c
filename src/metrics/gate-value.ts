import type {GateMetric, Gates} from '../core/gate.ts';
import {countDifferent, passMark} from './aggregate-metrics.ts';
import {meanByCluster} from './clustered-mean.ts';
import {describeNumbers, quantileOfSorted} from './describe-numbers.ts';
import type {AgentTable, Measure} from './metrics-fold.ts';
import {chanceToPass, chanceToPassAlways} from './pass-at-k.ts';
import {groupByTask} from './task-groups.ts';
import type {ValueColumn} from './value-column.ts';

/** What a gate looks at. */
export interface GateValue {
  readonly value: number;
  /** How many rollouts or tasks it is made of. */
  readonly count: number;
  readonly unit: 'rollout' | 'task';
  /** Of 95 %; undefined where the metric has none, or fewer than two tasks. */
  readonly interval95: readonly [low: number, high: number] | undefined;
}

/** Computes what a gate looks at; a text says why there is no value, or none that would be honest. */
export function gateValueOf(metric: GateMetric, table: AgentTable): GateValue | string {
  switch (metric.kind) {
    case 'statistic':
      return statisticOf(metric, table);
    case 'pass':
      return passOf(metric, table);
    case 'figure':
      return figureOf(metric.name, table);
  }
}

/** The measures that have to be kept so that these gates have values; `timesByTask`: and that the time of each task is known. */
export function measuresFor({gates}: Gates, timesByTask: boolean): readonly Measure[] {
  const measures = gates.flatMap(({metric}) =>
    metric.kind === 'statistic' && isMeasure(metric.column) ? [metric.column] : [],
  );
  return timesByTask ? [...measures, 'model_ms'] : measures;
}

type Statistic = Extract<GateMetric, {readonly kind: 'statistic'}>;
type Pass = Extract<GateMetric, {readonly kind: 'pass'}>;
type Figure = Extract<GateMetric, {readonly kind: 'figure'}>['name'];

function statisticOf({statistic, column: name}: Statistic, table: AgentTable): GateValue | string {
  const column = isMeasure(name) ? table.measures.get(name) : table.columns.get(name);
  const gap = gapIn(column, name, table);
  if (column === undefined || gap !== undefined) return gap ?? '';
  if (statistic === 'mean') return meanOf(column, table);
  const values = column.values();
  const described = describeNumbers(values);
  const value = statistic.startsWith('p')
    ? quantileOfSorted(values, Number(statistic.slice(1)) / 100)
    : described?.[statistic as 'max' | 'min' | 'median' | 'std'];
  if (value === undefined) return 'a standard deviation needs two rollouts at least';
  return {value, count: values.length, unit: 'rollout', interval95: undefined};
}

/** A score that is missing is none that would have been good enough. */
function gapIn(
  column: ValueColumn | undefined,
  name: string,
  {tasks: {length: done}}: AgentTable,
): string | undefined {
  if (done === 0) return 'no rollout is completed';
  const missing = done - (column?.count((value) => !Number.isNaN(value)) ?? 0);
  if (missing === 0) return undefined;
  return `${String(missing)} of ${String(done)} completed rollouts have no ${name}`;
}

interface Values {
  readonly length: number;
  readonly at: (row: number) => number | undefined;
}

function meanOf(values: Values, {tasks}: Pick<AgentTable, 'tasks'>): GateValue | string {
  const mean = meanByCluster(values, tasks);
  if (mean === undefined) return 'no rollout is completed';
  return {value: mean.mean, count: mean.count, unit: 'rollout', interval95: mean.interval95};
}

/** Over tasks, each weighing the same: the unbiased estimate from all rollouts of a task, of what `k` of them would do. */
function passOf({of, k}: Pass, table: AgentTable): GateValue | string {
  const rewards = table.columns.get('reward');
  const gap = gapIn(rewards, 'reward', table);
  if (rewards === undefined || gap !== undefined) return gap ?? '';
  const chance = of === 'any' ? chanceToPass : chanceToPassAlways;
  const [chances, tasks]: [number[], number[]] = [[], []];
  let short = 0;
  for (const {rows, taskIndex} of groupByTask(table)) {
    const passed = rows.filter((row) => rewards.at(row) >= passMark).length;
    if (rows.length < k) short++;
    chances.push(chance(rows.length, passed, k));
    tasks.push(taskIndex);
  }
  const wanted = Math.max(tasks.length, countDifferent(table.expectedTasks));
  short += wanted - tasks.length;
  if (short > 0)
    return `${String(short)} of ${String(wanted)} tasks have fewer than ${String(k)} completed rollouts`;
  const mean = meanByCluster(chances, tasks);
  if (mean === undefined) return 'no rollout is completed';
  return {value: mean.mean, count: mean.count, unit: 'task', interval95: mean.interval95};
}

function figureOf(name: Figure, table: AgentTable): GateValue | string {
  const done = table.tasks.length;
  const rewards = table.columns.get('reward');
  const judged = rewards?.count((reward) => !Number.isNaN(reward)) ?? 0;
  switch (name) {
    case 'pass_rate':
      return passRate(rewards, table);
    case 'failure_rate':
      return failureRate(done, table.expectedTasks.length);
    case 'cost_usd':
      return totalCost(table);
    case 'num_rollouts':
      return counted(done, done);
    case 'num_tasks':
      return counted(countDifferent(table.tasks), done);
    case 'judged_rollouts':
      return counted(judged, done);
    case 'unparsed_verdicts':
      return judged === 0 ? 'no rollout was judged' : counted(table.unparsedVerdicts, judged);
  }
}

function counted(value: number, count: number): GateValue {
  return {value, count, unit: 'rollout', interval95: undefined};
}

function passRate(rewards: ValueColumn | undefined, table: AgentTable): GateValue | string {
  const gap = gapIn(rewards, 'reward', table);
  if (rewards === undefined || gap !== undefined) return gap ?? '';
  return meanOf({length: rewards.length, at: (row) => Number(rewards.at(row) >= passMark)}, table);
}

function failureRate(done: number, wanted: number): GateValue | string {
  if (wanted === 0) return 'how many rollouts were wanted is not known';
  return counted(Math.max(0, wanted - done) / wanted, wanted);
}

function totalCost({cost, tasks: {length: done}}: AgentTable): GateValue | string {
  if (done === 0) return 'no rollout is completed';
  const unknown = done - cost.rollouts;
  if (unknown > 0) return `${String(unknown)} of ${String(done)} completed rollouts have no cost_usd`;
  return counted(cost.totalUsd, done);
}

function isMeasure(column: string): column is Measure {
  return column === 'model_ms' || column === 'judge_ms' || column === 'cost_usd';
}
