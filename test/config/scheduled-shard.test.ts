import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {scheduledShard} from '../../src/config/scheduled-shard.ts';

/** The variables of a Slurm array, by what they end in. */
const slurm = (parts: Readonly<Record<string, number | string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parts).map(([part, value]) => [`SLURM_ARRAY_TASK_${part}`, String(value)]),
  );

const shardOf = (env: Readonly<Record<string, string>>, of?: number): unknown => {
  const told = scheduledShard(env, of);
  return 'shard' in told ? told.shard : told.problem;
};

describe('the share that a scheduler tells', () => {
  it.each([
    {array: '0-3', env: slurm({ID: 0, MIN: 0, MAX: 3, STEP: 1, COUNT: 4}), shard: {index: 1, of: 4}},
    {array: '1-4', env: slurm({ID: 4, MIN: 1, MAX: 4, STEP: 1, COUNT: 4}), shard: {index: 4, of: 4}},
    {array: '3-9:2', env: slurm({ID: 5, MIN: 3, MAX: 9, STEP: 2, COUNT: 4}), shard: {index: 2, of: 4}},
    {array: '7', env: slurm({ID: 7, MIN: 7, MAX: 7, STEP: 0, COUNT: 1}), shard: {index: 1, of: 1}},
    {array: '1-4 without a count', env: slurm({ID: 2, MIN: 1, MAX: 4}), shard: {index: 2, of: 4}},
  ])('is the place in a Slurm array: --array=$array', ({env, shard}) => {
    expect(shardOf(env)).toEqual(shard);
    expect(shardOf(env, shard.of)).toEqual(shard);
  });

  it('gives each task of a Slurm array one share of all, for all arrays with one step', () => {
    const start = fc.nat({max: 50});
    const [step, count] = [fc.integer({min: 1, max: 9}), fc.integer({min: 1, max: 30})];
    fc.assert(
      fc.property(start, step, count, (min, by, of) => {
        const ids = Array.from({length: of}, (_, place) => min + place * by);
        const shares = ids.map((ID) =>
          shardOf(slurm({ID, MIN: min, MAX: min + (of - 1) * by, STEP: by, COUNT: of})),
        );
        expect(shares).toEqual(ids.map((_, place) => ({index: place + 1, of})));
      }),
    );
  });

  it('is the completion index of an Indexed Job, from 0, of as many as auto/N says', () => {
    expect(shardOf({JOB_COMPLETION_INDEX: '0'}, 4)).toEqual({index: 1, of: 4});
    expect(shardOf({JOB_COMPLETION_INDEX: '3'}, 4)).toEqual({index: 4, of: 4});
  });

  it('is the node index of parallel jobs in CI, from 1', () => {
    expect(shardOf({CI_NODE_INDEX: '2', CI_NODE_TOTAL: '4'})).toEqual({index: 2, of: 4});
  });

  it('is not looked for in variables that are set to nothing', () => {
    const env = {SLURM_ARRAY_TASK_ID: '', JOB_COMPLETION_INDEX: ' ', CI_NODE_INDEX: '1', CI_NODE_TOTAL: '2'};
    expect(shardOf(env)).toEqual({index: 1, of: 2});
  });

  it.each<[string, Record<string, string>, number | undefined, RegExp]>([
    [
      'nothing',
      {},
      undefined,
      /^none of these is set: SLURM_ARRAY_TASK_ID .*JOB_COMPLETION_INDEX .*CI_NODE_INDEX/,
    ],
    ['a number without a place', {CI_NODE_TOTAL: '4'}, undefined, /only CI_NODE_TOTAL=4/],
    [
      'a place without a number',
      {CI_NODE_INDEX: '1'},
      undefined,
      /CI_NODE_INDEX needs CI_NODE_TOTAL.*CI_NODE_INDEX=1/,
    ],
    [
      'an Indexed Job without auto/N',
      {JOB_COMPLETION_INDEX: '1'},
      undefined,
      /JOB_COMPLETION_INDEX=1.*how many shares/,
    ],
    [
      'a completion index beyond N',
      {JOB_COMPLETION_INDEX: '4'},
      4,
      /JOB_COMPLETION_INDEX=4.*no share of 4: 5\/4/,
    ],
    [
      'a node index beyond the total',
      {CI_NODE_INDEX: '5', CI_NODE_TOTAL: '4'},
      undefined,
      /no share of 4: 5\/4/,
    ],
    ['a node index of 0', {CI_NODE_INDEX: '0', CI_NODE_TOTAL: '4'}, undefined, /CI_NODE_INDEX counts from 1/],
    [
      'another number than auto/N',
      {CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4'},
      8,
      /there are 4 shares, auto\/8/,
    ],
    [
      'no number',
      {CI_NODE_INDEX: 'one', CI_NODE_TOTAL: '4'},
      undefined,
      /CI_NODE_INDEX should be.*CI_NODE_INDEX=one/,
    ],
    [
      'an array without its ends',
      slurm({ID: 2}),
      undefined,
      /needs SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_MAX/,
    ],
    [
      'an array with gaps',
      slurm({ID: 5, MIN: 1, MAX: 6, STEP: 1, COUNT: 3}),
      undefined,
      /no row of numbers with one step/,
    ],
    [
      'a task off the step',
      slurm({ID: 4, MIN: 1, MAX: 7, STEP: 2, COUNT: 4}),
      undefined,
      /no row of numbers/,
    ],
    [
      'a task outside of its array',
      slurm({ID: 9, MIN: 1, MAX: 7, STEP: 1, COUNT: 7}),
      undefined,
      /no row of numbers/,
    ],
    ['a step of 0', slurm({ID: 1, MIN: 1, MAX: 7, STEP: 0, COUNT: 7}), undefined, /no row of numbers/],
    [
      'two schedulers',
      {...slurm({ID: 1, MIN: 1, MAX: 4}), CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4'},
      undefined,
      /a Slurm job array \(SLURM_ARRAY_TASK_ID=1.*\) and parallel jobs in CI \(CI_NODE_INDEX=1, CI_NODE_TOTAL=4\)/,
    ],
  ])('cannot be told from %s: what was found is named, with what to do', (_, env, of, message) => {
    expect(shardOf(env, of)).toEqual({
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('--shard') as string,
    });
  });
});
