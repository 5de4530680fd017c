import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {Shard} from '../../src/core/shard.ts';
import {ownsTask} from '../../src/dataset/deal-tasks.ts';
import {surveyInput} from '../../src/dataset/survey-input.ts';
import {inputOfLines, materializeAll, plainOptions} from './input-of-lines.ts';

const shardsOf = (of: number): Shard[] => Array.from({length: of}, (_, place) => ({index: place + 1, of}));

/** The tasks of each shard, in order. */
const deal = (tasks: number, of: number): number[][] =>
  shardsOf(of).map((shard) =>
    Array.from({length: tasks}, (_, slot) => slot).filter((slot) => ownsTask(shard, slot)),
  );

describe('tasks dealt out to shards', () => {
  it('go to one shard each, and no shard has two more than another, for all numbers of tasks and shards', () => {
    fc.assert(
      fc.property(fc.nat({max: 300}), fc.integer({min: 1, max: 40}), (tasks, of) => {
        const shares = deal(tasks, of);
        expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({length: tasks}, (_, slot) => slot));
        const sizes = shares.map((share) => share.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('begin with the first shard, so that few tasks go to the first ones', () => {
    expect(deal(3, 5)).toEqual([[0], [1], [2], [], []]);
  });

  it('go where they went before when the input grows', () => {
    const [before, after] = [deal(20, 3), deal(50, 3)];
    expect(after.map((share) => share.filter((slot) => slot < 20))).toEqual(before);
  });

  it('are dealt as they always were: shards of two versions make one whole', () => {
    expect(deal(12, 3)).toEqual([
      [0, 5, 8, 11],
      [1, 3, 6, 9],
      [2, 4, 7, 10],
    ]);
  });

  it.each([
    {input: 'is sorted by difficulty', valueOf: (task: number) => task / 4000},
    {input: 'has its hard rows at the end', valueOf: (task: number) => (task < 3600 ? 0 : 1)},
    {input: 'has a hard row in every second place', valueOf: (task: number) => task % 2},
    {input: 'has a hard row in every eighth place', valueOf: (task: number) => (task % 8 === 0 ? 1 : 0)},
    {input: 'has long runs of hard rows', valueOf: (task: number) => Math.floor(task / 16) % 2},
  ])('are a fair sample for each of eight shards where an input $input', ({valueOf}) => {
    const tasks = 4000;
    const mean = (share: readonly number[]): number =>
      share.reduce((sum, task) => sum + valueOf(task), 0) / share.length;
    const all = mean(Array.from({length: tasks}, (_, task) => task));
    const spread = Math.sqrt(all * (1 - all)) / Math.sqrt(tasks / 8);
    // Drawn by lot, a share would be as far off as this once in a thousand times.
    for (const share of deal(tasks, 8)) expect(Math.abs(mean(share) - all)).toBeLessThan(3.3 * spread);
  });
});

describe('the shards of an input', () => {
  const row = fc.record(
    {
      prompt: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      _ng_task_index: fc.nat({max: 12}),
      agent_ref: fc.constantFrom({name: 'x'}, {name: 'y'}),
    },
    {requiredKeys: ['prompt']},
  );
  const repeats = fc.oneof(
    fc.integer({min: 1, max: 4}),
    fc.record({x: fc.integer({min: 1, max: 3}), _default: fc.constant(2)}),
  );

  it('hold each rollout of the whole once, as it stands there, all repeats of a task in one of them', async () => {
    const lines = fc.array(row, {minLength: 1, maxLength: 25});
    const limits = fc.option(fc.integer({min: 1, max: 30}), {nil: undefined});
    await fc.assert(
      fc.asyncProperty(
        lines,
        repeats,
        limits,
        fc.integer({min: 1, max: 7}),
        async (rows, numRepeats, limit, of) => {
          const options = plainOptions({numRepeats, limit});
          const whole = await materializeAll(inputOfLines(...rows), options);
          const shards: Awaited<ReturnType<typeof materializeAll>>[] = [];
          for (const shard of shardsOf(of))
            shards.push(await materializeAll(inputOfLines(...rows), {...options, shard}));
          const texts = shards.flatMap((each) => each.rows.map(({text}) => text));
          expect(texts.sort()).toEqual(whole.rows.map(({text}) => text).sort());
          const tasks = shards.flatMap((each) => [...new Set(each.rows.map(({id}) => id.taskIndex))]);
          expect(new Set(tasks).size).toBe(tasks.length);
          const counts = shards.map(({survey}) => survey.tasks);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          for (const {survey, rows: own} of shards) {
            expect(survey.rollouts).toBe(own.length);
            expect(survey.tasks).toBe(new Set(own.map(({id}) => id.taskIndex)).size);
            const {rows: all, tasks: allTasks, rollouts} = whole.survey;
            expect(survey.whole).toEqual({rows: all, tasks: allTasks, rollouts});
            expect(survey.inputDigest).toBe(whole.survey.inputDigest);
            expect(survey.agents).toEqual(whole.survey.agents);
          }
          const sum = (of: (survey: (typeof whole)['survey']) => number): number =>
            shards.reduce((total, {survey}) => total + of(survey), 0);
          expect(sum(({rows: own}) => own)).toBe(whole.survey.rows);
          for (const agent of whole.survey.agents.keys())
            expect(sum(({work}) => work.get(agent)?.promptTokens ?? 0)).toBe(
              whole.survey.work.get(agent)?.promptTokens,
            );
        },
      ),
    );
  });

  it('are checked whole by each of them: a mistake in another’s row is told before anything is spent', async () => {
    const input = inputOfLines({prompt: 'a'}, {prompt: 7});
    await expect(surveyInput(input, plainOptions({shard: {index: 1, of: 2}}))).rejects.toMatchObject({
      code: 'ERR_DATASET',
      problems: [{line: 2}],
    });
  });

  it('may hold nothing, when there are more of them than tasks', async () => {
    const {survey, rows} = await materializeAll(
      inputOfLines({prompt: 'a'}),
      plainOptions({shard: {index: 2, of: 2}}),
    );
    expect(rows).toEqual([]);
    expect(survey).toMatchObject({rows: 0, tasks: 0, rollouts: 0, whole: {rows: 1, tasks: 1, rollouts: 1}});
  });
});
