import {describe, expect, it} from 'vitest';
import {createFolder} from './config-folder.ts';

async function collect(...overrides: readonly string[]) {
  await using folder = await createFolder();
  return await folder.load({overrides});
}

describe('server_token', () => {
  it.each([
    ['+server_token=', undefined],
    ["+server_token=' '", undefined],
    ['+server_token=token-1', 'token-1'],
  ])('is none where it is blank: %s', async (override, token) => {
    expect((await collect(override)).serverToken).toBe(token);
  });
});

describe('the collection keys', () => {
  it('have defaults', async () => {
    expect((await collect()).collect).toEqual({
      inputJsonlFpath: undefined,
      outputJsonlFpath: undefined,
      agentName: undefined,
      limit: undefined,
      numRepeats: 1,
      numRepeatsAddSeed: false,
      numSamplesInParallel: undefined,
      responsesCreateParams: {},
      promptConfig: undefined,
      skipVerification: false,
      skipVerificationReward: undefined,
      maxAttempts: 3,
      maxFailed: {unit: 'rollouts', value: 0},
      gates: [],
      gateOn: 'point',
    });
  });

  it.each<[string, string, unknown]>([
    ['+limit=5', 'limit', 5],
    ["+limit='5'", 'limit', 5],
    ['+limit=5.0', 'limit', 5],
    ['+limit=true', 'limit', 1],
    ['+limit=1_000', 'limit', 1000],
    ['+limit=0', 'limit', undefined],
    ['+limit=null', 'limit', undefined],
    ['+num_samples_in_parallel=0', 'numSamplesInParallel', undefined],
    ['+num_samples_in_parallel=64', 'numSamplesInParallel', 64],
    ['+num_repeats=null', 'numRepeats', 1],
    ['+num_repeats=4', 'numRepeats', 4],
    ["+num_repeats={a: 2, b: '3', _default: 1}", 'numRepeats', {a: 2, b: 3, _default: 1}],
    ['+num_repeats_add_seed=yes', 'numRepeatsAddSeed', true],
    ['+num_repeats_add_seed=1', 'numRepeatsAddSeed', true],
    ['+agent_name=007', 'agentName', '007'],
    ['+agent_name=1e3', 'agentName', '1e3'],
    ['+deadline=1h30m', 'deadline', 5_400_000],
    ['+shard=2/8', 'shard', {kind: 'named', shard: {index: 2, of: 8}}],
    ['+shard=auto/8', 'shard', {kind: 'auto', of: 8}],
    ['+max_cost=0.5', 'maxCost', 0.5],
    ['+max_tokens_total=1_000', 'maxTokensTotal', 1000],
    ['+max_failed=3', 'maxFailed', {unit: 'rollouts', value: 3}],
    ['+max_failed=2.5%', 'maxFailed', {unit: 'percent', value: 2.5}],
    ['+responses_create_params.temperature=0.7', 'responsesCreateParams', {temperature: 0.7}],
    [
      '+responses_create_params={metadata: {a: "1"}, stop: null}',
      'responsesCreateParams',
      {metadata: {a: '1'}, stop: null},
    ],
  ])('take %s', async (override, key, expected) => {
    const {collect: config} = await collect(override);
    expect(config[key as keyof typeof config]).toEqual(expected);
  });

  it.each([
    ['+limit=5.5', 'limit', 'a whole number of at least 0, found `5.5`'],
    ['+limit=x', 'limit', 'found `x`'],
    ['+limit=-1', 'limit', 'found `-1`'],
    ['+limit=[1]', 'limit', 'found a list'],
    ['+num_repeats=0', 'num_repeats', 'a whole number of at least 1, found `0`'],
    ['+num_repeats={a: 0}', 'num_repeats.a', 'found `0`'],
    ['+max_attempts=0', 'max_attempts', 'at least 1'],
    ['+max_failed=-1', 'max_failed', 'a percentage such as `5%`, found `-1`'],
    ['+max_failed=101%', 'max_failed', 'found `101%`'],
    ['+max_failed=1.5', 'max_failed', 'found `1.5`'],
    ['+responses_create_params=5', 'responses_create_params', 'expected a map, found `5`'],
    ['+head_server.port=http', 'head_server.port', 'from 0 to 65535, found `http`'],
    ['+agent_name=[a]', 'agent_name', 'a text, found a list'],
  ])('refuse %s', async (override, path, message) => {
    await using folder = await createFolder();
    expect(await folder.problems({overrides: [override]})).toEqual([
      {path, file: `override "${override}"`, message: expect.stringContaining(message) as string},
    ]);
  });

  it('take half a head server', async () => {
    expect((await collect('+head_server.port=12000')).headServer).toEqual({host: '127.0.0.1', port: 12_000});
  });

  it.each([
    ['+limt=5', 'limit'],
    ['+num_repeat=5', 'num_repeats'],
    ['+num-repeats=5', 'num_repeats'],
    ['+numRepeats=5', 'num_repeats'],
    ['+agent_nam=x', 'agent_name'],
    ['+responses_create_params.temprature=1', 'temperature'],
    ['+head_server.prot=1', 'port'],
    ['+policy_model={responses_api_model: {a: 1}}', 'responses_api_models'],
  ])('warn of %s', async (override, meant) => {
    const {warnings} = await collect(override);
    expect(warnings).toEqual([
      expect.objectContaining({file: `override "${override}"`, hint: `Did you mean \`${meant}\`?`}),
    ]);
  });

  it.each(['+policy_model_name=x', '+verbose=true', '+my_own_variable=1', '+resume_from_cache=true'])(
    'let %s pass without a word',
    async (override) => {
      expect((await collect(override)).warnings).toEqual([]);
    },
  );

  it('do not take a variable that others refer to for a slip', async () => {
    const {warnings} = await collect('+limits=5', '+limit=${limits}');
    expect(warnings).toEqual([]);
  });
});
