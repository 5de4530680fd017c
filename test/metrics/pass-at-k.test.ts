import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {createMetricsFold} from '../../src/metrics/metrics-fold.ts';
import {chanceToPass, passAtK} from '../../src/metrics/pass-at-k.ts';

/** A table in which each task has these rewards. */
function tableOf(tasks: readonly (readonly number[])[]) {
  const fold = createMetricsFold();
  for (const [taskIndex, rewards] of tasks.entries())
    for (const [rolloutIndex, reward] of rewards.entries())
      fold.add({
        id: {taskIndex, rolloutIndex},
        agentName: 'a',
        numbers: new Map([['reward', reward]]),
        unparsedVerdicts: 0,
      });
  const [table] = fold.tables();
  if (table === undefined) throw new Error('no table');
  return table;
}

describe('chanceToPass', () => {
  // 1 − C(n − c, k) ÷ C(n, k), by hand.
  it.each([
    [4, 1, 1, 1 / 4],
    [4, 1, 2, 1 / 2],
    [4, 2, 2, 5 / 6],
    [10, 3, 5, 11 / 12],
    [4, 0, 4, 0],
    [4, 4, 1, 1],
    [4, 1, 4, 1],
  ])('of %d rollouts, %d passed, for k = %d is %d', (judged, passed, k, chance) => {
    expect(chanceToPass(judged, passed, k)).toBeCloseTo(chance, 12);
  });

  it('is what drawing every k of them gives', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), {minLength: 1, maxLength: 8}), fc.nat(7), (passed, more) => {
        const k = Math.min(passed.length, more + 1);
        let [draws, hits] = [0, 0];
        for (let set = 0; set < 2 ** passed.length; set++) {
          const drawn = passed.filter((_, place) => (set >> place) % 2 === 1);
          if (drawn.length !== k) continue;
          draws++;
          if (drawn.includes(true)) hits++;
        }
        expect(chanceToPass(passed.length, passed.filter(Boolean).length, k)).toBeCloseTo(hits / draws, 12);
      }),
    );
  });
});

describe('passAtK', () => {
  it('averages over the tasks that have k rollouts, each counted once', () => {
    const table = tableOf([[1, 0, 0], [0, 0, 0], [1]]);
    const estimates = passAtK(table).map(({k, estimate: {mean, count}}) => ({k, mean, count}));
    expect(estimates).toEqual(
      [
        {k: 1, mean: (1 / 3 + 0 + 1) / 3, count: 3},
        {k: 2, mean: (2 / 3 + 0) / 2, count: 2},
        {k: 3, mean: 0.5, count: 2},
      ].map((each) => ({...each, mean: expect.closeTo(each.mean, 12) as number})),
    );
  });

  it('at 1 is the share that passed where all tasks have as many rollouts', () => {
    expect(
      passAtK(
        tableOf([
          [1, 1],
          [0, 1],
        ]),
      )[0],
    ).toMatchObject({k: 1, estimate: {mean: 0.75}});
  });

  it('is nothing without repeats', () => {
    expect(passAtK(tableOf([[1], [0]]))).toEqual([]);
  });
});
