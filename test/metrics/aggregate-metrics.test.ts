import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {aggregateRecords, renderAggregateMetrics} from '../../src/metrics/aggregate-metrics.ts';
import {createMetricsFold, type MetricsFold} from '../../src/metrics/metrics-fold.ts';

type Sample = readonly [task: number, rollout: number, numbers: Readonly<Record<string, number>>];
interface Entry {
  readonly agent_ref: {readonly name: string};
  readonly agent_metrics: Record<string, number>;
  readonly key_metrics: Record<string, number>;
  readonly group_level_metrics: readonly (Record<string, unknown> & {
    rollout_infos: Record<string, unknown>[];
  })[];
  readonly rollcall: Record<string, unknown>;
}

function foldOf(samples: readonly Sample[], agentName = 'agent'): MetricsFold {
  const fold = createMetricsFold();
  for (const [taskIndex, rolloutIndex, numbers] of samples) {
    fold.add({
      id: {taskIndex, rolloutIndex},
      agentName,
      numbers: new Map(Object.entries(numbers)),
      unparsedVerdicts: 0,
    });
  }
  return fold;
}

const textOf = (fold: MetricsFold): string => [...renderAggregateMetrics(fold)].join('');
const entriesOf = (fold: MetricsFold): Entry[] => JSON.parse(textOf(fold)) as Entry[];
const rewards = (...tasks: readonly number[][]): Sample[] =>
  tasks.flatMap((values, task) => values.map((reward, rollout): Sample => [task, rollout, {reward}]));

describe('renderAggregateMetrics', () => {
  it('sums up what the rollouts cost whose cost is known, by role', () => {
    const fold = createMetricsFold();
    const facts = {agentName: 'a', numbers: new Map<string, number>(), unparsedVerdicts: 0};
    fold.add({...facts, id: {taskIndex: 0, rolloutIndex: 0}, costUsd: 0.3, judgeCostUsd: 0.1});
    fold.add({...facts, id: {taskIndex: 1, rolloutIndex: 0}, costUsd: 0.2});
    fold.add({...facts, id: {taskIndex: 2, rolloutIndex: 0}});
    expect(entriesOf(fold)[0]?.rollcall).toMatchObject({
      priced_rollouts: 2,
      cost_usd: 0.5,
      policy_cost_usd: 0.4,
      judge_cost_usd: 0.1,
    });
    expect(entriesOf(foldOf(rewards([1])))[0]?.rollcall).not.toHaveProperty('cost_usd');
  });

  it("writes NeMo Gym's shape with its keys in its order, and ours beside them", () => {
    const fold = foldOf(rewards([1, 0]));
    fold.expect('agent', 0);
    fold.expect('agent', 0);
    const entry =
      '{"agent_ref":{"name":"agent"},' +
      '"agent_metrics":{"mean/reward":0.5,"max/reward":1,"min/reward":0,"median/reward":0.5,"std/reward":0.7071067811865476},' +
      '"key_metrics":{"mean/reward":0.5},' +
      '"group_level_metrics":[{"_ng_task_index":0,"mean/reward":0.5,"max/reward":1,"min/reward":0,"median/reward":0.5,' +
      '"std/reward":0.7071067811865476,"sample":{"agent_ref":{"name":"agent"}},"num_rollouts":2,"expected_num_rollouts":2,' +
      '"missing_num_rollouts":0,"reward_profile_completion_pct":100,"rollout_infos":[' +
      '{"rollout_id":"0:0","_ng_task_index":0,"_ng_rollout_index":0,"reward":1},' +
      '{"rollout_id":"0:1","_ng_task_index":0,"_ng_rollout_index":1,"reward":0}]}],' +
      '"rollcall":{"num_tasks":1,"expected_num_tasks":1,"num_rollouts":2,"expected_num_rollouts":2,"missing_num_rollouts":0,' +
      '"judged_rollouts":2,"passed_rollouts":1,"tasks_passed_once":1,"tasks_passed_always":0,"unparsed_verdicts":0,' +
      '"mean_reward_standard_error":null,"mean_reward_interval_95":null}}';
    expect(textOf(fold)).toBe(`[${entry}]\n`);
  });

  it("gives NeMo Gym's worked numbers", () => {
    const [entry] = entriesOf(foldOf(rewards([1, 0], [1, 1])));
    expect(entry?.agent_metrics).toEqual({
      'mean/reward': 0.75,
      'max/reward': 1,
      'min/reward': 0,
      'median/reward': 1,
      'std/reward': 0.5,
    });
    expect(entry?.group_level_metrics[0]?.['std/reward']).toBeCloseTo(Math.SQRT1_2, 12);
    expect(entry?.group_level_metrics[1]?.['std/reward']).toBe(0);
    expect(entry?.rollcall).toMatchObject({
      passed_rollouts: 3,
      tasks_passed_once: 2,
      tasks_passed_always: 1,
      mean_reward_standard_error: 0.25,
    });
  });

  it('sorts tasks and rollouts by index, whatever the order of completion', () => {
    const [entry] = entriesOf(
      foldOf([
        [10, 1, {reward: 1}],
        [2, 0, {reward: 0}],
        [10, 0, {reward: 0}],
      ]),
    );
    expect(entry?.group_level_metrics.map((group) => group['_ng_task_index'])).toEqual([2, 10]);
    expect(entry?.group_level_metrics[1]?.rollout_infos.map((info) => info['rollout_id'])).toEqual([
      '10:0',
      '10:1',
    ]);
  });

  it('gives a lone row a spread of 0', () => {
    const [entry] = entriesOf(foldOf([[0, 0, {reward: 1, tokens: 5}]]));
    expect(entry?.agent_metrics).toMatchObject({'std/reward': 0, 'std/tokens': 0});
  });

  it('leaves out a spread that only some columns lack, and values that are not there', () => {
    const fold = foldOf([
      [0, 0, {reward: 1}],
      [0, 1, {reward: 0, tokens: 5}],
      [1, 0, {reward: 1}],
    ]);
    const [entry] = entriesOf(fold);
    expect(entry?.agent_metrics).toMatchObject({
      'mean/tokens': 5,
      'std/reward': expect.closeTo(0.5773502692, 9) as number,
    });
    expect(entry?.agent_metrics).not.toHaveProperty('std/tokens');
    expect(entry?.group_level_metrics[1]).not.toHaveProperty('mean/tokens');
    expect(entry?.group_level_metrics[0]?.rollout_infos[0]).not.toHaveProperty('tokens');
  });

  it('gives no spread to a column with gaps when no column has one', () => {
    const [entry] = entriesOf(
      foldOf([
        [0, 0, {a: 1}],
        [0, 1, {b: 2}],
      ]),
    );
    expect(Object.keys(entry?.agent_metrics ?? {}).filter((name) => name.startsWith('std/'))).toEqual([]);
  });

  it('counts what was wanted and is missing, tasks without any rollout among them', () => {
    const fold = foldOf([
      [0, 0, {reward: 1}],
      [0, 1, {reward: 1}],
      [1, 0, {reward: 1}],
    ]);
    for (const task of [0, 0, 1, 1, 1, 2]) fold.expect('agent', task);
    const [entry] = entriesOf(fold);
    expect(
      entry?.group_level_metrics.map((group) => [
        group['expected_num_rollouts'],
        group['missing_num_rollouts'],
        group['reward_profile_completion_pct'],
      ]),
    ).toEqual([
      [2, 0, 100],
      [3, 2, 100 / 3],
    ]);
    expect(entry?.rollcall).toMatchObject({
      num_tasks: 2,
      expected_num_tasks: 3,
      num_rollouts: 3,
      expected_num_rollouts: 6,
      missing_num_rollouts: 3,
      tasks_passed_once: 2,
      tasks_passed_always: 1,
    });
  });

  it('has every column in its rollout infos, whatever a row calls it', () => {
    const text = textOf(foldOf([[0, 0, JSON.parse('{"__proto__": 3}') as Record<string, number>]]));
    expect(text).toContain('"_ng_rollout_index":0,"__proto__":3}');
  });

  it('says nothing about rewards that nobody gave', () => {
    const [entry] = entriesOf(foldOf([[0, 0, {tokens: 3}]]));
    expect(entry?.key_metrics).toEqual({'mean/tokens': 3});
    expect(entry?.rollcall).not.toHaveProperty('passed_rollouts');
  });

  it('keeps agents apart, in order of their first rollout', () => {
    const fold = foldOf([[0, 0, {reward: 1}]], 'b');
    fold.add({
      id: {taskIndex: 0, rolloutIndex: 0},
      agentName: 'a',
      numbers: new Map([['reward', 0]]),
      unparsedVerdicts: 2,
    });
    const entries = entriesOf(fold);
    expect(entries.map(({agent_ref}) => agent_ref.name)).toEqual(['b', 'a']);
    expect(entries.map(({rollcall}) => rollcall['unparsed_verdicts'])).toEqual([0, 2]);
  });

  it('has an entry for an agent of which every rollout failed', () => {
    const fold = createMetricsFold();
    fold.expect('agent', 4);
    expect(entriesOf(fold)).toEqual([
      {
        agent_ref: {name: 'agent'},
        agent_metrics: {},
        key_metrics: {},
        group_level_metrics: [],
        rollcall: {
          num_tasks: 0,
          expected_num_tasks: 1,
          num_rollouts: 0,
          expected_num_rollouts: 1,
          missing_num_rollouts: 1,
        },
      },
    ]);
  });

  it('is an empty array of nothing', () => {
    expect(textOf(createMetricsFold())).toBe('[]\n');
  });

  it('refuses an identity that is there twice', () => {
    expect(() =>
      textOf(
        foldOf([
          [1, 0, {}],
          [0, 0, {}],
          [1, 0, {}],
        ]),
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'ERR_DUPLICATE_ROLLOUT',
        message: 'the rollouts of "agent" hold task 1, rollout 0 more than once',
      }),
    );
  });

  it('comes in pieces of bounded size, so that no run is too large to write', () => {
    const fold = foldOf(rewards(...Array.from({length: 2_000}, () => [1, 0])));
    const sizes = [...renderAggregateMetrics(fold)].map(({length}) => length);
    expect(sizes.length).toBeGreaterThan(5);
    expect(Math.max(...sizes)).toBeLessThan(100_000);
  });

  it('gives the same numbers in any order of completion', () => {
    const sample = fc.record({
      task: fc.nat(4),
      rollout: fc.nat(3),
      reward: fc.double({min: 0, max: 1, noNaN: true}),
    });
    const samples = fc.uniqueArray(sample, {
      selector: ({task, rollout}) => task * 10 + rollout,
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        samples.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, {minLength: list.length})),
        ),
        ([list, shuffled]) => {
          const [a, b] = [list, shuffled].map((order) =>
            entriesOf(foldOf(order.map(({task, rollout, reward}) => [task, rollout, {reward}]))),
          );
          expect(b?.[0]?.group_level_metrics).toEqual(a?.[0]?.group_level_metrics);
          for (const [name, value] of Object.entries(a?.[0]?.agent_metrics ?? {}))
            expect(b?.[0]?.agent_metrics[name]).toBeCloseTo(value, 12);
        },
      ),
    );
  });
});

describe('aggregateRecords', () => {
  it('gives what the file of the same rollouts holds, whichever agents the records name', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(4), {maxLength: 4}), {maxLength: 5}), (tasks) => {
        const samples = rewards(...tasks);
        const records = samples.map(([task, rollout, {reward}]) => ({
          agent_ref: {name: `agent ${String(rollout)}`},
          _ng_task_index: task,
          _ng_rollout_index: rollout,
          reward: reward ?? 0,
        }));
        const [entry] = entriesOf(foldOf(samples));
        const {agent_metrics = {}, key_metrics = {}, group_level_metrics = []} = entry ?? {};
        expect(aggregateRecords(records, 'judge')).toEqual({agent_metrics, key_metrics, group_level_metrics});
      }),
    );
  });

  it('fails on an identity that is there twice, and names it', () => {
    expect(() => aggregateRecords([{reward: 1}, {reward: 0}], 'my_judge')).toThrow(
      expect.objectContaining({
        code: 'ERR_DUPLICATE_ROLLOUT',
        message: 'the rollouts of "my_judge" hold task 0, rollout 0 more than once',
      }),
    );
  });
});
