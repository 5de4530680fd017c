import {tenths} from '../core/provenance.ts';
import type {RolloutFacts} from './rollout-facts.ts';
import {ValueColumn} from './value-column.ts';

/** The rollouts of one agent as columns: row i of every column belongs to the i-th rollout added. */
export interface AgentTable {
  readonly agentName: string;
  readonly tasks: ValueColumn;
  readonly rollouts: ValueColumn;
  /** By name, in order of first appearance; a column may be shorter than the table, the rest has no value. */
  readonly columns: ReadonlyMap<string, ValueColumn>;
  /** The task of every rollout that is wanted, done or not. */
  readonly expectedTasks: ValueColumn;
  readonly unparsedVerdicts: number;
  readonly cost: CostTally;
  /** What is asked for and is in none of NeMo Gym's columns; with gaps as those have. */
  readonly measures: ReadonlyMap<Measure, ValueColumn>;
}

/** A rollout's own figures that are kept only where somebody looks at them: up to eight bytes each. */
export type Measure = 'model_ms' | 'judge_ms' | 'cost_usd';

/** US dollars over the rollouts whose cost is known. */
export interface CostTally {
  readonly rollouts: number;
  readonly totalUsd: number;
  readonly judgeUsd: number;
}

/** Gathers what the aggregate metrics need, some 20 bytes a rollout, whatever the rollouts hold. */
export interface MetricsFold {
  /** One more rollout of a task is wanted. */
  expect(agentName: string, taskIndex: number): void;
  /** One rollout is completed. Each identity is added once: that is its caller's to see to. */
  add(facts: RolloutFacts): void;
  /** In order of first appearance. */
  tables(): readonly AgentTable[];
}

/** An empty fold that keeps these measures. */
export function createMetricsFold(measures: Iterable<Measure> = []): MetricsFold {
  const kept = [...new Set(measures)];
  const tables = new Map<string, GrowingTable>();
  const tableOf = (agentName: string): GrowingTable => {
    const table = tables.get(agentName) ?? new GrowingTable(agentName, kept);
    tables.set(agentName, table);
    return table;
  };
  return {
    expect: (agentName, taskIndex) => tableOf(agentName).expectedTasks.push(taskIndex),
    add: (facts) => tableOf(facts.agentName).add(facts),
    tables: () => [...tables.values()],
  };
}

class GrowingTable implements AgentTable {
  readonly agentName: string;
  readonly tasks = new ValueColumn();
  readonly rollouts = new ValueColumn();
  readonly columns = new Map<string, ValueColumn>();
  readonly expectedTasks = new ValueColumn();
  unparsedVerdicts = 0;
  readonly cost = {rollouts: 0, totalUsd: 0, judgeUsd: 0};
  readonly measures: ReadonlyMap<Measure, ValueColumn>;

  constructor(agentName: string, measures: readonly Measure[]) {
    this.agentName = agentName;
    this.measures = new Map(measures.map((measure) => [measure, new ValueColumn()]));
  }

  add(facts: RolloutFacts): void {
    const {id, numbers, unparsedVerdicts, costUsd, judgeCostUsd = 0} = facts;
    const row = this.tasks.length;
    this.tasks.push(id.taskIndex);
    this.rollouts.push(id.rolloutIndex);
    this.unparsedVerdicts += unparsedVerdicts;
    if (costUsd !== undefined) {
      this.cost.rollouts++;
      this.cost.totalUsd += costUsd;
      this.cost.judgeUsd += judgeCostUsd;
    }
    for (const [name, value] of numbers) this.#columnOf(name).set(row, value);
    for (const [measure, column] of this.measures) {
      const value = measureOf(measure, facts);
      if (value !== undefined) column.set(row, value);
    }
  }

  #columnOf(name: string): ValueColumn {
    const column = this.columns.get(name) ?? new ValueColumn();
    this.columns.set(name, column);
    return column;
  }
}

function measureOf(measure: Measure, {modelMs, judgeMs, costUsd}: RolloutFacts): number | undefined {
  switch (measure) {
    case 'model_ms':
      return modelMs === undefined ? undefined : tenths(modelMs);
    case 'judge_ms':
      return judgeMs === undefined ? undefined : tenths(judgeMs);
    case 'cost_usd':
      return costUsd;
  }
}
