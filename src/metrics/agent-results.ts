import {passMark} from './aggregate-metrics.ts';
import {type ClusteredMean, meanByCluster} from './clustered-mean.ts';
import type {AgentTable} from './metrics-fold.ts';

/** What an agent's rollouts come to. */
export interface AgentResult {
  readonly agentName: string;
  readonly done: number;
  readonly wanted: number;
  /** Undefined when none was judged. */
  readonly reward: ClusteredMean | undefined;
  /** Rollouts with a reward of at least 1. */
  readonly passed: number;
}

/** In the order of the tables. */
export function agentResults(tables: readonly AgentTable[]): readonly AgentResult[] {
  return tables.map(({agentName, tasks, expectedTasks, columns}) => {
    const rewards = columns.get('reward');
    return {
      agentName,
      done: tasks.length,
      wanted: Math.max(tasks.length, expectedTasks.length),
      reward: rewards && meanByCluster(rewards, tasks),
      passed: rewards?.count((reward) => reward >= passMark) ?? 0,
    };
  });
}
