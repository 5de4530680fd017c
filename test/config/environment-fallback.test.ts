import {describe, expect, it} from 'vitest';
import {createFolder, modelYaml} from './config-folder.ts';

const packaged = 'configs/azure_openai_model.yaml';
const env = {
  AZURE_OPENAI_ENDPOINT: 'https://env.openai.azure.com',
  AZURE_OPENAI_API_KEY: 'canary-env-key',
  OPENAI_API_VERSION: '2024-10-21',
  AZURE_OPENAI_API_VERSION: '2024-06-01',
};

describe("the variables of Azure's own clients", () => {
  it('fill what is open: absent, mandatory and unset, or referring to what nobody set', async () => {
    await using folder = await createFolder();
    const config = await folder.load({configPaths: [packaged], overrides: ['+policy_model_name=m'], env});
    expect(config.models.get('policy_model')).toMatchObject({
      openaiBaseUrl: 'https://env.openai.azure.com',
      openaiApiKey: 'canary-env-key',
      defaultQuery: {'api-version': '2024-10-21'},
    });
    expect(config.warnings.map(({message}) => message)).toEqual([
      'taken from the environment variable AZURE_OPENAI_ENDPOINT',
      'taken from the environment variable AZURE_OPENAI_API_KEY',
      'taken from the environment variable OPENAI_API_VERSION',
    ]);
    expect(config.secrets).toEqual(['canary-env-key']);
    expect(config.locate('policy_model.responses_api_models.azure_openai_model.openai_api_key')).toEqual({
      file: 'environment variable AZURE_OPENAI_API_KEY',
    });
  });

  it('never win over what the configuration says', async () => {
    await using folder = await createFolder({'a.yaml': modelYaml('default_query: {api-version: v1}')});
    const {models, warnings} = await folder.load({configPaths: ['a.yaml'], env});
    expect(models.get('policy_model')).toMatchObject({
      openaiBaseUrl: 'https://here.openai.azure.com',
      openaiApiKey: 'canary-key-123456',
      defaultQuery: {'api-version': 'v1'},
    });
    expect(warnings).toEqual([]);
  });

  it('fall back to the second name of the API version', async () => {
    await using folder = await createFolder({'a.yaml': modelYaml()});
    const {models} = await folder.load({configPaths: ['a.yaml'], env: {...env, OPENAI_API_VERSION: ''}});
    expect(models.get('policy_model')?.defaultQuery).toEqual({'api-version': '2024-06-01'});
  });

  it.each([
    ['the URL is the v1 one', 'https://here.openai.azure.com/openai/v1/'],
    [
      'the URL has a version of its own',
      'https://here.openai.azure.com/openai?api-version=2025-01-01-preview',
    ],
  ])('give no API version where %s', async (_, url) => {
    await using folder = await createFolder({
      'a.yaml': modelYaml().replace('https://here.openai.azure.com', url),
    });
    const {models} = await folder.load({configPaths: ['a.yaml'], env});
    expect(models.get('policy_model')?.defaultQuery).toEqual({});
  });

  it('give no key to a model that signs in with Entra ID, or that a simulator or another server answers for', async () => {
    const yaml = `a:
  responses_api_models:
    azure_openai_model: {openai_base_url: https://x.openai.azure.com, openai_model: m, auth: entra_id}
b:
  responses_api_models:
    azure_openai_model: {openai_base_url: {type: simulators, name: sim}, openai_model: m}
c:
  responses_api_models:
    azure_openai_model: {url: "http://127.0.0.1:1"}
sim:
  simulators: {azure_openai_simulator: {}}
`;
    await using folder = await createFolder({'a.yaml': yaml});
    const {models, secrets} = await folder.load({configPaths: ['a.yaml'], env});
    expect([...models.values()].map(({openaiApiKey}) => openaiApiKey)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(secrets).toEqual([]);
  });
});
