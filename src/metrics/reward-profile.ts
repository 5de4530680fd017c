import type {JsonObject} from '../core/json.ts';
import {overallMetrics} from './aggregate-metrics.ts';
import {GroupWriter} from './group-writer.ts';
import type {AgentTable} from './metrics-fold.ts';
import {groupByTask} from './task-groups.ts';

/** How many tasks have all, some or none of their rollouts. */
export interface ProfileCompletion {
  complete: number;
  partial: number;
}

/**
 * NeMo Gym's reward profile: a line of JSON a task that has a rollout, ascending, with the task's row (`sampleOf`, JSON text)
 * beside its statistics. `table` holds the rollouts of all agents. Counts the tasks in `completion` as it goes.
 */
export function* renderRewardProfile(
  table: AgentTable,
  sampleOf: (taskIndex: number) => string,
  completion: ProfileCompletion,
): Generator<string, void, undefined> {
  const writer = new GroupWriter(table, sampleOf);
  for (const group of groupByTask(table)) {
    if (group.rows.length < group.expected) completion.partial++;
    else completion.complete++;
    yield writer.write(group);
  }
}

/** NeMo Gym's agent metrics: the statistics of each agent's rollouts, by name. */
export function agentMetricsOf(tables: readonly AgentTable[]): readonly JsonObject[] {
  return tables
    .filter(({tasks}) => tasks.length > 0)
    .toSorted((a, b) => (a.agentName < b.agentName ? -1 : 1))
    .map((table) => {
      const {agent_metrics: statistics} = overallMetrics(table);
      return {...(statistics as JsonObject), agent_ref: {name: table.agentName}};
    });
}
