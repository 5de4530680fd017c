import {describe, expect, it} from 'vitest';
import type {PageRows} from '../../../src/report/html/page-data.ts';
import {selectRows, sortRows} from '../../../src/report/html/select-rows.ts';

const rows: PageRows = {
  task: [0, 0, 1, 2],
  rollout: [0, 1, 0, 0],
  reward: [1, 0, null, 0.5],
  verdict: [1, 2, 0, 1],
  outcome: [0, 0, 1, 0],
  agent: [0, 0, 0, 0],
  tokens: [5, 9, null, 7],
  ms: [10, 20, null, 30],
  usd: [null, null, null, null],
  length: [3, 3, null, 3],
  change: [-1, -1, null, 0],
  line: [1, 2, 1, 3],
  verdicts: ['', '[[A=B]]', '[[A!=B]]'],
  outcomes: ['', 'judge_failed'],
  agents: ['a'],
};
const all = () => true;

describe('selectRows', () => {
  it.each([
    ['everything', {}, [0, 1, 2, 3]],
    ['a task', {task: 0}, [0, 1]],
    ['a verdict', {verdict: 1}, [0, 3]],
    ['a failure', {outcome: 1}, [2]],
    ['rewards within bounds, not those that are none', {least: 0, most: 0.5}, [1, 3]],
    ['tasks that got worse', {change: 'worse'}, [0, 1]],
    ['tasks that stayed', {change: 'same'}, [3]],
  ])('finds %s', (_, filter, found) => {
    expect(selectRows(rows, filter, all)).toEqual(found);
  });

  it('asks for texts only of rows that fit otherwise', () => {
    const asked: number[] = [];
    const holds = (row: number) => asked.push(row) > 1;
    expect(selectRows(rows, {task: 0}, holds)).toEqual([1]);
    expect(asked).toEqual([0, 1]);
  });
});

describe('sortRows', () => {
  it.each([
    ['reward', false, [1, 3, 0, 2]],
    ['reward', true, [0, 3, 1, 2]],
    ['length', true, [0, 1, 3, 2]],
    ['verdict', false, [2, 1, 0, 3]],
  ] as const)('by %s, descending %s, puts what has none last', (key, descending, order) => {
    expect(sortRows([0, 1, 2, 3], rows, key, descending)).toEqual(order);
  });
});
