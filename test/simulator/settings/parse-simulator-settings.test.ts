import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {RollcallError} from '../../../src/core/errors.ts';
import type {JsonObject} from '../../../src/core/json.ts';
import {parseSimulatorSettings} from '../../../src/simulator/settings/parse-simulator-settings.ts';

import {containing} from '../open-simulator.ts';

const origin = {file: 'sim.yaml', sourceDir: '/etc/rollcall'};

function problemsOf(settings: JsonObject): RollcallError['problems'] {
  try {
    parseSimulatorSettings(settings, origin);
  } catch (error) {
    if (error instanceof RollcallError) return error.problems;
    throw error;
  }
  return [];
}

describe('simulator settings', () => {
  it('fill in what is left out', () => {
    const settings = parseSimulatorSettings({deployments: {a: null}}, origin);
    expect(settings).toMatchObject({seed: 0, allowAnyKey: true, clock: 'real', ledgerEntries: 1_000});
    expect(settings.apiVersions).toContain('2024-10-21');
    expect(settings.deployments.get('a')).toMatchObject({
      model: 'gpt-4o-2024-08-06',
      limits: {requestsPerMinute: undefined, tokensPerMinute: undefined},
      latency: {firstTokenMedianMs: 0, perTokenMs: 0},
    });
  });

  it('give deployments the answers and faults of all after their own, and the latency they lack', () => {
    const settings = parseSimulatorSettings(
      {
        latency: {ttft_ms: {median: 200, sigma: 0.3}, per_token_ms: 5},
        answers: [{echo: true}],
        faults: [{kind: 'reset', probability: 0.1}],
        deployments: {a: {answers: [{text: 'own'}], latency: {ttft_ms: 7}}, b: {}},
      },
      origin,
    );
    expect(settings.deployments.get('a')?.answers.map(({kind}) => kind)).toEqual(['text', 'echo']);
    expect(settings.deployments.get('a')?.latency.firstTokenMedianMs).toBe(7);
    expect(settings.deployments.get('b')?.latency).toEqual({
      firstTokenMedianMs: 200,
      firstTokenSigma: 0.3,
      perTokenMs: 5,
    });
    expect(settings.deployments.get('b')?.faults).toHaveLength(1);
  });

  it('find answer keys beside the settings file', () => {
    const settings = parseSimulatorSettings(
      {deployments: {a: {answers: [{answer_key: {path: 'key.jsonl'}}]}}},
      origin,
    );
    expect(settings.deployments.get('a')?.answers[0]).toMatchObject({
      path: '/etc/rollcall/key.jsonl',
      accuracy: 1,
    });
  });

  it('take a key that YAML reads as a number', () => {
    expect(parseSimulatorSettings({keys: [1234567], deployments: {a: {}}}, origin)).toMatchObject({
      keys: ['1234567'],
      allowAnyKey: false,
    });
  });

  it('understand the flags that Python writes in front of a pattern', () => {
    const settings = parseSimulatorSettings(
      {deployments: {a: {answers: [{rule: {match: '(?i)hello.world', reply: 'x'}}]}}},
      origin,
    );
    const [answer] = settings.deployments.get('a')?.answers ?? [];
    expect(answer?.kind === 'rule' && answer.match?.test('HELLO\nworld')).toBe(true);
  });

  it('report every problem at once, each with file and path', () => {
    const problems = problemsOf({
      sede: 3,
      created: 'yesterday',
      deployments: {
        a: {
          rpm: -1,
          answers: [{echo: true, text: 'x'}, {rule: {match: '(', reply: 'x'}}, {rule: {match: 'x'}}],
          faults: [{kind: 'explode'}, {kind: 'reset', nth: 1, every: 2}],
        },
      },
    });
    expect(problems.map(({path}) => path)).toEqual(
      expect.arrayContaining([
        'sede',
        'deployments.a.rpm',
        'deployments.a.answers.0',
        'deployments.a.answers.1.rule.match',
        'deployments.a.answers.2.rule',
        'deployments.a.faults.0.kind',
        'deployments.a.faults.1',
      ]),
    );
    expect(problems.every(({file}) => file === 'sim.yaml')).toBe(true);
    expect(problems.find(({path}) => path === 'sede')?.hint).toBe("Did you mean 'seed'?");
  });

  it('know what units of provisioned throughput are worth, unless it is said', () => {
    const provisioned = (deployment: JsonObject) =>
      parseSimulatorSettings({deployments: {a: deployment}}, origin).deployments.get('a')?.provisioned;
    const units = [{ptu: 10}, {ptu: 10, model: 'gpt-5-mini-2025-08-07'}, {ptu: 10, model: 'o1-2024-12-17'}];
    expect(units.map(provisioned)).toEqual([
      {tokensPerMinute: 25_000, outputWeight: 4, windowS: 60},
      {tokensPerMinute: 237_500, outputWeight: 8, windowS: 60},
      {tokensPerMinute: 2_300, outputWeight: 4, windowS: 60},
    ]);
    const said = {units: 2, input_tpm_per_unit: 100, output_weight: 3, window_s: 5};
    expect(provisioned({ptu: said})).toEqual({tokensPerMinute: 200, outputWeight: 3, windowS: 5});
  });

  it('let only provisioned deployments spill over, and only to standard ones', () => {
    const deployments = {
      a: {ptu: 5, spillover: 'b', tpm: 10},
      b: {spillover: 'a'},
      c: {ptu: {units: 0}},
    };
    expect(problemsOf({deployments}).map(({path}) => path)).toEqual([
      'deployments.a.ptu',
      'deployments.b.spillover',
      'deployments.c.ptu.units',
    ]);
    const wrong = {a: {ptu: 5, spillover: 'x'}, b: {ptu: 5, spillover: 'a'}};
    expect(problemsOf({deployments: wrong})).toMatchObject([
      {path: 'deployments.a.spillover', message: "'x' is not among the deployments"},
      {path: 'deployments.b.spillover', message: "'a' is provisioned itself"},
    ]);
  });

  it('ask for a deployment, or for leave to invent them', () => {
    expect(problemsOf({})).toMatchObject([{path: 'deployments', hint: containing('gpt-4o')}]);
    expect(problemsOf({allow_undefined_deployments: true})).toEqual([]);
  });

  it('of the annotated example are usable as they stand', () => {
    const example = parse(readFileSync('configs/simulator.yaml', 'utf8')) as JsonObject;
    const settings = parseSimulatorSettings(example, origin);
    expect([...settings.deployments.keys()]).toContain('gpt-4o');
  });
});
