import {describe, expect, it} from 'vitest';
import {readCollectFlags, readRunFlags} from '../../src/cli/collect-flags.ts';
import {RollcallError} from '../../src/core/errors.ts';

describe('the flags of collect-rollouts', () => {
  it('become values under their override keys', () => {
    const flags = {
      config: ['a.yaml'],
      input: 'in.jsonl',
      output: '-',
      agent: 'a',
      limit: '5',
      numRepeats: '4',
      numRepeatsAddSeed: true,
      concurrency: '64',
      rpm: '60',
      tpm: '10000',
      temperature: '0.7',
      topP: '.9',
      maxOutputTokens: '100',
      promptConfig: 'p.yaml',
      judge: false,
      maxAttempts: '2',
      maxFailed: '29%',
      deadline: '1h30m',
      maxCost: '2.50',
      maxTokensTotal: '1000000',
      shard: '2/8',
      overwrite: true,
    };
    expect(readCollectFlags(flags)).toMatchObject({
      configPaths: ['a.yaml'],
      overwrite: true,
      retryFailed: false,
      progress: 'auto',
      values: {
        input_jsonl_fpath: 'in.jsonl',
        output_jsonl_fpath: '-',
        agent_name: 'a',
        limit: 5,
        num_repeats: 4,
        num_repeats_add_seed: true,
        num_samples_in_parallel: 64,
        rpm: 60,
        tpm: 10_000,
        responses_create_params: {temperature: 0.7, top_p: 0.9, max_output_tokens: 100},
        prompt_config: 'p.yaml',
        skip_verification: true,
        max_attempts: 2,
        max_failed: '29%',
        deadline: '1h30m',
        max_cost: 2.5,
        max_tokens_total: 1_000_000,
        shard: '2/8',
      },
    });
  });

  it.each([
    {given: undefined, retryFailed: false, retryKind: undefined},
    {given: 'all', retryFailed: true, retryKind: undefined},
    {given: 'judge_failed', retryFailed: true, retryKind: 'judge_failed'},
    {given: 'ERR_MODEL_TIMEOUT', retryFailed: true, retryKind: 'ERR_MODEL_TIMEOUT'},
  ])('say what failed is tried again: $given', ({given, ...expected}) => {
    expect(readCollectFlags({retryFailed: given})).toMatchObject(expected);
  });

  it('name the classes of failures that there are when one is given that is none', () => {
    expect(() => readCollectFlags({retryFailed: 'judge_fialed'})).toThrow(
      expect.objectContaining({
        code: 'ERR_USAGE',
        problems: [
          {message: expect.stringMatching(/judge_fialed.*judge_failed, agent_request_failed/) as string},
        ],
      }),
    );
  });

  it('say nothing about what was not given', () => {
    expect(readCollectFlags({judge: true}).values).toEqual({});
    expect(readRunFlags({}).values).toEqual({});
  });

  it.each([
    {flag: 'limit', value: '-1', text: '--limit takes a whole number, 1 or more; got "-1"'},
    {flag: 'limit', value: '0', text: '--limit takes'},
    {flag: 'limit', value: '5.5', text: '--limit takes'},
    {flag: 'limit', value: '', text: '--limit must not be empty'},
    {flag: 'numRepeats', value: '0', text: '--num-repeats takes a whole number, 1 or more'},
    {flag: 'concurrency', value: 'many', text: '--concurrency takes'},
    {flag: 'rpm', value: '0', text: '--rpm takes a whole number, 1 or more'},
    {flag: 'tpm', value: '10K', text: '--tpm takes'},
    {flag: 'temperature', value: '0,7', text: '--temperature takes a number'},
    {flag: 'topP', value: '2', text: '--top-p takes a number, from 0 to 1'},
    {flag: 'maxOutputTokens', value: '1e99', text: '--max-output-tokens takes'},
    {flag: 'maxAttempts', value: '0', text: '--max-attempts takes'},
    {flag: 'maxFailed', value: '120%', text: '--max-failed takes a count or a percentage'},
    {flag: 'maxFailed', value: '1.5', text: '--max-failed takes'},
    {
      flag: 'deadline',
      value: '90',
      text: '--deadline takes a duration such as 90s, 15m, 2h or 1h30m; got "90"',
    },
    {flag: 'deadline', value: '0s', text: '--deadline takes'},
    {flag: 'maxCost', value: '$5', text: '--max-cost takes a number, 0 or more; got "$5"'},
    {flag: 'maxTokensTotal', value: '1M', text: '--max-tokens-total takes a whole number, 1 or more'},
    {flag: 'shard', value: '0/8', text: '--shard takes a share, of eight one from 1/8 to 8/8, or auto'},
    {flag: 'shard', value: '', text: '--shard must not be empty'},
    {flag: 'summaryJson', value: '', text: '--summary-json must not be empty'},
  ])('refuse $flag = "$value" by name', ({flag, value, text}) => {
    expect(problemsOf(() => readCollectFlags({[flag]: value}))).toEqual([expect.stringContaining(text)]);
  });

  it('name every mistake at once', () => {
    expect(problemsOf(() => readCollectFlags({limit: 'x', topP: 'y', maxFailed: 'z'}))).toHaveLength(3);
  });
});

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    expect(error.code).toBe('ERR_USAGE');
    return error.problems.map(({message}) => message);
  }
}
