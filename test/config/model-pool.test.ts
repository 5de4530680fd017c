import {describe, expect, it} from 'vitest';
import {createFolder, modelYaml} from './config-folder.ts';

const listPath = 'policy_model.responses_api_models.azure_openai_model.deployments';

async function load(yaml: string, env: Readonly<Record<string, string>> = {}) {
  await using folder = await createFolder({'a.yaml': yaml});
  return await folder.load({configPaths: ['a.yaml'], env});
}

async function problems(yaml: string) {
  await using folder = await createFolder({'a.yaml': yaml});
  return await folder.problems({configPaths: ['a.yaml']});
}

async function entriesOf(...lines: readonly string[]) {
  const {models} = await load(modelYaml(...lines));
  return models.get('policy_model')?.deployments ?? [];
}

const bare = (...lines: readonly string[]): string =>
  [
    'policy_model:',
    '  responses_api_models:',
    '    azure_openai_model:',
    ...lines.map((line) => `      ${line}`),
    '',
  ].join('\n');

describe('several deployments of a model', () => {
  it('inherit what they leave out, maps and time limits key by key', async () => {
    const [west, east] = await entriesOf(
      'tpm: 5000',
      'default_query: {api-version: 2024-10-21, tenant: a}',
      'default_headers: {x-team: a}',
      'timeouts: {call_s: 30}',
      'deployments:',
      '  - {openai_model: gpt-west}',
      '  - name: east',
      '    openai_base_url: https://east.openai.azure.com',
      '    openai_api_key: canary-key-east-1',
      '    tpm: 7000',
      '    weight: 2.5',
      '    priority: 2',
      '    default_query: {tenant: b}',
      '    default_headers: {x-more: b}',
      '    timeouts: {idle_s: 5}',
    );
    expect(west).toMatchObject({
      ...{name: undefined, weight: 1, priority: 1},
      settings: {
        ...{openaiModel: 'gpt-west', openaiBaseUrl: 'https://here.openai.azure.com', tpm: 5000},
        ...{path: `${listPath}[0]`, defaultQuery: {'api-version': '2024-10-21', tenant: 'a'}},
        timeouts: {callS: 30, idleS: 120},
      },
    });
    expect(east).toMatchObject({
      ...{name: 'east', weight: 2.5, priority: 2},
      settings: {
        ...{openaiModel: 'gpt-4o-mini', openaiBaseUrl: 'https://east.openai.azure.com', tpm: 7000},
        ...{openaiApiKey: 'canary-key-east-1', defaultQuery: {'api-version': '2024-10-21', tenant: 'b'}},
        ...{defaultHeaders: {'x-team': 'a', 'x-more': 'b'}, timeouts: {callS: 30, idleS: 5, connectS: 10}},
      },
    });
  });

  it('do not inherit what their own URL says', async () => {
    const [whole, v1] = await entriesOf(
      'default_query: {api-version: 2024-10-21}',
      'deployments:',
      '  - {openai_base_url: "https://b.openai.azure.com/openai/deployments/other/chat/completions?api-version=2025-01-01-preview"}',
      '  - {openai_base_url: "https://c.openai.azure.com/openai/v1/"}',
    );
    expect([whole?.settings.openaiModel, whole?.settings.defaultQuery]).toEqual([undefined, {}]);
    expect([v1?.settings.openaiModel, v1?.settings.defaultQuery]).toEqual(['gpt-4o-mini', {}]);
  });

  it('need no address or key of the model where each has its own', async () => {
    const yaml = bare(
      'deployments:',
      '  - {openai_base_url: https://a.openai.azure.com, openai_api_key: k-1, openai_model: gpt}',
    );
    const {models, warnings} = await load(yaml, {AZURE_OPENAI_ENDPOINT: 'https://unused.openai.azure.com'});
    expect(models.get('policy_model')?.deployments[0]?.settings.openaiModel).toBe('gpt');
    expect(warnings).toEqual([]);
  });

  it('take from the environment what both leave open', async () => {
    const yaml = bare(
      'openai_model: gpt',
      'deployments:',
      '  - {openai_base_url: https://a.openai.azure.com}',
      '  - {}',
    );
    const env = {AZURE_OPENAI_ENDPOINT: 'https://env.openai.azure.com', AZURE_OPENAI_API_KEY: 'canary-env'};
    const {models} = await load(yaml, env);
    const settings = models.get('policy_model')?.deployments.map((entry) => entry.settings);
    expect(settings?.map(({openaiBaseUrl, openaiApiKey}) => [openaiBaseUrl, openaiApiKey])).toEqual([
      ['https://a.openai.azure.com', 'canary-env'],
      ['https://env.openai.azure.com', 'canary-env'],
    ]);
  });

  it('are told everything that is wrong with them at once, at its line', async () => {
    const found = await problems(
      modelYaml(
        'affinity: some',
        'deployments:',
        '  - {name: a, weight: 0}',
        '  - {name: b, priority: 0, timeouts: {call_s: soon}}',
        '  - {openai_base_url: {type: simulators, name: nobody}}',
        '  - {name: c, openai_model: gpt}',
        '  - {name: c}',
        '  - gpt',
      ),
    );
    expect(found.map(({path, line}) => [path, line])).toEqual([
      [`${listPath}[2].openai_base_url`, 12],
      [`${listPath}[5]`, 15],
      [listPath.replace('deployments', 'affinity'), 8],
      [`${listPath}[0].weight`, 10],
      [`${listPath}[1].priority`, 11],
      [`${listPath}[1].timeouts.call_s`, 11],
      [`${listPath}[4].name`, 14],
    ]);
  });

  it('are warned of keys that hold for the model as a whole', async () => {
    const {warnings} = await load(
      modelYaml(
        'deployments:',
        '  - {name: a, openai_model: gpt, retry: {max_tries: 2}}',
        '  - {name: b, stream: true}',
      ),
    );
    expect(warnings.map(({path, line}) => [path, line])).toEqual([
      [`${listPath}[0].retry`, 9],
      [`${listPath}[1].stream`, 10],
    ]);
    expect(warnings[0]).toMatchObject({
      message: '`retry` is a key of the model, not of one of its deployments, and is not used here',
      hint: 'Set it beside `deployments`.',
    });
  });

  it('miss what neither they nor the model say', async () => {
    const found = await problems(bare('deployments:', '  - {openai_base_url: https://a.openai.azure.com}'));
    expect(found.map(({path, message}) => [path, message])).toEqual([
      [`${listPath}[0].openai_api_key`, '`openai_api_key` is required here'],
      [`${listPath}[0].openai_model`, '`openai_model` is required here'],
    ]);
  });

  it('are not those of a server that runs elsewhere', async () => {
    const [problem] = await problems(
      modelYaml('url: http://models:8000', 'deployments:', '  - {openai_model: a}'),
    );
    expect(problem).toMatchObject({path: listPath.replace('deployments', 'url'), line: 8});
  });

  it('are warned of keys that look like known ones, and their keys are secrets', async () => {
    const {warnings, secrets} = await load(
      modelYaml('deployments:', '  - {openai_modell: gpt, openai_api_key: canary-key-second}'),
    );
    expect(warnings.map(({path}) => path)).toEqual([`${listPath}[0].openai_modell`]);
    expect(secrets).toContain('canary-key-second');
  });
});

describe('hedging', () => {
  it.each([
    ['is off', [], undefined],
    ['is off where it says so', ['hedging: off'], undefined],
    ['has defaults', ['hedging: true'], {percentile: 95, maxShare: 0.05}],
    ['takes what is given', ['hedging: {max_share: 0.1}'], {percentile: 95, maxShare: 0.1}],
  ] as const)('%s', async (_, lines, expected) => {
    const {models} = await load(modelYaml(...lines));
    expect(models.get('policy_model')?.hedging).toEqual(expected);
  });

  it('is told what does not fit', async () => {
    const found = await problems(modelYaml('hedging: {percentile: 100, max_share: 0}'));
    expect(found.map(({path, message}) => [path?.split('.').slice(-2).join('.'), message])).toEqual([
      ['hedging.percentile', 'expected a number from 50 to 99.9, found `100`'],
      ['hedging.max_share', 'expected a number from 0.001 to 1, found `0`'],
    ]);
    const [wrong] = await problems(modelYaml('hedging: often'));
    expect(wrong?.message).toBe('expected true, false or a map, found `often`');
  });
});
