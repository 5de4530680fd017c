import {describe, expect, it} from 'vitest';
import {createFolder, modelYaml} from './config-folder.ts';

const toolsYaml = 'tools: {resources_servers: {url: "http://tools:8080/"}}\n';
const agentYaml = `solver:
  responses_api_agents:
    simple_agent:
      model_server: {type: responses_api_models, name: policy_model}
      resources_server: {type: resources_servers, name: tools}
`;

async function load(yaml: string) {
  await using folder = await createFolder({'a.yaml': yaml});
  return await folder.load({configPaths: ['a.yaml']});
}

async function problems(yaml: string) {
  await using folder = await createFolder({'a.yaml': yaml});
  return await folder.problems({configPaths: ['a.yaml']});
}

describe('servers that run elsewhere', () => {
  it('have a url instead of an implementation, and others refer to them', async () => {
    const {externals, agents, warnings} = await load(modelYaml() + agentYaml + toolsYaml);
    expect(externals.get('tools')).toEqual({
      name: 'tools',
      type: 'resources_servers',
      path: 'tools.resources_servers',
      url: 'http://tools:8080',
      token: undefined,
      rolloutTimeoutS: 3600,
    });
    expect(agents.get('solver')?.resourcesServer?.name).toBe('tools');
    expect(warnings).toEqual([]);
  });

  it('may be of a kind that this program does not have', async () => {
    const {externals, judges} = await load(
      'math: {resources_servers: {math_with_judge: {url: "http://m:1", entrypoint: app.py}}}\n' +
        'remote: {responses_api_agents: {other_agent: {url: "https://a/base", rollout_timeout_s: 60, server_token: abcdefgh}}}\n',
    );
    expect(judges.size).toBe(0);
    expect([...externals.values()].map(({name, url}) => [name, url])).toEqual([
      ['math', 'http://m:1'],
      ['remote', 'https://a/base'],
    ]);
    expect(externals.get('remote')).toMatchObject({token: 'abcdefgh', rolloutTimeoutS: 60});
  });

  it('may be models, which keep their limits', async () => {
    const {models} = await load(
      'policy_model: {responses_api_models: {url: "http://m:1", num_concurrent_requests: 3}}\n',
    );
    expect(models.get('policy_model')).toMatchObject({url: 'http://m:1', numConcurrentRequests: 3});
  });

  it.each(['ftp://x', 'tools:8080', 'http://'])('are refused with %s for a URL', async (url) => {
    const found = await problems(`tools: {resources_servers: {equivalence_llm_judge: {url: ${url}}}}\n`);
    expect(found).toEqual([
      expect.objectContaining({path: 'tools.resources_servers.equivalence_llm_judge.url', line: 1}),
    ]);
  });
});
