import {describe, expect, it} from 'vitest';
import {forecastAfter, lognormal, type Shape} from './forecast-scene.ts';

const seeds = Array.from({length: 100}, (_, index) => index);
const mixed = (random: () => number): number => Math.round(20 * 50 ** random());

const shapes: Readonly<Record<string, Shape['rollout']>> = {
  'answers as long as their prompts': (_, random) => {
    const promptTokens = mixed(random);
    return {
      agentName: 'a',
      promptTokens,
      outputTokens: Math.round(promptTokens * lognormal(0.4, random)),
      judgeTokens: 0,
    };
  },
  'answers of any length from 20 to 400': (_, random) => ({
    agentName: 'a',
    promptTokens: mixed(random),
    outputTokens: Math.round(20 + 380 * random()),
    judgeTokens: 0,
  }),
  'a few long answers among many short ones': (_, random) => ({
    agentName: 'a',
    promptTokens: mixed(random),
    outputTokens: Math.round(200 * lognormal(0.5, random)),
    judgeTokens: 0,
  }),
  'rows that are sorted by length': (index, random) => {
    const promptTokens = 20 + 2 * index;
    return {
      agentName: 'a',
      promptTokens,
      outputTokens: Math.round(50 + promptTokens * lognormal(0.3, random)),
      judgeTokens: 0,
    };
  },
  'two agents of which one writes ten times as much': (_, random) => {
    const isLong = random() < 0.5;
    const outputTokens = Math.round((isLong ? 500 : 50) * lognormal(0.3, random));
    return {agentName: isLong ? 'long' : 'short', promptTokens: mixed(random), outputTokens, judgeTokens: 0};
  },
  'answers that are judged': (_, random) => ({
    agentName: 'a',
    promptTokens: mixed(random),
    outputTokens: Math.round(30 + 300 * random()),
    judgeTokens: Math.round(5 + 40 * random()),
  }),
};

const cases = Object.entries(shapes).flatMap(([name, rollout]) =>
  [8, 32, 100].map((concurrency) => ({name, rollout, concurrency})),
);

describe('the forecast', () => {
  it.each(cases)(
    'is within 15 % of the tokens and of the cost in 95 of 100 runs with $name, $concurrency in flight',
    ({rollout, concurrency}) => {
      const errors = seeds.map((seed) => forecastAfter({rows: 500, concurrency, rollout}, seed));
      const within = (pick: (error: {tokens: number; cost: number}) => number): number =>
        errors.filter((error) => Math.abs(pick(error) - 1) <= 0.15).length;
      expect(within(({tokens}) => tokens)).toBeGreaterThanOrEqual(95);
      expect(within(({cost}) => cost)).toBeGreaterThanOrEqual(95);
      const mean = errors.reduce((sum, {cost}) => sum + cost, 0) / seeds.length;
      expect(Math.abs(mean - 1)).toBeLessThanOrEqual(0.05);
    },
  );

  it.each(cases.filter(({concurrency}) => concurrency < 50))(
    'comes with the fiftieth that has ended with $name, $concurrency in flight, unless of an agent too few have',
    ({name, rollout, concurrency}) => {
      const {ended} = forecastAfter({rows: 500, concurrency, rollout}, 1);
      expect(ended).toBeLessThanOrEqual(name.startsWith('two agents') ? 100 : 50);
    },
  );

  it('waits until as many have ended as are in flight', () => {
    const rollout = shapes['answers that are judged'];
    expect(rollout && forecastAfter({rows: 500, concurrency: 100, rollout}, 1).ended).toBe(100);
  });
});
