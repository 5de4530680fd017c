import {existsSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {createFolder, modelYaml} from './config-folder.ts';

const pageFile = '../shared/reference/seeds/nemo-gym-azure-openai.txt';
const pagePaths =
  '+config_paths=[responses_api_models/azure_openai_model/configs/azure_openai_model.yaml, ' +
  'resources_servers/equivalence_llm_judge/configs/equivalence_llm_judge.yaml]';
const apiVersionKey = 'policy_model.responses_api_models.azure_openai_model.default_query.api-version';
const envYaml = `policy_base_url: https://contoso.openai.azure.com
policy_api_key: canary-key-123456
policy_model_name: contoso-mini
`;

describe('loadConfig with the page of NeMo Gym', () => {
  it('takes its commands: both paths, the API version, the collection keys', async () => {
    await using folder = await createFolder({'env.yaml': envYaml});
    const config = await folder.load({
      overrides: [
        pagePaths,
        `+${apiVersionKey}=2024-10-21`,
        '+agent_name=equivalence_llm_judge_simple_agent',
        '+input_jsonl_fpath=resources_servers/equivalence_llm_judge/data/example.jsonl',
        '+output_jsonl_fpath=results/example_rollouts.jsonl',
        '+limit=5',
      ],
    });
    expect(config.models.get('policy_model')).toMatchObject({
      openaiBaseUrl: 'https://contoso.openai.azure.com',
      openaiApiKey: 'canary-key-123456',
      openaiModel: 'contoso-mini',
      defaultQuery: {'api-version': '2024-10-21'},
      numConcurrentRequests: 8,
      auth: 'api_key',
    });
    expect(config.judges.get('equivalence_llm_judge')).toMatchObject({
      judgeModelServer: {type: 'responses_api_models', name: 'policy_model'},
      judgePromptTemplatePath: `${process.cwd()}/configs/prompts/equivalence_llm_judge.txt`,
      checkFullGenerationOnFail: false,
      extractionLengthThreshold: undefined,
      rewardIfFullGenerationSucceeds: 0,
    });
    expect(config.agents.get('equivalence_llm_judge_simple_agent')).toMatchObject({
      resourcesServer: {name: 'equivalence_llm_judge'},
      modelServer: {name: 'policy_model'},
      rolloutTimeoutS: 3600,
    });
    expect(config.collect).toMatchObject({agentName: 'equivalence_llm_judge_simple_agent', limit: 5});
    expect(config.warnings).toEqual([]);
    expect(config.files.map((file) => file.replace(/^.*\//, ''))).toEqual([
      'azure_openai_model.yaml',
      'equivalence_llm_judge.yaml',
      'env.yaml',
    ]);
  });

  it('asks for the one value that the packaged file leaves open, in the form that sets it', async () => {
    await using folder = await createFolder({'env.yaml': envYaml});
    expect(await folder.problems({overrides: [pagePaths]})).toEqual([
      expect.objectContaining({
        path: apiVersionKey,
        file: `${process.cwd()}/configs/azure_openai_model.yaml`,
        line: 13,
        hint: expect.stringContaining(`++${apiVersionKey}=<value>`) as string,
      }),
    ]);
  });

  it('loads its collecting command without any file, for a head server to fill in', async () => {
    await using folder = await createFolder();
    const config = await folder.load({overrides: ['+agent_name=some_agent', '+limit=5']});
    expect([...config.models, ...config.agents]).toEqual([]);
    expect(config.headServer).toEqual({host: '127.0.0.1', port: 11_000});
  });

  it.each([
    {name: 'a copy of our own wording', read: () => fixture('page')},
    {name: 'the page itself', read: () => (existsSync(pageFile) ? yamlBlocks(pageFile) : fixture('page'))},
  ])('loads $name unchanged, and says that its values are examples', async ({read}) => {
    const [model = '', env = ''] = read();
    await using folder = await createFolder({'model.yaml': model, 'env.yaml': env});
    const config = await folder.load({configPaths: ['model.yaml']});
    expect(config.models.get('policy_model')).toMatchObject({
      openaiBaseUrl: 'https://your-resource.openai.azure.com',
      openaiModel: 'gpt-4-deployment',
      defaultQuery: {'api-version': '2024-10-21'},
      numConcurrentRequests: 8,
    });
    expect(
      config.warnings.map(({path, file, line}) => ({path: path?.split('.').at(-1), file, line})),
    ).toEqual([
      {path: 'openai_base_url', file: 'env.yaml', line: 1},
      {path: 'openai_api_key', file: 'env.yaml', line: 2},
    ]);
  });
});

describe('loadConfig', () => {
  it('lets the later source win: files, then the env file, then overrides, then flags', async () => {
    await using folder = await createFolder({
      'a.yaml': 'limit: 1\nmax_attempts: 1\nnum_repeats: 1\nagent_name: a\n',
      'b.yaml': 'max_attempts: 2\nnum_repeats: 2\nagent_name: b\n',
      'env.yaml': 'num_repeats: 3\nagent_name: env\n',
    });
    const {collect} = await folder.load({
      configPaths: ['a.yaml', 'b.yaml'],
      overrides: ['+agent_name=override', '+prompt_config=override'],
      flags: {prompt_config: '${not.expanded} ???'},
    });
    expect(collect).toMatchObject({
      limit: 1,
      maxAttempts: 2,
      numRepeats: 3,
      agentName: 'override',
      promptConfig: '${not.expanded} ???',
    });
  });

  it('merges flags below a map key by key', async () => {
    await using folder = await createFolder({
      'a.yaml': 'responses_create_params: {temperature: 1, top_p: 0.5}\n',
    });
    const {collect} = await folder.load({
      configPaths: ['a.yaml'],
      flags: {responses_create_params: {temperature: 0}},
    });
    expect(collect.responsesCreateParams).toEqual({temperature: 0, top_p: 0.5});
  });

  it('tells of every problem at once, each with its place and what to do', async () => {
    await using folder = await createFolder({
      'a.yaml': modelYaml(
        'num_concurrent_requests: none',
        'default_query: {api-version: ???}',
        'retry: {max_tries: 0}',
      ),
      'agent.yaml': `solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: polcy_model}
limit: x
`,
    });
    const problems = await folder.problems({
      configPaths: ['a.yaml', 'agent.yaml'],
      overrides: ['+num_repeats=0', '+broken=a,b'],
    });
    const place = 'policy_model.responses_api_models.azure_openai_model';
    expect(problems.map(({file, line, column, path}) => [file, line, column, path])).toEqual([
      ['override "+broken=a,b"', undefined, undefined, 'broken'],
      ['a.yaml', 9, 36, `${place}.default_query.api-version`],
      ['agent.yaml', 5, 8, 'limit'],
      ['override "+num_repeats=0"', undefined, undefined, 'num_repeats'],
      ['a.yaml', 8, 32, `${place}.num_concurrent_requests`],
      ['a.yaml', 10, 26, `${place}.retry.max_tries`],
      ['agent.yaml', 4, 21, 'solver.responses_api_agents.simple_agent.model_server'],
    ]);
    expect(problems.map(({hint}) => hint).filter((hint) => hint !== undefined)).toEqual([
      expect.stringContaining("+broken='a,b'"),
      expect.stringContaining('api-version=<value>'),
      'Did you mean `policy_model`?',
    ]);
  });

  it('does not complain twice about a value that an override failed to set', async () => {
    await using folder = await createFolder({
      'a.yaml': modelYaml().replace('canary-key-123456', '${policy_api_key}'),
    });
    const problems = await folder.problems({
      configPaths: ['a.yaml'],
      overrides: ['+policy_api_key=abc=='],
    });
    expect(problems).toEqual([
      expect.objectContaining({file: 'override "+policy_api_key=****"', path: 'policy_api_key'}),
    ]);
    expect(problems[0]?.hint).toContain('"+policy_api_key=\'<value>\'"');
  });

  it('stops at files that cannot be read, and names all of them', async () => {
    await using folder = await createFolder({
      'a.yaml': 'a: [1\n',
      'b.yaml': 'config_paths: [none.yaml]\nb: "x\n',
    });
    const problems = await folder.problems({
      configPaths: ['a.yaml', 'b.yaml', 'gone.yaml', '.'],
      envPath: 'other.yaml',
    });
    expect(problems.map(({file, message}) => `${String(file)}: ${message}`)).toEqual([
      '--env: the env file `other.yaml` does not exist',
      expect.stringContaining('a.yaml: not valid YAML'),
      expect.stringContaining('b.yaml: not valid YAML'),
      '--config: the configuration file `gone.yaml` does not exist',
      expect.stringContaining('the file cannot be read: it is a folder'),
    ]);
  });

  it('reads the env file that is named instead of env.yaml', async () => {
    await using folder = await createFolder({'env.yaml': 'limit: 1\n', 'mine.yaml': 'limit: 2\n'});
    expect((await folder.load({envPath: 'mine.yaml'})).collect.limit).toBe(2);
  });

  it('tells where a value was written, or what is nearest above it', async () => {
    await using folder = await createFolder({
      'a.yaml': `${modelYaml()}simulated:\n  simulators:\n    azure_openai_simulator:\n      deployments:\n        gpt-4.1: {tpm: 5}\n`,
    });
    const config = await folder.load({configPaths: ['a.yaml'], overrides: ['+limit=3']});
    expect(config.locate('limit')).toEqual({file: 'override "+limit=3"'});
    const settings = 'simulated.simulators.azure_openai_simulator.deployments';
    expect(config.locate(`${settings}.gpt-4.1.tpm`)).toEqual({file: 'a.yaml', line: 12, column: 24});
    expect(config.locate(`${settings}.gpt-4.1.rpm.x`)).toEqual({file: 'a.yaml', line: 12, column: 18});
  });

  it('keeps a map over an interpolation together with what it stands for, whatever the order of the files', async () => {
    await using folder = await createFolder({
      'a.yaml': 'model_base: {x: 1, y: 1}\nmine: ${model_base}\n',
      'b.yaml': 'mine: {y: 2}\n',
      'c.yaml': 'model_base: {z: 3}\n',
    });
    const {document} = await folder.load({configPaths: ['a.yaml', 'b.yaml', 'c.yaml']});
    expect(document['mine']).toEqual({x: 1, y: 2, z: 3});
  });

  it('warns of a variable that nothing reads and that refers to nothing, and fails where it is read', async () => {
    await using folder = await createFolder({'a.yaml': 'unused: ${nowhere}\nalso: {x: "${nowhere}"}\n'});
    const {warnings} = await folder.load({configPaths: ['a.yaml']});
    expect(warnings.map(({path}) => path)).toEqual(['unused', 'also.x']);
    const problems = await folder.problems({configPaths: ['a.yaml'], overrides: ['+agent_name=${nowhere}']});
    expect(problems.map(({path}) => path)).toEqual(['agent_name']);
  });

  it.each([
    {name: 'a circle', variables: 'first: ${second}\nsecond: ${first}\n', path: 'first'},
    {name: 'nothing', variables: 'first: ${second}\nsecond: ${nowhere}\n', path: 'second'},
  ])(
    'fails when a server refers to a variable that ends in $name, wherever it is set',
    async ({variables, path}) => {
      const model = modelYaml().replace('gpt-4o-mini', '${first}');
      for (const yaml of [model + variables, variables + model]) {
        await using folder = await createFolder({'a.yaml': yaml});
        const problems = await folder.problems({configPaths: ['a.yaml']});
        expect(problems.map((problem) => problem.path)).toEqual([path]);
      }
    },
  );
});

function fixture(name: string): readonly string[] {
  return [`model.yaml`, `env.yaml`].map((file) =>
    readFileSync(`test/fixtures/config/${name}-${file}`, 'utf8'),
  );
}

function yamlBlocks(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}
