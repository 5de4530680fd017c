import {describe, expect, it} from 'vitest';
import {createMetricsFold} from '../../src/metrics/metrics-fold.ts';
import {taskStandings} from '../../src/metrics/task-standings.ts';

describe('taskStandings', () => {
  it('tells every task that is wanted or there, in order, and ends', () => {
    const fold = createMetricsFold(['model_ms']);
    for (const task of [5, 1, 1, 9]) fold.expect('a', task);
    for (const [taskIndex, rolloutIndex, reward] of [
      [5, 0, 0.5],
      [1, 1, 0],
      [1, 0, 1],
      [7, 0, 1],
    ] as const) {
      const numbers = new Map([['reward', reward]]);
      fold.add({id: {taskIndex, rolloutIndex}, agentName: 'a', numbers, unparsedVerdicts: 0, modelMs: 10});
    }
    const [table] = fold.tables();
    if (table === undefined) throw new Error('there is no table');
    expect([...taskStandings(table)]).toEqual([
      {taskIndex: 1, done: 2, wanted: 2, rewards: [1, 0], modelMs: 20},
      {taskIndex: 5, done: 1, wanted: 1, rewards: [0.5], modelMs: 10},
      {taskIndex: 7, done: 1, wanted: 1, rewards: [1], modelMs: 10},
      {taskIndex: 9, done: 0, wanted: 1, rewards: [], modelMs: undefined},
    ]);
  });
});
