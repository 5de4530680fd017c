import {describe, expect, it} from 'vitest';
import {resolvePackagedPath, searchedPaths} from '../../src/config/packaged-path.ts';
import {createFolder} from './config-folder.ts';

const judge = 'resources_servers/equivalence_llm_judge';

describe('resolvePackagedPath', () => {
  it.each([
    [
      'responses_api_models/azure_openai_model/configs/azure_openai_model.yaml',
      'configs/azure_openai_model.yaml',
    ],
    [`${judge}/configs/equivalence_llm_judge.yaml`, 'configs/equivalence_llm_judge.yaml'],
    [`./${judge}/configs/lc_judge.yaml`, 'configs/lc_judge.yaml'],
    [`${judge}/data/example.jsonl`, 'data/example.jsonl'],
    [`${judge}/prompt_templates/equivalence_llm_judge.txt`, 'configs/prompts/equivalence_llm_judge.txt'],
    ['prompt_templates/lc_judge.txt', 'configs/prompts/lc_judge.txt'],
    ['configs/quickstart.yaml', 'configs/quickstart.yaml'],
    ['data/example.jsonl', 'data/example.jsonl'],
  ])('finds %s in the package', async (path, packaged) => {
    await using root = await createFolder({[packaged]: ''});
    await using work = await createFolder();
    const roots = {cwd: work.cwd, packageRoot: root.cwd};
    expect(resolvePackagedPath(path, roots)).toBe(`${root.cwd}/${packaged}`);
    await using mine = await createFolder({[path]: ''});
    expect(resolvePackagedPath(path, {...roots, cwd: mine.cwd})).toBe(
      `${mine.cwd}/${path.replace('./', '')}`,
    );
  });

  it.each([
    '/absolute/configs/a.yaml',
    'configs/../../secrets.yaml',
    `${judge}/configs/../../../x.yaml`,
    'src/index.ts',
    'responses_api_models/vllm_model/configs/vllm_model.yaml',
  ])('looks for %s nowhere but where it says', (path) => {
    expect(
      searchedPaths(path, {cwd: '/w', packageRoot: '/p'}).filter((file) => file.startsWith('/p')),
    ).toEqual([]);
    expect(resolvePackagedPath(path, {cwd: '/nowhere', packageRoot: '/nowhere'})).toBeUndefined();
  });
});
