import {describe, expect, it} from 'vitest';
import {createFolder, modelYaml} from './config-folder.ts';

const modelPath = 'policy_model.responses_api_models.azure_openai_model';

function agentYaml(...lines: readonly string[]): string {
  return `solver:
  responses_api_agents:
    simple_agent:
      entrypoint: app.py
      model_server: {type: responses_api_models, name: policy_model}
${lines.map((line) => `      ${line}\n`).join('')}`;
}

async function load(yaml: string, overrides: readonly string[] = []) {
  await using folder = await createFolder({'a.yaml': yaml});
  return await folder.load({configPaths: ['a.yaml'], overrides});
}

async function problems(yaml: string, overrides: readonly string[] = []) {
  await using folder = await createFolder({'a.yaml': yaml});
  return await folder.problems({configPaths: ['a.yaml'], overrides});
}

describe('models', () => {
  it('have defaults for all that is ours', async () => {
    const {models} = await load(modelYaml());
    expect(models.get('policy_model')).toEqual({
      name: 'policy_model',
      path: modelPath,
      entrypoint: 'app.py',
      host: '127.0.0.1',
      port: undefined,
      openaiBaseUrl: 'https://here.openai.azure.com',
      openaiApiKey: 'canary-key-123456',
      openaiModel: 'gpt-4o-mini',
      defaultQuery: {},
      numConcurrentRequests: undefined,
      auth: 'api_key',
      entraScope: undefined,
      upstreamApi: undefined,
      modelFamily: undefined,
      stream: false,
      defaultHeaders: {},
      timeouts: {connectS: 10, firstByteS: 600, idleS: 120, callS: 900},
      retry: {maxTries: 6, baseDelayS: 1, maxDelayS: 60, maxWaitS: 600, doorMaxTries: 3, doorMaxWaitS: 10},
      deployments: [],
      affinity: 'none',
      hedging: undefined,
      url: undefined,
    });
  });

  it('take what is given, in the types that pydantic would take', async () => {
    const {models} = await load(
      modelYaml(
        'host: 0.0.0.0',
        'port: "8080"',
        'default_query: {api-version: 2024-10-21, tenant: 7}',
        'num_concurrent_requests: 16.0',
        'upstream_api: responses',
        'model_family: o3',
        'stream: "yes"',
        'default_headers: {x-team: 4}',
        'timeouts: {call_s: 1.5}',
        'retry: {max_tries: 1, max_wait_s: 0}',
        'verified: true',
      ),
    );
    expect(models.get('policy_model')).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      defaultQuery: {'api-version': '2024-10-21', tenant: '7'},
      numConcurrentRequests: 16,
      upstreamApi: 'responses',
      modelFamily: 'o3',
      stream: true,
      defaultHeaders: {'x-team': '4'},
      timeouts: {connectS: 10, callS: 1.5},
      retry: {maxTries: 1, baseDelayS: 1, maxWaitS: 0},
    });
  });

  it.each([
    ['in a file', 'policy_api_key: 00123\npolicy_model_name: 4\n', []],
    ['on the command line', '', ['+policy_api_key=00123', '+policy_model_name=4']],
  ])('take numbers as the texts that were written %s', async (_, yaml, overrides) => {
    const {models} = await load(
      yaml +
        modelYaml()
          .replace('canary-key-123456', '${policy_api_key}')
          .replace('gpt-4o-mini', '${policy_model_name}'),
      overrides,
    );
    expect(models.get('policy_model')).toMatchObject({openaiApiKey: '00123', openaiModel: '4'});
  });

  it('take a simulator in the place of Azure, without a key', async () => {
    const {models, simulators} = await load(`m:
  responses_api_models:
    azure_openai_model:
      openai_base_url: {type: simulators, name: sim}
      openai_model: gpt-4o-mini
sim:
  simulators:
    azure_openai_simulator:
      seed: 7
      answer_key: answers.jsonl
`);
    expect(models.get('m')?.openaiBaseUrl).toEqual({type: 'simulators', name: 'sim'});
    expect(simulators.get('sim')).toMatchObject({
      name: 'sim',
      host: undefined,
      port: undefined,
      settings: {seed: 7, answer_key: 'answers.jsonl'},
    });
  });

  it.each([
    [
      'Entra ID signs in',
      (yaml: string) => yaml.replace('openai_api_key: canary-key-123456', 'auth: entra_id'),
    ],
    [
      'the URL names the deployment',
      (yaml: string) =>
        yaml.replace(/azure.com\n/, 'azure.com/openai/deployments/d\n').replace(/ +openai_model.*\n/, ''),
    ],
    [
      'the server is elsewhere',
      () => 'policy_model:\n  responses_api_models:\n    azure_openai_model:\n      url: http://x:1\n',
    ],
  ])('need no more than is needed when %s', async (_, change) => {
    const {models} = await load(change(modelYaml()));
    expect(models.has('policy_model')).toBe(true);
  });

  it('name each required value that is missing, and where it could come from', async () => {
    const found = await problems(
      'policy_model:\n  responses_api_models:\n    azure_openai_model:\n      openai_api_key:\n',
    );
    expect(found.map(({path, line}) => [path, line])).toEqual([
      [`${modelPath}.openai_base_url`, 4],
      [`${modelPath}.openai_api_key`, 4],
      [`${modelPath}.openai_model`, 4],
    ]);
    expect(found.map(({hint}) => hint)).toEqual([
      expect.stringContaining('AZURE_OPENAI_ENDPOINT'),
      expect.stringContaining('policy_api_key'),
      expect.stringContaining('deployment'),
    ]);
  });

  it.each([
    ['provisioned: 3', 'provisioned', 'true or false'],
    ['num_concurrent_requests: 0', 'num_concurrent_requests', 'a whole number of at least 1, found `0`'],
    ['num_concurrent_requests: 5.5', 'num_concurrent_requests', 'found `5.5`'],
    ['num_concurrent_requests: [1]', 'num_concurrent_requests', 'found a list'],
    ['port: 70000', 'port', 'from 0 to 65535'],
    ['auth: magic', 'auth', '`api_key` or `bearer` or `entra_id`, found `magic`'],
    ['stream: perhaps', 'stream', 'true or false, found `perhaps`'],
    ['timeouts: 5', 'timeouts', 'expected a map, found `5`'],
    ['timeouts: {connect_s: -1}', 'timeouts.connect_s', 'a number of at least'],
    ['default_query: {api-version: [1]}', 'default_query.api-version', 'a text, found a list'],
    ['default_headers: x', 'default_headers', 'a map of texts, found `x`'],
  ])('refuse %s', async (line, path, message) => {
    expect(await problems(modelYaml(line))).toEqual([
      expect.objectContaining({
        path: `${modelPath}.${path}`,
        file: 'a.yaml',
        line: 8,
        message: expect.stringContaining(message) as string,
      }),
    ]);
  });

  it('refuse a quota for provisioned throughput', async () => {
    const found = await problems(modelYaml('provisioned: true\n      tpm: 5\n      rpm: 6'));
    expect(found.map(({path, line, message}) => [path, line, message])).toEqual([
      [`${modelPath}.rpm`, 10, 'provisioned throughput has no `rpm`'],
      [`${modelPath}.tpm`, 9, 'provisioned throughput has no `tpm`'],
    ]);
  });

  it('refuse a base URL that is neither a text nor a simulator', async () => {
    const [problem] = await problems(modelYaml().replace('https://here.openai.azure.com', '[x]'));
    expect(problem?.message).toContain('a URL, or `{type: simulators, name: <instance>}`');
  });

  it.each([
    ['num_concurent_requests: 8', 'num_concurrent_requests'],
    ['numConcurrentRequests: 8', 'num_concurrent_requests'],
    ['retry: {max_trys: 3}', 'max_tries'],
    ['default_query: {api_version: 2024-10-21}', 'api-version'],
  ])('warn of %s', async (line, meant) => {
    const {warnings} = await load(modelYaml(line));
    expect(warnings).toEqual([
      expect.objectContaining({file: 'a.yaml', line: 8, hint: `Did you mean \`${meant}\`?`}),
    ]);
  });
});

describe('agents', () => {
  it('have defaults, and those of the document above them', async () => {
    const {agents} = await load(
      `${modelYaml()}${agentYaml('max_steps: 3')}skip_verification: true\nskip_verification_reward: 0.5\n`,
    );
    expect(agents.get('solver')).toMatchObject({
      modelServer: {type: 'responses_api_models', name: 'policy_model'},
      resourcesServer: undefined,
      maxSteps: 3,
      skipVerification: true,
      skipVerificationReward: 0.5,
      rolloutTimeoutS: 3600,
    });
    const own = await load(`${modelYaml()}${agentYaml('skip_verification: false')}skip_verification: true\n`);
    expect(own.agents.get('solver')).toMatchObject({
      skipVerification: false,
      skipVerificationReward: undefined,
    });
  });

  it('that the collection names must exist where agents are declared', async () => {
    const found = await problems(modelYaml() + agentYaml(), ['+agent_name=solvr']);
    expect(found).toEqual([
      expect.objectContaining({
        path: 'agent_name',
        file: 'override "+agent_name=solvr"',
        message: 'there is no agent `solvr`',
        hint: 'Did you mean `solver`?',
      }),
    ]);
  });
});

describe('judges', () => {
  const judgeYaml = (...lines: readonly string[]) => `${modelYaml()}judge:
  resources_servers:
    equivalence_llm_judge:
      judge_model_server: {type: responses_api_models, name: policy_model}
${lines.map((line) => `      ${line}\n`).join('')}`;

  it('have the defaults of NeMo Gym', async () => {
    const {judges} = await load(judgeYaml());
    expect(judges.get('judge')).toMatchObject({
      judgeResponsesCreateParams: {input: []},
      judgeEndpointMaxConcurrency: 64,
      judgeSystemMessage: undefined,
      judgePromptTemplate: undefined,
      judgeEqualLabel: '[[A=B]]',
      judgeNotEqualLabel: '[[A!=B]]',
      questionExtractRegex: undefined,
      responseExtractRegex: undefined,
      msgExtractionFailure: '[NO VALID ANSWER EXTRACTED]',
      checkTwiceSwap: false,
      rewardIfSwapFails: 0,
      usePerRecordRegex: true,
      extractionLengthThreshold: 120,
      checkFullGenerationOnFail: true,
      rewardIfFullGenerationSucceeds: 0.5,
      judgeUnparsed: 'wrong',
      verdictPosition: 'first',
    });
  });

  it('tell a limit that is off from one that is not given', async () => {
    const {judges} = await load(
      judgeYaml('judge_endpoint_max_concurrency: null', 'extraction_length_threshold: null'),
    );
    expect(judges.get('judge')).toMatchObject({
      judgeEndpointMaxConcurrency: undefined,
      extractionLengthThreshold: undefined,
    });
  });

  it('take a template in place of a file', async () => {
    const {judges} = await load(
      judgeYaml('judge_prompt_template: "{question}"', 'judge_prompt_template_fpath: x.txt'),
    );
    expect(judges.get('judge')).toMatchObject({
      judgePromptTemplate: '{question}',
      judgePromptTemplatePath: undefined,
    });
  });

  it('look for a template beside the file that names it, then from the working directory', async () => {
    const yaml = judgeYaml('judge_prompt_template_fpath: mine.txt');
    await using folder = await createFolder({'conf/a.yaml': yaml, 'mine.txt': 'x'});
    const pathOf = async () =>
      (await folder.load({configPaths: ['conf/a.yaml']})).judges.get('judge')?.judgePromptTemplatePath;
    expect(await pathOf()).toBe(`${folder.cwd}/mine.txt`);
    await using beside = await createFolder({'conf/a.yaml': yaml, 'conf/mine.txt': 'x', 'mine.txt': 'x'});
    const config = await beside.load({configPaths: ['conf/a.yaml']});
    expect(config.judges.get('judge')?.judgePromptTemplatePath).toBe(`${beside.cwd}/conf/mine.txt`);
  });

  it.each(['nl2bash-equivalency.yaml', 'lc_judge.yaml'])('load from the packaged %s', async (file) => {
    await using folder = await createFolder({'m.yaml': modelYaml()});
    const path = `resources_servers/equivalence_llm_judge/configs/${file}`;
    const {judges, agents, warnings} = await folder.load({configPaths: ['m.yaml', path]});
    expect([judges.size, agents.size, warnings]).toEqual([1, 1, []]);
  });
});

describe('references', () => {
  it('to what is not there name what is close, of the right type only', async () => {
    const yaml = modelYaml() + agentYaml('resources_server: {type: resources_servers, name: policy_model}');
    expect(
      await problems(yaml.replace('name: policy_model}\n      r', 'name: polcy_model}\n      r')),
    ).toEqual([
      expect.objectContaining({
        message: 'refers to `polcy_model`, but there is no such instance in responses_api_models',
        hint: 'Did you mean `policy_model`?',
        line: 12,
      }),
      expect.objectContaining({
        message: 'refers to `policy_model`, but there is no such instance in resources_servers',
        hint: expect.stringContaining('declares none') as string,
        line: 13,
      }),
    ]);
  });

  it('to nothing close name all there are', async () => {
    const [problem] = await problems(modelYaml() + agentYaml().replace('name: policy_model', 'name: xyz'));
    expect(problem?.hint).toBe('There are: `policy_model`.');
  });

  it('of the wrong type are refused where only one type makes sense', async () => {
    const found = await problems(
      modelYaml() +
        agentYaml().replace('responses_api_models, name: policy_model', 'responses_api_agents, name: solver'),
    );
    expect(found).toEqual([
      expect.objectContaining({message: expect.stringContaining('`responses_api_models`') as string}),
    ]);
  });
});

describe('instances', () => {
  it.each([
    [
      'two types',
      'x: {responses_api_models: {a: {}}, simulators: {b: {}}}\n',
      'declares responses_api_models and simulators',
    ],
    ['no implementation', 'x: {responses_api_models: {verified: true}}\n', 'names no implementation'],
    ['no map', 'x: {responses_api_models: 5}\n', 'names no implementation'],
    [
      'two implementations',
      'x: {simulators: {azure_openai_simulator: {}, other: {}}}\n',
      'but only one can be',
    ],
    [
      'another kind of model',
      'x: {responses_api_models: {vllm_model: {entrypoint: app.py}}}\n',
      '`vllm_model` is not supported',
    ],
  ])('with %s are refused', async (_, yaml, message) => {
    const [problem, ...others] = await problems(yaml);
    expect(problem?.message).toContain(message);
    expect(problem?.hint).toMatch(/azure_openai_(?:model|simulator)|an instance of its own/);
    expect(others).toEqual([]);
  });

  const otherJudge = 'other: {resources_servers: {math_with_judge: {entrypoint: app.py}}}\n';

  it('of a kind that is not here are left out with a warning, unless something needs them', async () => {
    const {warnings, judges} = await load(modelYaml() + agentYaml() + otherJudge);
    expect(judges.size).toBe(0);
    expect(warnings).toEqual([expect.objectContaining({path: 'other.resources_servers.math_with_judge'})]);
    const found = await problems(
      modelYaml() + agentYaml('resources_server: {type: resources_servers, name: other}') + otherJudge,
    );
    expect(found).toEqual([
      expect.objectContaining({
        message: '`math_with_judge` is not supported here, and `solver` refers to it',
        hint: 'Supported in resources_servers: `equivalence_llm_judge`.',
      }),
    ]);
  });

  it('that are malformed can be left out with a warning', async () => {
    const yaml = `${modelYaml('port: x')}fine:\n  simulators: {azure_openai_simulator: }\nerror_on_almost_servers: false\n`;
    const {models, simulators, warnings} = await load(yaml);
    expect([models.size, simulators.size]).toEqual([0, 1]);
    expect(warnings).toEqual([expect.objectContaining({path: `${modelPath}.port`})]);
  });

  it('are not what plain values make', async () => {
    const {models} = await load('name: responses_api_models\n');
    expect(models.size).toBe(0);
  });

  it('cannot have the name of a setting', async () => {
    expect(await problems('gateway: {responses_api_models: {azure_openai_model: {}}}\n')).toEqual([
      expect.objectContaining({
        path: 'gateway',
        line: 1,
        message: expect.stringContaining('cannot name') as string,
      }),
    ]);
  });

  it('made by a slip in an override are told of', async () => {
    await using folder = await createFolder({'a.yaml': modelYaml()});
    const {warnings} = await folder.load({
      configPaths: ['a.yaml'],
      overrides: ['+polcy_model.responses_api_models.azure_openai_model.url=http://x'],
    });
    expect(warnings).toEqual([expect.objectContaining({hint: 'Did you mean `policy_model`?'})]);
  });

  it('take their host from default_host', async () => {
    const {models} = await load(`default_host: 0.0.0.0\n${modelYaml()}`);
    expect(models.get('policy_model')?.host).toBe('0.0.0.0');
  });
});
