import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {agentKeys} from '../../src/config/agent-config.ts';
import {topLevelKeys} from '../../src/config/collect-config.ts';
import {judgeKeys} from '../../src/config/judge-config.ts';
import {modelKeys} from '../../src/config/model-config.ts';
import {entryKeys} from '../../src/config/model-pool.ts';
import type {KeyTree} from '../../src/config/section.ts';
import {simulatorKeys} from '../../src/config/simulator-config.ts';
import {createFolder} from './config-folder.ts';

const page = readFileSync('docs/configuration.md', 'utf8');
const common = keysOfTable('## Servers');

describe('docs/configuration.md', () => {
  it.each([
    {heading: '## Top level', keys: topLevelKeys, besides: ['config_paths']},
    {heading: '### `responses_api_models.azure_openai_model`', keys: modelKeys, besides: common},
    {heading: '### `deployments` of a model', keys: entryKeys, besides: []},
    {heading: '### `resources_servers.equivalence_llm_judge`', keys: judgeKeys, besides: common},
    {heading: '### `responses_api_agents.simple_agent`', keys: agentKeys, besides: common},
  ])('names every key below "$heading", and no other', ({heading, keys, besides}) => {
    const documented = [...new Set([...keysOfTable(heading), ...besides])];
    expect(documented.toSorted()).toEqual([...new Set([...dotted(keys), ...besides])].toSorted());
  });

  it('names what all servers take', () => {
    expect(common.toSorted()).toEqual(Object.keys(simulatorKeys).toSorted());
  });

  it('shows YAML that loads', async () => {
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const complete = blocks.filter((block) => block.includes('openai_base_url'));
    expect(complete).toHaveLength(3);
    for (const block of complete) {
      await using folder = await createFolder({'a.yaml': block});
      const {warnings} = await folder.load({configPaths: ['a.yaml'], env: {CONTOSO_KEY: 'canary-key'}});
      expect(warnings).toEqual([]);
    }
  });
});

/** The first cells of the table rows between a heading and the one after it. */
function keysOfTable(heading: string): string[] {
  const start = page.indexOf(`\n${heading}\n`);
  const body = page.slice(start + heading.length + 2);
  const end = /\n##/.exec(body)?.index ?? body.length;
  return [...body.slice(0, end).matchAll(/^\| `([^`]+)` +\|/gm)].map(([, key = '']) => key);
}

function dotted(keys: KeyTree): string[] {
  return Object.entries(keys).flatMap(([key, nested]) =>
    nested === null ? [key] : dotted(nested).map((child) => `${key}.${child}`),
  );
}
